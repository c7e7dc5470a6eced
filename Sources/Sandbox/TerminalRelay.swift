import CLinux
import Glibc
import Synchronization

/// Carries bytes between the user's terminal and the command's, and puts the user's terminal back at the end.
final class TerminalRelay: Sendable {
    private let master: Int32
    private let before: termios
    private let process: SandboxedProcess
    private struct State {
        var isDrained = false
        var waiter: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    /// Starts relaying descriptors 0 and 1; nil if the command has no terminal.
    init?(_ process: SandboxedProcess) {
        guard let master = process.output else { return nil }
        var settings = termios()
        guard tcgetattr(0, &settings) == 0 else { return nil }
        before = settings
        self.master = master
        self.process = process
        cfmakeraw(&settings)
        tcsetattr(0, TCSANOW, &settings)
        _ = ProcessReactor.shared.watch(master) { [weak self] in self?.readCommand() }
        _ = ProcessReactor.shared.watch(0) { [weak self] in self?.readUser() }
    }

    /// The size of this process's terminal, or 24 by 80.
    static func windowSize() -> (rows: UInt16, columns: UInt16) {
        var rows: UInt16 = 0
        var columns: UInt16 = 0
        guard clinux_get_window(1, &rows, &columns) == 0, rows > 0, columns > 0 else { return (24, 80) }
        return (rows, columns)
    }

    /// Waits for the last output and restores the user's terminal.
    func finish() async {
        ProcessReactor.shared.remove(0)
        await withCheckedContinuation { continuation in
            let isDrained = state.withLock { state in
                if !state.isDrained { state.waiter = continuation }
                return state.isDrained
            }
            if isDrained { continuation.resume() }
        }
        var settings = before
        tcsetattr(0, TCSADRAIN, &settings)
    }

    private func readUser() {
        pass(from: 0, to: master) { ProcessReactor.shared.remove(0) }
    }

    private func readCommand() {
        pass(from: master, to: 1) {
            // EIO: every process that had the terminal is gone.
            ProcessReactor.shared.remove(master)
            let waiter = state.withLock { state in
                state.isDrained = true
                return state.waiter
            }
            waiter?.resume()
        }
    }

    private func pass(from source: Int32, to target: Int32, atEnd: () -> Void) {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
            let count = read(source, buffer.baseAddress, buffer.count)
            guard count > 0 else {
                if count == 0 || (errno != EINTR && errno != EAGAIN) { atEnd() }
                return
            }
            var done = 0
            while done < count {
                let written = write(target, buffer.baseAddress?.advanced(by: done), count - done)
                if written < 0 {
                    guard errno == EINTR else { return }
                    continue
                }
                done += written
            }
        }
    }
}
