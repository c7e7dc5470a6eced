import Basics
import Glibc
import Models
import Synchronization

/// Shows a long step's progress on standard error: a bar that redraws on a terminal, a line each tenth elsewhere.
final class ProgressMeter: Sendable {
    private struct State {
        var lastTenth = -1
        var isLineOpen = false
    }

    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State())

    func show(_ progress: LocalModelProgress) {
        state.withLock { state in
            switch progress {
            case .step(let text):
                close(&state)
                state.lastTenth = -1
                write(text + "\n")
            case .received(let done, let total): bar("received", done, total, &state)
            case .verified(let done, let total): bar("verified", done, total, &state)
            }
        }
    }

    func finish() {
        state.withLock { close(&$0) }
    }

    private func bar(_ verb: String, _ done: Int64, _ total: Int64, _ state: inout State) {
        guard total > 0 else { return }
        let tenth = Int(done * 10 / total)
        let text = "\(verb) \(done / 1_000_000) of \(total / 1_000_000) MB (\(done * 100 / total) %)"
        if isTerminal {
            let filled = Int(done * 30 / total)
            let picture = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
            write("\r\u{1B}[K\(picture) \(text)")
            state.isLineOpen = true
        } else if tenth != state.lastTenth {
            write(text + "\n")
        }
        state.lastTenth = tenth
    }

    private func close(_ state: inout State) {
        if state.isLineOpen { write("\n") }
        state.isLineOpen = false
    }

    private func write(_ text: String) {
        try? PosixFile.writeAll(STDERR_FILENO, Array(text.utf8))
    }
}
