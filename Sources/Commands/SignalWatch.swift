import Basics
import CLinux
import Glibc
import Synchronization

/// Takes the signals that end a run, so that it can end in order; a second one ends the process at once.
final class SignalWatch: Sendable {
    private struct State {
        var received: Int32?
        var action: (@Sendable (Int32) -> Void)?
    }

    private let state = Mutex(State())

    init() {
        let signals = [SIGINT, SIGTERM, SIGHUP]
        let descriptor = clinux_forward_signals(signals, signals.count)
        guard descriptor >= 0 else { return }
        DetachedThread { [weak self] in
            while true {
                var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&wait, 1, -1) > 0 || errno == EINTR else { return }
                var signal: UInt8 = 0
                while read(descriptor, &signal, 1) == 1 { self?.take(Int32(signal)) }
            }
        }.start()
    }

    /// The first signal that came.
    var received: Int32? { state.withLock { $0.received } }

    /// Calls `action` with the first signal, also if it has come already.
    func onSignal(_ action: @escaping @Sendable (Int32) -> Void) {
        let early = state.withLock { state in
            state.action = action
            return state.received
        }
        if let early { action(early) }
    }

    private func take(_ signal: Int32) {
        let (action, isSecond) = state.withLock { state in
            let isSecond = state.received != nil
            if !isSecond { state.received = signal }
            return (state.action, isSecond)
        }
        // Whoever insists gets their way; the journal is whole at every moment, and the sandbox ends with this process.
        if isSecond { _exit(128 + signal) }
        action?(signal)
    }
}
