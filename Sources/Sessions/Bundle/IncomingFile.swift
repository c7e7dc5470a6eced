import Basics
import Glibc

/// A session's file before it has its name: in the folder of sessions, so that a link or a rename puts it in place, and under
/// a name that no reader takes for a session.
final class IncomingFile {
    let path: String
    private let descriptor: Int32

    /// - Parameter root: the `sessions` folder.
    init(in root: String) throws(SystemError) {
        try PosixFile.makeDirectory(root)
        let path = "\(root)/.incoming-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
        self.path = path
        self.descriptor = descriptor
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
