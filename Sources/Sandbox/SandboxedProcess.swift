import CLinux
import Glibc
import Synchronization
package import Wire

/// A running command with everything it started.
///
/// When the last reference goes, or this process dies, the command is killed with all its descendants.
package final class SandboxedProcess: Sendable {
    /// The command's process id as this process sees it.
    package var pid: Int32 { state.withLock { $0.pid } }
    /// The read end of the command's output, or its terminal's master; close-on-exec, owned by this object.
    /// A terminal ends with EIO instead of an end of file. nil when the command got descriptors of the caller.
    package var output: Int32? { state.withLock { $0.output } }
    /// The write end of the command's input (the terminal's master for a terminal), or nil.
    package var input: Int32? { state.withLock { $0.input } }

    private struct State {
        var pid: Int32 = 0
        var output: Int32?
        var input: Int32?
        var hasTerminal = false
        var outcome: Outcome = .starting
        var denials: [SandboxDenial] = []
        var usage: ResourceUsage?
        var landlockABI: Int32 = 0
        /// The command's init is gone.
        var isOver = false
        /// The command ended without saying how: the helper, or this command's part of it, was killed.
        var isLost = false
        /// Held as long as the command runs; whoever holds it last ends the session's helper.
        var zygote: Zygote?
        /// The same, without needing it.
        weak var session: Zygote?
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private enum Outcome {
        case starting
        case failed(SetupFailure)
        case running
        case ended(TerminationStatus)
    }

    private enum Milestone { case started, ended, over }
    private struct Waiter {
        var milestone: Milestone
        var continuation: CheckedContinuation<Void, Never>
    }

    private let status: Int32
    private let helper: HelperProcess
    private let state: Mutex<State>

    /// Takes over the channel and the descriptors.
    init(status: Int32, zygote: Zygote, output: Int32?, input: Int32?, hasTerminal: Bool) {
        self.status = status
        helper = zygote.helper
        state = Mutex(State(output: output, input: input, hasTerminal: hasTerminal, zygote: zygote, session: zygote))
    }

    deinit {
        ProcessReactor.shared.remove(status)
        // The command's init takes the closed channel as the agent's death and leaves nothing behind.
        close(status)
        state.withLock { state in
            if let output = state.output { close(output) }
            if let input = state.input, input != state.output { close(input) }
        }
    }

    /// Begins to listen to the helper and returns once the program is loaded.
    func begin() async throws(LockgateError) {
        let isWatched = ProcessReactor.shared.watch(status) { [weak self] in self?.readReports() }
        guard isWatched else {
            throw LockgateError(
                "sandbox.no_resources", "The system grants no further descriptors or threads.",
                remedy: "Raise `ulimit -n` and `ulimit -u`.")
        }
        await reached(.started)
        if let failure = setupFailure {
            await reached(.over)
            throw failure.asError
        }
    }

    /// Why the command was not run; nil when it was.
    var setupFailure: SetupFailure? {
        state.withLock { if case .failed(let failure) = $0.outcome { failure } else { nil } }
    }

    /// Waits for the end of the command itself; by then all its descendants are dead too.
    ///
    /// Not ended by cancellation, which kills nothing: use `waitUnlessCancelled` or `terminate`.
    package func wait() async -> TerminationStatus {
        await reached(.ended)
        return endStatus ?? .signaled(SIGKILL)
    }

    /// As `wait`, but nil at once when the task is cancelled; the command then runs on.
    package func waitUnlessCancelled() async -> TerminationStatus? {
        await reached(.ended, isCancellable: true)
        return endStatus
    }

    /// Waits until everything of this command is gone; and when nothing else needs the session's helper, until that
    /// has cleaned up too.
    package func waitForCleanUp() async {
        await reached(.over)
        if state.withLock({ $0.session == nil }) { await helper.waitForEnd() }
    }

    /// Set when the command ended because the sandbox around it did: something outside killed its helper.
    package var lostSandbox: LockgateError? {
        guard state.withLock({ $0.isLost }) else { return nil }
        return LockgateError(
            "sandbox.session_lost", "The sandbox helper was killed from outside, and the command with it.",
            remedy: "Run the command again: a new sandbox is set up for it.")
    }

    /// The exit status, once there is one.
    package var endStatus: TerminationStatus? {
        state.withLock { if case .ended(let status) = $0.outcome { status } else { nil } }
    }

    /// What the sandbox refused so far, for certain.
    package var denials: [SandboxDenial] { state.withLock { $0.denials } }

    /// What the command used; nil until it has ended.
    package var usage: ResourceUsage? { state.withLock { $0.usage } }

    /// The kernel's Landlock ABI; only after a probe.
    var landlockABI: Int32 { state.withLock { $0.landlockABI } }

    /// Closes the command's input, so that it reads an end of file. Not for terminals: send the end-of-file character.
    package func closeInput() {
        let descriptor: Int32? = state.withLock { state in
            guard !state.hasTerminal else { return nil }
            defer { state.input = nil }
            return state.input
        }
        if let descriptor { close(descriptor) }
    }

    /// Sends a signal to the command's process group.
    package func signal(_ signal: Int32) { send(kind: 1, signal: signal) }

    /// Interrupts what runs in the foreground, as ^C does.
    package func interrupt() {
        let terminal = state.withLock { $0.hasTerminal ? $0.output : nil }
        if let terminal, clinux_signal_foreground(terminal, SIGINT) == 0 { return }
        signal(SIGINT)
    }

    /// Kills the command and all it started, at once.
    package func kill() { send(kind: 2, signal: SIGKILL) }

    /// Asks the command to end, and kills it with all it started when it has not after `grace`. Returns once it is over.
    ///
    /// The same in a task that is cancelled: whoever interrupts a turn gives its commands their time to end all the same,
    /// and the session keeps its helper with what else runs in it.
    @discardableResult
    package func terminate(grace: Duration = .seconds(2)) async -> TerminationStatus {
        await Task.detached { await self.end(within: grace) }.value
    }

    private func end(within grace: Duration) async -> TerminationStatus {
        signal(SIGTERM)
        if await ends(within: grace) { return await wait() }
        kill()
        // Its init waits two seconds for processes stuck in the kernel. One that does not obey cannot be trusted to
        // hold the command any more: then the whole session goes by force.
        if await !ends(within: .seconds(3)) { helper.kill() }
        return await wait()
    }

    /// Sets the size of the command's terminal in character cells.
    package func resize(rows: UInt16, columns: UInt16) {
        let terminal = state.withLock { $0.hasTerminal ? $0.output : nil }
        if let terminal { _ = clinux_set_window(terminal, rows, columns) }
    }

    private func ends(within limit: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.waitUnlessCancelled() != nil }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
    }

    private func send(kind: UInt32, signal: Int32) {
        var request = (kind.littleEndian, signal.littleEndian)
        _ = withUnsafeBytes(of: &request) { clinux_send(status, $0.baseAddress, $0.count) }
    }

    // MARK: Reports

    private func readReports() {
        withUnsafeTemporaryAllocation(byteCount: HelperReport.maximumSize, alignment: 8) { buffer in
            while true {
                let message = clinux_receive(status, buffer.baseAddress, buffer.count)
                if message.length == -Int(EAGAIN) { return }
                // The other end closed while a signal of ours was not read yet. It is said once, before what was reported.
                if message.length == -Int(ECONNRESET) { continue }
                guard message.length > 0 else { return finish() }
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<message.length])
                let descriptor = message.descriptor >= 0 ? message.descriptor : nil
                guard let report = HelperReport(bytes, descriptor: descriptor, pid: message.pid) else {
                    if let descriptor { close(descriptor) }
                    continue
                }
                take(report, descriptor: descriptor)
            }
        }
    }

    private func take(_ report: HelperReport, descriptor: Int32?) {
        let ready = state.withLock { state -> [Waiter] in
            var unused = descriptor
            switch report {
            case .started(let pid, let terminal):
                state.pid = pid
                if let terminal, state.hasTerminal, state.output == nil {
                    state.output = terminal
                    state.input = terminal
                    unused = nil
                }
                if case .starting = state.outcome { state.outcome = .running }
            case .exited(let status, let usage):
                state.outcome = .ended(status)
                state.usage = usage
            case .failed(let failure):
                if case .starting = state.outcome { state.outcome = .failed(failure) }
            case .denied(let denial):
                if !state.denials.contains(denial) { state.denials.append(denial) }
            case .layers(let landlockABI):
                state.landlockABI = landlockABI
            case .kept, .surveyed: break
            }
            if let unused { close(unused) }
            return Self.takeReady(&state)
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// The channel has ended: the command's init is gone.
    private func finish() {
        ProcessReactor.shared.remove(status)
        let ready = state.withLock { state -> [Waiter] in
            state.isOver = true
            if case .ended = state.outcome {} else { state.zygote?.suspect() }
            state.zygote = nil
            switch state.outcome {
            case .starting:
                state.outcome = .failed(
                    SetupFailure(step: .session, error: ECHILD, detail: "the helper ended without a report"))
            case .running:
                state.outcome = .ended(.signaled(SIGKILL))
                state.isLost = true
            case .failed, .ended: break
            }
            return Self.takeReady(&state)
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    // MARK: Waiting

    private static func isReached(_ milestone: Milestone, _ state: borrowing State) -> Bool {
        if state.isOver { return true }
        return switch (milestone, state.outcome) {
        case (.started, .running), (.started, .failed), (.started, .ended), (.ended, .ended), (.ended, .failed): true
        default: false
        }
    }

    private static func takeReady(_ state: inout State) -> [Waiter] {
        var ready: [Waiter] = []
        for (key, waiter) in state.waiters where isReached(waiter.milestone, state) {
            ready.append(waiter)
            state.waiters[key] = nil
        }
        return ready
    }

    private func reached(_ milestone: Milestone, isCancellable: Bool = false) async {
        let key = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if Self.isReached(milestone, state) || (isCancellable && Task.isCancelled) { return true }
                    state.waiters[key] = Waiter(milestone: milestone, continuation: continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            guard isCancellable else { return }
            let waiter = state.withLock { $0.waiters.removeValue(forKey: key) }
            waiter?.continuation.resume()
        }
    }
}
