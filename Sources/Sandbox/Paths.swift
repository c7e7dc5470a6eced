import CLinux
import Glibc

/// Path questions the sandbox asks of the host. Paths are compared as bytes after `realpath(3)`.
package enum Paths {
    /// $HOME, or the password database's entry, or `/`.
    package static var home: String {
        if let value = getenv("HOME"), value.pointee != 0 { return String(cString: value) }
        clinux_limit_lookups()
        guard let entry = getpwuid(getuid()), let folder = entry.pointee.pw_dir else { return "/" }
        return String(cString: folder)
    }

    /// The path without symbolic links, or nil when it does not exist or cannot be reached.
    static func canonical(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(validatingCString: resolved)
    }

    /// Whether `path` is `folder` or lies in it. Both canonical.
    static func isUnder(_ path: String, _ folder: String) -> Bool {
        let path = path.utf8
        let folder = folder.utf8
        if folder.elementsEqual("/".utf8) { return true }
        guard path.starts(with: folder) else { return false }
        return path.count == folder.count
            || path[path.index(path.startIndex, offsetBy: folder.count)] == UInt8(ascii: "/")
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.utf8.last == UInt8(ascii: "/") ? folder + name : "\(folder)/\(name)"
    }

    /// The folder that holds `path`; `/` for `/`.
    static func parent(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    static func lastComponent(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }

    /// `..`, `.` and double slashes resolved as text, for names that need not exist.
    static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The existing part of `path` without symbolic links, and the missing rest appended as it stands.
    static func canonicalAllowingMissing(_ path: String) -> String {
        let path = normalized(path)
        var missing: [String] = []
        var known = path
        while true {
            if let real = canonical(known) {
                return missing.reversed().reduce(real) { join($0, $1) }
            }
            if known == "/" { return path }
            missing.append(lastComponent(known))
            known = parent(known)
        }
    }

    /// What a name is, not following a symbolic link.
    enum Kind: Hashable { case folder, file, link, other }

    static func kind(_ path: String) -> Kind? {
        var info = stat()
        guard lstat(path, &info) == 0 else { return nil }
        switch info.st_mode & S_IFMT {
        case S_IFDIR: return .folder
        case S_IFREG: return .file
        case S_IFLNK: return .link
        default: return .other
        }
    }

    /// Makes a folder that only this user enters; true where it is there already.
    static func makeFolder(_ path: String) -> Bool { mkdir(path, 0o700) == 0 || errno == EEXIST }

    static func exists(_ path: String) -> Bool { kind(path) != nil }

    /// The target text of a symbolic link.
    static func linkTarget(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let length = readlink(path, start, buffer.count)
            guard length > 0, length < buffer.count else { return nil }
            start[length] = 0
            return String(validatingCString: start)
        }
    }

    /// The names in a folder, without `.` and `..`; names that are no UTF-8 are left out. Empty when unreadable.
    static func names(in folder: String) -> [(name: String, isFolder: Bool)] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var result: [(name: String, isFolder: Bool)] = []
        while let entry = readdir(stream) {
            let type = Int(entry.pointee.d_type)
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let name, name != ".", name != ".." else { continue }
            let isFolder = type == DT_UNKNOWN ? kind(join(folder, name)) == .folder : type == DT_DIR
            result.append((name, isFolder))
        }
        return result
    }

    /// The bytes of a small regular file, or nil when it is none, is unreadable or exceeds `limit`.
    static func contents(_ path: String, limit: Int = 1 << 20) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_size <= limit else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(info.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count <= 0 { break }
            filled += count
        }
        return filled == bytes.count ? bytes : Array(bytes[..<filled])
    }

    /// Existing paths that match a shell glob or are named, without symbolic links.
    package static func matches(_ pattern: String, home: String) -> [String] {
        expand(pattern, home: home).compactMap(canonical)
    }

    /// Whether a path is a shell glob.
    static func isPattern(_ path: String) -> Bool { path.utf8.contains { "*?[".utf8.contains($0) } }

    /// Existing paths that match a shell glob; the path itself when it has no wildcard and exists.
    static func expand(_ pattern: String, home: String) -> [String] {
        let pattern =
            pattern == "~" ? home : pattern.hasPrefix("~/") ? join(home, String(pattern.dropFirst(2))) : pattern
        guard isPattern(pattern) else { return exists(pattern) ? [pattern] : [] }
        var matches = glob_t()
        defer { globfree(&matches) }
        guard glob(pattern, GLOB_NOSORT | GLOB_PERIOD, nil, &matches) == 0, let list = matches.gl_pathv else {
            return []
        }
        return (0..<Int(matches.gl_pathc)).compactMap { list[$0].flatMap { String(validatingCString: $0) } }
            .filter { !$0.hasSuffix("/.") && !$0.hasSuffix("/..") }
    }
}
