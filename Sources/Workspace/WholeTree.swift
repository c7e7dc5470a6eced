import Basics
import Glibc

/// Work on whole trees that commands have written: names need not be UTF-8, folders may be closed to their owner, and no
/// link is followed out of them.
enum WholeTree {
    /// Removes a tree; no error if nothing is there.
    static func remove(_ path: String) throws(SystemError) {
        guard unlink(path) != 0 else { return }
        guard errno != ENOENT else { return }
        guard errno == EISDIR || errno == EPERM else { throw SystemError("unlink", path, errno: errno) }
        chmod(path, 0o700)
        try empty(try FolderHandle.root(path))
        guard rmdir(path) == 0 || errno == ENOENT else { throw SystemError("rmdir", path, errno: errno) }
    }

    private static func empty(_ folder: FolderHandle) throws(SystemError) {
        for name in try folder.names() {
            guard let status = folder.status(of: name) else { continue }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                guard unlinkat(folder.descriptor, name, 0) == 0 || errno == ENOENT else {
                    throw SystemError("unlink", name.shownPath, errno: errno)
                }
                continue
            }
            // An agent may have left folders that their owner cannot enter or change.
            if status.st_mode & 0o700 != 0o700 { fchmodat(folder.descriptor, name, 0o700, 0) }
            try empty(try folder.folder(name.nameBytes))
            guard unlinkat(folder.descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
                throw SystemError("rmdir", name.shownPath, errno: errno)
            }
        }
    }

    /// Bytes that a tree takes on disk; what cannot be read counts for nothing.
    static func size(_ path: String) -> UInt64 {
        guard let folder = try? FolderHandle.root(path) else { return 0 }
        return size(folder)
    }

    private static func size(_ folder: FolderHandle) -> UInt64 {
        var sum: UInt64 = 0
        for name in (try? folder.names()) ?? [] {
            guard let status = folder.status(of: name) else { continue }
            sum += UInt64(status.st_blocks) * 512
            if status.st_mode & S_IFMT == S_IFDIR, let inner = try? folder.folder(name.nameBytes) { sum += size(inner) }
        }
        return sum
    }

    /// Has everything in a tree written to the disk.
    static func flush(_ folder: FolderHandle) throws(SystemError) {
        for name in try folder.names() {
            guard let status = folder.status(of: name) else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try flush(try folder.folder(name.nameBytes))
            case S_IFREG:
                let file = try folder.open(file: name)
                defer { close(file) }
                guard fsync(file) == 0 else { throw SystemError("fsync", name.shownPath, errno: errno) }
            default: continue
            }
        }
        guard fsync(folder.descriptor) == 0 else { throw SystemError("fsync", "", errno: errno) }
    }
}
