import Basics
import Glibc
import Synchronization
import Text
import Wire

/// `exec --json`: one event a line on standard output.
final class JSONLinesWriter: Sendable {
    /// The first failure to write; nothing more is written after it.
    private let failed = Mutex<SystemError?>(nil)

    private let redactor = Mutex<Redactor?>(nil)

    var failure: SystemError? { failed.withLock { $0 } }

    /// Takes secrets out of all events from now on: a line may end up in a log.
    func redact(with redactor: Redactor?) { self.redactor.withLock { $0 = redactor } }

    func show(_ event: ThreadEvent, at time: WallTime) {
        let json = event.json(at: time)
        var line = (redactor.withLock { $0 }?.redacted(json) ?? json).bytes
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
