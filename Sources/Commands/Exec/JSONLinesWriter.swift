import Basics
import Glibc
import Synchronization
import Wire

/// `exec --json`: one event a line on standard output.
final class JSONLinesWriter: Sendable {
    /// The first failure to write; nothing more is written after it.
    private let failed = Mutex<SystemError?>(nil)

    var failure: SystemError? { failed.withLock { $0 } }

    func show(_ event: ThreadEvent, at time: WallTime) {
        var line = event.json(at: time).bytes
        line.append(UInt8(ascii: "\n"))
        let bytes = line
        failed.withLock { failed in
            guard failed == nil else { return }
            do throws(SystemError) {
                try PosixFile.writeAll(STDOUT_FILENO, bytes)
            } catch {
                failed = error
            }
        }
    }
}
