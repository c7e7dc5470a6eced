import Basics
import Glibc
import Synchronization
import Wire

/// `exec --json`: one event a line on standard output.
final class JSONLinesWriter: Sendable {
    /// Set once the reader has gone away, so that the run is not told again for each line.
    private let broken = Mutex(false)

    func show(_ event: ThreadEvent, at time: WallTime) {
        var line = event.json(at: time).bytes
        line.append(UInt8(ascii: "\n"))
        let bytes = line
        broken.withLock { broken in
            guard !broken else { return }
            do throws(SystemError) {
                try PosixFile.writeAll(STDOUT_FILENO, bytes)
            } catch {
                broken = true
            }
        }
    }
}
