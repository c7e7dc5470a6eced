import CLinux
import Glibc
import Wire

/// An open descriptor that closes itself.
///
/// System calls on it are methods: a temporary object may otherwise be gone, and its number reused, by the time of the
/// call.
final class OpenFile: Sendable {
    let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// What may happen on the way to a file.
    enum Links {
        /// Symbolic links lead on; magic links such as those in `/proc/*/fd` do not.
        case follow
        /// Links lead on except at the path's end, where the link itself is opened.
        case followToParent
        /// No name on the way may be a link of any kind.
        case none
    }

    /// Takes hold of a file without opening it: no device or FIFO notices, no permission on the file is needed.
    ///
    /// - Parameters:
    ///   - folder: where a relative path starts; nil for an absolute one.
    ///   - view: where an absolute path starts, and all absolute links; nil for the process's own root.
    ///   - folderOnly: fail with ENOTDIR for anything else.
    static func locate(
        _ path: [UInt8], in folder: OpenFile? = nil, view: (any FileView)? = nil, links: Links,
        folderOnly: Bool = false
    ) throws(SystemError) -> OpenFile {
        var flags = clinux_o_path
        if folderOnly { flags |= O_DIRECTORY }
        if links != .follow { flags |= O_NOFOLLOW }
        var resolve = links == .none ? clinux_no_symlinks | clinux_no_magic_links : clinux_no_magic_links
        if folder == nil, let view {
            resolve |= clinux_in_root
            let result = withExtendedLifetime(view) { clinux_openat2(view.descriptor, path.cPath, flags, 0, resolve) }
            guard result >= 0 else { throw SystemError(number: -result) }
            return OpenFile(result)
        }
        let start = folder?.descriptor ?? AT_FDCWD
        let result = clinux_openat2(start, path.cPath, flags, 0, resolve)
        // Some container runtimes answer calls they do not know with EPERM.
        if result == -ENOSYS || result == -EPERM {
            return links == .none
                ? try walk(path, from: folder, folderOnly: folderOnly)
                : try OpenFile(checking: openat(start, path.cPath, flags | O_CLOEXEC))
        }
        guard result >= 0 else { throw SystemError(number: -result) }
        return OpenFile(result)
    }

    /// Goes name by name without following a link, as `openat2` does with `RESOLVE_NO_SYMLINKS`.
    static func walk(_ path: [UInt8], from folder: OpenFile?, folderOnly: Bool) throws(SystemError) -> OpenFile {
        let names = path.split(separator: UInt8(ascii: "/"))
        var current = folder
        if path.first == UInt8(ascii: "/") || current == nil {
            current = try OpenFile(checking: openat(AT_FDCWD, "/", clinux_o_path | O_DIRECTORY | O_CLOEXEC))
        }
        guard var current else { throw SystemError(number: ENOENT) }
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            var flags = clinux_o_path | O_NOFOLLOW | O_CLOEXEC
            // With O_PATH and O_NOFOLLOW a link opens as itself; as a folder on the way it does not.
            if !isLast || folderOnly { flags |= O_DIRECTORY }
            current = try current.open(Array(name), flags)
        }
        return current
    }

    /// Opens for reading what `locate` has taken hold of: the same file, whatever its name stands for by now.
    ///
    /// Never blocks: a FIFO without a writer opens at once, and no terminal becomes the process's own.
    func reopenedForReading(folder: Bool = false) throws(SystemError) -> OpenFile {
        let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (folder ? O_DIRECTORY : 0)
        return try OpenFile(checking: Glibc.open("/proc/self/fd/\(descriptor)", flags))
    }

    /// Opens a name in a folder for reading without following a link and without blocking.
    static func read(_ name: [UInt8], in folder: OpenFile) throws(SystemError) -> OpenFile {
        let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC
        return try folder.open(name, flags)
    }

    /// Makes a new file for writing; EEXIST if the name is taken, be it by a dangling link.
    static func create(_ name: [UInt8], in folder: OpenFile, mode: mode_t) throws(SystemError) -> OpenFile {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return try folder.open(name, flags, mode)
    }

    private func open(_ name: [UInt8], _ flags: Int32, _ mode: mode_t = 0) throws(SystemError) -> OpenFile {
        try OpenFile(checking: openat(descriptor, name.cPath, flags, mode))
    }

    private convenience init(checking result: Int32) throws(SystemError) {
        guard result >= 0 else { throw SystemError(number: errno) }
        self.init(result)
    }

    // MARK: What it is

    func status() throws(SystemError) -> stat {
        var result = stat()
        guard fstat(descriptor, &result) == 0 else { throw SystemError(number: errno) }
        return result
    }

    /// Whether the file belongs to procfs, where reading a file shows a process's memory and environment.
    func isOnProcfs() throws(SystemError) -> Bool {
        let result = clinux_is_procfs(descriptor)
        guard result >= 0 else { throw SystemError(number: -result) }
        return result == 1
    }

    /// The file's path as the kernel knows it: absolute, no links, no `.` or `..`.
    ///
    /// Nil for a file that has no name any more or none that is reachable from here.
    func canonicalPath() throws(SystemError) -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: 2 * Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
        guard count >= 0 else { throw SystemError(number: errno) }
        let path = buffer[..<count].map { UInt8(bitPattern: $0) }
        guard path.count < buffer.count, path.first == UInt8(ascii: "/"), try status().st_nlink > 0 else { return nil }
        return path
    }

    // MARK: Bytes

    /// Reads from an offset to the file's end or until `limit` bytes are there.
    func read(from offset: Int = 0, limit: Int) throws(SystemError) -> [UInt8] {
        let size = max(0, try Int(status().st_size) - offset)
        // One byte more than the size shows the end without a second call; a file may lie about its size.
        var bytes = [UInt8](repeating: 0, count: min(limit, max(size + 1, 4096)))
        var filled = 0
        while filled < limit {
            if filled == bytes.count { bytes.append(contentsOf: repeatElement(0, count: min(limit - filled, filled))) }
            let at = off_t(offset + filled)
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled, at)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(number: errno) }
            if count == 0 { break }
            filled += count
        }
        bytes.removeSubrange(filled...)
        return bytes
    }

    func setMode(_ mode: UInt32) throws(SystemError) {
        try check(fchmod(descriptor, mode_t(mode & 0o777)))
    }

    /// Waits until the content, or a folder's names, are on the disk.
    func sync() throws(SystemError) {
        try check(fsync(descriptor))
    }

    func write(_ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError(number: count < 0 ? errno : EIO) }
            done += count
        }
    }
}

/// An errno.
struct SystemError: Error, Hashable {
    let number: Int32

    var text: String { String(cString: strerror(number)) }
}

/// Throws the errno of a call that returns 0 on success.
func check(_ result: Int32) throws(SystemError) {
    guard result == 0 else { throw SystemError(number: errno) }
}

extension [UInt8] {
    /// The bytes as a C string. They must hold no NUL, which `PathResolver` sees to for every path from outside.
    var cPath: [CChar] { map { CChar(bitPattern: $0) } + [0] }
}

extension stat {
    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
    var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
    var isLink: Bool { st_mode & S_IFMT == S_IFLNK }
    var permissions: UInt32 { UInt32(st_mode & 0o777) }

    func isSameFile(as other: stat) -> Bool { st_dev == other.st_dev && st_ino == other.st_ino }
}
