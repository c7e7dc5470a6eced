import Basics
import Glibc
import Synchronization
import Text

/// A command with its output: pumps the descriptor into bounded buffers and tells when it has ended.
///
/// One thread of its own reads for each command, since a pool's threads must not block; it ends with the command.
final class Terminal: Sendable {
    private struct State {
        /// All output, for the item.
        var whole: OutputBuffer
        /// What the model has not been given yet.
        var unread: OutputBuffer
        var exit: CommandExit?
        var isDrained = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    let number: Int
    let display: String
    let started = ContinuousClock.now
    let command: any RunningCommand
    /// The most that one answer may give the model.
    private let unreadHalf: Int
    private let secrets: SecretScanner
    /// Shown the output's end while it comes, a few times a second.
    private let watcher: (@Sendable (String) -> Void)?
    private let state: Mutex<State>

    /// Bytes kept for the item: 128 KiB from the start and as many from the end.
    static let itemHalf = 128 << 10

    /// - Parameters:
    ///   - unreadBytes: the most output that is kept for the model between two answers.
    ///   - secrets: tells what may be the beginning of one.
    ///   - watcher: for a person who looks on; what it is shown is no record.
    init(
        number: Int, display: String, command: any RunningCommand, unreadBytes: Int,
        secrets: SecretScanner = SecretScanner(), watcher: (@Sendable (String) -> Void)? = nil
    ) {
        self.secrets = secrets
        self.watcher = watcher
        self.number = number
        self.display = display
        self.command = command
        unreadHalf = unreadBytes / 2
        state = Mutex(
            State(
                whole: OutputBuffer(head: Self.itemHalf, tail: Self.itemHalf),
                unread: OutputBuffer(head: unreadHalf, tail: unreadHalf)))
        let pump = DetachedThread { [self] in drain() }
        pump.start()
        Task.detached { [self] in
            let exit = await command.wait()
            finish(exit)
        }
    }

    var exit: CommandExit? { state.withLock { $0.isDrained ? $0.exit : nil } }

    /// Returns when the command has ended and all its output is here, or after `limit`, or when the task is cancelled.
    func wait(upTo limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForEnd() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    /// What came since the last call, for the model: text of about `modelBytes` at most, and how many bytes it stands
    /// for. A character whose end has not come yet waits for the next call.
    func takeUnread(modelBytes: Int) -> (text: String, total: Int) {
        state.withLock { state in
            var taken = state.unread
            state.unread = OutputBuffer(head: unreadHalf, tail: unreadHalf)
            if !state.isDrained {
                var held = taken.removeIncompleteScalar()
                // What may be the first half of a secret waits for the other, so that it is seen as one.
                if held.isEmpty { held = taken.removeEnd(secrets.openEnd) }
                state.unread.append(held)
            }
            return (taken.text(head: modelBytes / 2, tail: modelBytes / 2), taken.totalBytes)
        }
    }

    /// All output so far, bounded, and the bytes left out.
    var wholeOutput: (text: String, omitted: Int) {
        state.withLock { ($0.whole.text, $0.whole.omittedBytes) }
    }

    private func waitForEnd() async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if (state.isDrained && state.exit != nil) || Task.isCancelled { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }

    private func finish(_ exit: CommandExit) {
        wake { $0.exit = exit }
    }

    private func wake(_ change: (inout State) -> Void) {
        let ready = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            change(&state)
            guard state.isDrained, state.exit != nil else { return [] }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in ready { waiter.resume() }
    }

    private static let watchInterval = Duration.milliseconds(100)
    /// Bytes of the output's end that a watcher is shown.
    private static let watchedBytes = 4096

    private func show() { watcher?(outputEnd) }

    /// The end of all output, for a person.
    var outputEnd: String { state.withLock { $0.whole.text(head: 0, tail: Self.watchedBytes) } }

    /// Reads until the end of output. A process that outlives the command may hold the pipe open; then what has come
    /// by the command's end counts as all.
    private func drain() {
        let size = 1 << 16
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { buffer in
            var shown = ContinuousClock.now
            var isBehind = false
            while true {
                if isBehind, ContinuousClock.now - shown >= Self.watchInterval {
                    show()
                    shown = .now
                    isBehind = false
                }
                var wait = pollfd(fd: command.output, events: Int16(POLLIN), revents: 0)
                let ready = poll(&wait, 1, 50)
                if ready < 0, errno == EINTR { continue }
                if ready == 0 {
                    if state.withLock({ $0.exit != nil }) { break }
                    continue
                }
                let count = read(command.output, buffer.baseAddress, size)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                // A terminal's master reports the end as EIO.
                guard count > 0 else { break }
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                state.withLock { state in
                    state.whole.append(bytes)
                    state.unread.append(bytes)
                }
                isBehind = watcher != nil
            }
        }
        wake { $0.isDrained = true }
    }
}
