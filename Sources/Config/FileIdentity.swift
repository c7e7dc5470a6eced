import Glibc

/// What makes two paths the same file: device and inode.
struct FileIdentity: Hashable, Sendable {
    private let device: dev_t
    private let inode: ino_t

    /// Follows links. Nil when the path does not exist or cannot be reached.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        inode = status.st_ino
    }

    static func areSame(_ left: String, _ right: String) -> Bool {
        guard let left = FileIdentity(path: left) else { return false }
        return left == FileIdentity(path: right)
    }

    /// Whether anything, even a broken link, has this name.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }
}
