import Basics
import Glibc
import Wire

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
    ///
    /// - Parameter failure: the caller's error for what the system refuses.
    func change(
        failure: (SystemError) -> LockgateError, _ body: () throws(LockgateError) -> [UInt8]
    ) throws(LockgateError) {
        let lock: Int32
        do throws(SystemError) { lock = try self.lock() } catch { throw failure(error) }
        defer { close(lock) }
        let bytes = try body()
        do throws(SystemError) { try PosixFile.replace(path, with: bytes) } catch { throw failure(error) }
    }

    /// Opens the lock beside the file and waits for it; it ends with the descriptor.
    private func lock() throws(SystemError) -> Int32 {
        try PosixFile.makeDirectory(PathText.parent(path))
        let lock = open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw SystemError("open", "\(path).lock", errno: errno) }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else {
                defer { close(lock) }
                throw SystemError("flock", "\(path).lock", errno: errno)
            }
        }
        return lock
    }
}
