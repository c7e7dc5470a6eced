import Basics
import Glibc

/// A file of the product's own that several runs change: read, changed and replaced under a lock beside it.
struct LockedFile {
    let path: String

    /// The content; nil where there is no file.
    func read(limit: Int) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try PosixFile.read(path, limit: limit)
        } catch  where error.errno == ENOENT {
            return nil
        }
    }

    /// Replaces the content by what `body` makes, while no other run does. Readers see the old content or the new.
    func change(_ body: () throws(SystemError) -> [UInt8]) throws(SystemError) {
        try PosixFile.makeDirectory(PathText.parent(path))
        let lock = open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw SystemError("open", "\(path).lock", errno: errno) }
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else { throw SystemError("flock", "\(path).lock", errno: errno) }
        }
        try PosixFile.replace(path, with: try body())
    }
}
