import Basics
import Glibc

/// Writing to a command that may not read: never blocks longer than two seconds.
enum TerminalInput {
    static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&wait, 1, 2000) > 0 else { throw SystemError("write", "", errno: EAGAIN) }
            // A pipe takes a page at least once it polls writable; more could block.
            let size = min(4096, bytes.count - done)
            let wrote = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), size) }
            if wrote < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                throw SystemError("write", "", errno: errno)
            }
            done += wrote
        }
    }
}
