import Basics
import Glibc

/// A file locked until this value is gone; the kernel lets go when its process is killed.
final class FileLock: Sendable {
    let descriptor: Int32

    /// Nil while another process holds it, and when the file was removed meanwhile.
    init?(_ path: String) throws(SystemError) {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemError("open", path, errno: errno) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0, StoreFolder.names(path, file) else {
            close(file)
            return nil
        }
        descriptor = file
    }

    deinit { close(descriptor) }
}
