import Basics
import Glibc
import Wire

/// A lock between processes (`flock`) that the kernel gives back when its holder dies.
struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Waits for the lock, looking ten times a second, so that a cancelled task stops waiting.
    ///
    /// - Parameter waiting: called once if somebody else holds it.
    /// - Throws: `local.lock`, or `CancellationError`.
    static func acquire(_ path: String, waiting: () -> Void = {}) async throws -> FileLock {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw LockgateError(
                "local.lock", "\(SystemError("open", path, errno: errno))", remedy: "make the folder writable")
        }
        let lock = FileLock(descriptor: descriptor)
        var hasTold = false
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw LockgateError(
                    "local.lock", "\(SystemError("flock", path, errno: errno))",
                    remedy: "use a LOCKGATE_HOME on a local disk")
            }
            if !hasTold { waiting() }
            hasTold = true
            try await Task.sleep(for: .milliseconds(100))
        }
        return lock
    }

    deinit { close(descriptor) }
}
