import Glibc

/// What tells that a file is another than before, without reading it. The change time cannot be set by a program, so an
/// edit that puts the modification time back is seen too. Equal fingerprints prove nothing: `SensitiveContent` does.
struct SensitiveFingerprint: Hashable, Sendable {
    private var device: UInt64
    private var inode: UInt64
    /// Bytes.
    private(set) var size: Int64
    private var mode: UInt32
    private var seconds: Int
    private var nanoseconds: Int

    /// Of a name, not following a symbolic link; nil where there is none.
    init?(_ path: String) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return nil }
        self.init(info)
    }

    init(_ info: stat) {
        device = UInt64(info.st_dev)
        inode = UInt64(info.st_ino)
        // A folder's size and link count change with every entry, as its change time does.
        size = Int64(info.st_size)
        mode = UInt32(info.st_mode)
        seconds = info.st_ctim.tv_sec
        nanoseconds = info.st_ctim.tv_nsec
    }

    var isRegular: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFREG) }
    var isFolder: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFDIR) }
    var isLink: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFLNK) }
}
