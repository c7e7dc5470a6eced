import CLinux
import Glibc
import Synchronization
import TUI
import Wire

/// What happens beside the screen's own loop, until the loop takes it.
final class ScreenInbox: Sendable {
    private let events = Mutex<[ScreenEvent]>([])
    private let ends: (read: Int32, write: Int32)

    init() {
        var pipe: [Int32] = [-1, -1]
        // Without a pipe nothing wakes the loop, but its own ticks still do.
        if clinux_pipe(&pipe) == 0 {
            _ = fcntl(pipe[0], F_SETFL, O_NONBLOCK)
            _ = fcntl(pipe[1], F_SETFL, O_NONBLOCK)
        }
        ends = (pipe[0], pipe[1])
    }

    deinit {
        close(ends.read)
        close(ends.write)
    }

    /// Readable while something waits.
    var descriptor: Int32 { ends.read }

    func post(_ event: ScreenEvent) {
        let isFirst = events.withLock { events in
            events.append(event)
            return events.count == 1
        }
        guard isFirst else { return }
        var byte: UInt8 = 0
        _ = write(ends.write, &byte, 1)
    }

    func take() -> [ScreenEvent] {
        var bytes: [UInt8] = Array(repeating: 0, count: 64)
        while read(ends.read, &bytes, bytes.count) == bytes.count {}
        let taken = events.withLock { events in
            defer { events = [] }
            return events
        }
        return Self.joined(taken)
    }

    /// Words that came one after the other as one: a screen that is behind catches up at once.
    static func joined(_ events: [ScreenEvent]) -> [ScreenEvent] {
        var joined: [ScreenEvent] = []
        var words = ""
        func flush() {
            if !words.isEmpty { joined.append(.live(.textDelta(words))) }
            words = ""
        }
        for event in events {
            if case .live(.textDelta(let text)) = event {
                words += text
            } else {
                flush()
                joined.append(event)
            }
        }
        flush()
        return joined
    }
}
