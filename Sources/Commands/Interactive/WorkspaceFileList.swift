import Basics
import Glibc
import Text

/// The paths beneath a folder that git would not ignore, for `@`.
struct WorkspaceFileList {
    private static let limit = 200_000
    private static let depthLimit = 40

    static func read(_ root: String) -> PathIndex {
        var matcher = IgnoreMatcher { folder in
            let path = folder.isEmpty ? root : "\(root)/\(String(decoding: folder, as: UTF8.self))"
            return try? PosixFile.read("\(path)/.gitignore", limit: 1 << 20)
        }
        var paths: [[UInt8]] = []
        var folders: [(path: String, depth: Int)] = [("", 0)]
        while let (folder, depth) = folders.popLast(), paths.count < limit {
            guard let directory = opendir(folder.isEmpty ? root : "\(root)/\(folder)") else { continue }
            defer { closedir(directory) }
            while let entry = readdir(directory), paths.count < limit {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
                }
                if name == "." || name == ".." || name == ".git" { continue }
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                // Links are listed and not followed.
                let isFolder = Int32(entry.pointee.d_type) == Int32(DT_DIR)
                if matcher.isIgnored(path, isFolder: isFolder) { continue }
                if isFolder {
                    if depth < depthLimit { folders.append((path, depth + 1)) }
                } else {
                    paths.append(Array(path.utf8))
                }
            }
        }
        // Short paths first: with nothing typed they are what is meant.
        return PathIndex(paths.sorted { ($0.count { $0 == 0x2F }, $0.count) < ($1.count { $0 == 0x2F }, $1.count) })
    }
}
