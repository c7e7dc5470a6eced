import Basics
import CLinux
import Glibc

/// Copies a file or folder from one tree into another, sharing the disk's blocks where the file system can.
///
/// No link on the way is followed, on either side, and links are copied as links: the trees may hold what an agent wrote.
struct TreeCopy {
    /// Folders below the one that is copied.
    private static let depthLimit = 200

    let from: FolderHandle
    let to: FolderHandle

    init(from: String, to: String) throws(SystemError) {
        self.from = try FolderHandle.root(from)
        self.to = try FolderHandle.root(to)
    }

    /// Copies what stands at a relative path, unless something stands there in the other tree already.
    ///
    /// - Returns: whether there was anything to copy.
    func copy(_ path: [UInt8]) throws(SystemError) -> Bool {
        let (parent, name) = path.parentAndName
        let source: FolderHandle
        do throws(SystemError) {
            source = try from.folder(parent)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return false
        }
        guard source.status(of: name.cString) != nil else { return false }
        var target = to
        for part in parent.split(separator: UInt8(ascii: "/")) {
            guard mkdirat(target.descriptor, Array(part).cString, 0o755) == 0 || errno == EEXIST else {
                throw SystemError("mkdir", path.shownPath, errno: errno)
            }
            target = try target.folder(part)
        }
        guard target.status(of: name.cString) == nil else { return false }
        try copy(name.cString, source, target, depth: 0)
        return true
    }

    private func copy(
        _ name: [CChar], _ source: FolderHandle, _ target: FolderHandle, depth: Int
    ) throws(SystemError) {
        guard let status = source.status(of: name) else { return }
        let mode = status.st_mode & 0o7777
        switch status.st_mode & S_IFMT {
        case S_IFREG: try copyFile(name, source, target, mode)
        case S_IFLNK:
            guard symlinkat(try source.linkTarget(name).cString, target.descriptor, name) == 0 else {
                throw SystemError("symlink", name.shownPath, errno: errno)
            }
        case S_IFDIR:
            guard depth < Self.depthLimit else { throw SystemError("copy", name.shownPath, errno: ENAMETOOLONG) }
            let inner = try source.folder(name.nameBytes)
            guard mkdirat(target.descriptor, name, 0o700) == 0 else {
                throw SystemError("mkdir", name.shownPath, errno: errno)
            }
            let copied = try target.folder(name.nameBytes)
            for child in try inner.names() { try copy(child, inner, copied, depth: depth + 1) }
            fchmod(copied.descriptor, mode)
        // Sockets, FIFOs and devices belong to what runs.
        default: return
        }
    }

    private func copyFile(
        _ name: [CChar], _ source: FolderHandle, _ target: FolderHandle, _ mode: mode_t
    ) throws(SystemError) {
        let input = try source.open(file: name)
        defer { close(input) }
        let output = openat(target.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw SystemError("open", name.shownPath, errno: errno) }
        defer { close(output) }
        // Shares blocks on btrfs and XFS, and copies within the kernel elsewhere.
        var count = 1
        while count > 0 || count == -Int(EINTR) { count = clinux_copy_range(input, output, 1 << 30) }
        if count < 0 {
            guard [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM].contains(Int32(-count)) else {
                throw SystemError("copy", name.shownPath, errno: Int32(-count))
            }
            lseek(input, 0, SEEK_SET)
            lseek(output, 0, SEEK_SET)
            try copyPlainly(input, output)
        }
        fchmod(output, mode)
    }

    private func copyPlainly(_ input: Int32, _ output: Int32) throws(SystemError) {
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(input, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read", "", errno: errno) }
            guard count > 0 else { return }
            try PosixFile.writeAll(output, Array(piece[..<count]))
        }
    }
}
