import Basics
import Glibc

/// A session's file before it has its name: in the folder of sessions, so that a link or a rename puts it in place, and under
/// a name that no reader takes for a session.
final class IncomingFile {
    let path: String
    private let descriptor: Int32

    private static let prefix = ".incoming-"
    /// What is younger may be another machine's, whose locks do not reach here. An hour, in seconds.
    private static let leastAge = 3600

    /// - Parameter root: the `sessions` folder.
    init(in root: String) throws(SystemError) {
        try PosixFile.makeDirectory(root)
        Self.sweep(root)
        let path = "\(root)/\(Self.prefix)\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let failure = SystemError("flock", path, errno: errno)
            close(descriptor)
            throw failure
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Takes away what imports that were killed have left.
    static func sweep(_ root: String) {
        for name in PosixFile.list(root) where name.hasPrefix(prefix) {
            let path = "\(root)/\(name)"
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                time(nil) - status.st_mtim.tv_sec > leastAge, flock(descriptor, LOCK_EX | LOCK_NB) == 0
            else { continue }
            unlink(path)
        }
    }

    deinit { close(descriptor) }

    func write(_ bytes: ArraySlice<UInt8>) throws(SystemError) {
        try PosixFile.writeAll(descriptor, Array(bytes))
    }

    func sync() throws(SystemError) {
        guard fsync(descriptor) == 0 else { throw SystemError("fsync", path, errno: errno) }
    }

    /// Takes the name away; what was linked elsewhere stays.
    func discard() { unlink(path) }
}
