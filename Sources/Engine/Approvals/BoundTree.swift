import Basics
import CLinux
import Glibc
import Wire

/// The files that a session's commands find: the machine's, or those of a view such as a stage's.
enum BoundTree: Sendable {
    case machine
    case view(FileViewSource)

    /// The kernel gives up on a path after as many links.
    private static let maximumLinks = 40

    /// False when the view cannot be had: then nothing is known of any file.
    var isThere: Bool {
        guard case .view(let source) = self else { return true }
        return (try? source()) != nil
    }

    /// Opens a path as commands would; a descriptor or -errno.
    func open(_ path: String, _ flags: Int32) -> Int32 {
        switch self {
        case .machine:
            let file = Glibc.open(path, flags | O_CLOEXEC)
            return file >= 0 ? file : -errno
        case .view(let source):
            guard let view = try? source() else { return -EIO }
            return withExtendedLifetime(view) {
                clinux_openat2(view.descriptor, path, flags, 0, clinux_in_root | clinux_no_magic_links)
            }
        }
    }

    /// - Parameter flags: `O_NOFOLLOW` for a link itself.
    func status(_ path: String, _ flags: Int32 = 0) -> stat? {
        let file = open(path, clinux_o_path | flags)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        return fstat(file, &status) == 0 ? status : nil
    }

    func isExecutable(_ path: String) -> Bool {
        guard case .view = self else { return access(path, X_OK) == 0 }
        return (status(path)?.st_mode ?? 0) & 0o111 != 0
    }

    /// Where a path leads without links; nil for one that leads nowhere.
    func canonical(_ path: String) -> String? {
        guard case .view = self else { return PosixFile.canonical(path) }
        var found: [String] = []
        var open = Self.names(path)
        var links = 0
        while let name = open.popLast() {
            if name == "." { continue }
            if name == ".." {
                _ = found.popLast()
                continue
            }
            let file = self.open("/" + (found + [name]).joined(separator: "/"), clinux_o_path | O_NOFOLLOW)
            guard file >= 0 else { return nil }
            defer { close(file) }
            var status = stat()
            guard fstat(file, &status) == 0 else { return nil }
            guard status.st_mode & S_IFMT == S_IFLNK else {
                // A path goes on below a folder only.
                guard open.isEmpty || status.st_mode & S_IFMT == S_IFDIR else { return nil }
                found.append(name)
                continue
            }
            links += 1
            guard links <= Self.maximumLinks, let target = Self.target(file) else { return nil }
            if target.hasPrefix("/") { found = [] }
            open += Self.names(target)
        }
        return "/" + found.joined(separator: "/")
    }

    /// Last one first.
    private static func names(_ path: String) -> [String] { path.split(separator: "/").reversed().map(String.init) }

    private static func target(_ link: Int32) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(link, "", &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(validating: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
