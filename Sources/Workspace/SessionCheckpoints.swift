import Synchronization
package import Wire

/// The checkpoints of a session's turns, in the store of its workspace.
package final class SessionCheckpoints: TurnCheckpoints {
    private enum Phase {
        case idle
        case open(label: String)
        /// Recorded, or about to be.
        case begun(Task<TurnRecord, any Error>, isDone: Bool)
    }

    private struct State {
        var phase = Phase.idle
        /// Tells a turn's own end of recording from that of one before it.
        var turns = 0
        /// Frees space; one at a time.
        var expiry: Task<Void, Never>?
    }

    /// What frees space may take so long after a session's end: 3 seconds.
    private static let patience = Duration.seconds(3)

    private let worker: CheckpointWorker
    private let expiry: ExpiryWorker?
    private let state = Mutex(State())
    private let waiting: @Sendable () -> Void

    /// - Parameters:
    ///   - home: LOCKGATE_HOME.
    ///   - workspace: canonical.
    ///   - retention: nil to keep everything.
    ///   - waiting: called when an effect has waited for a second, such as for the first checkpoint of a large tree.
    package init(
        home: String, workspace: String, retention: CheckpointRetention? = nil,
        waiting: @escaping @Sendable () -> Void = {}
    ) {
        worker = CheckpointWorker(home: home, workspace: workspace)
        expiry = retention.map { ExpiryWorker(home: home, workspace: workspace, retention: $0) }
        self.waiting = waiting
    }

    package func open(_ label: String) {
        state.withLock { state in
            state.phase = .open(label: label)
            state.turns += 1
        }
    }

    package func prepare() { _ = begun() }

    package func secure() async throws {
        guard let (task, isDone) = begun(), !isDone else { return }
        let patience = Task { [waiting] in
            if (try? await Task.sleep(for: .seconds(1))) != nil { waiting() }
        }
        defer { patience.cancel() }
        try await Self.wait(for: task)
    }

    package func close() async throws(LockgateError) -> TurnCheckpoint? {
        let last = state.withLock { state in
            defer { state.phase = .idle }
            return state.phase
        }
        // A turn that was interrupted while its beginning was recorded has changed nothing.
        guard case .begun(let task, let isDone) = last, isDone || !Task.isCancelled, let turn = try? await task.value
        else { return nil }
        return try await worker.end(turn)
    }

    package func changedFiles(
        of checkpoint: TurnCheckpoint, where concerns: @escaping @Sendable (String) -> Bool
    ) async throws(LockgateError) -> [ChangedFile] {
        try await worker.changedFiles(of: checkpoint, where: concerns)
    }

    /// The session is over. What frees space may end if that takes no longer than moments; after that it is stopped, and
    /// if it hangs in the disk or another process's lock, it is left to end with the process as if killed.
    package func finish() async {
        guard let expiry, let task = state.withLock({ $0.expiry }) else { return }
        let (ends, signal) = AsyncStream.makeStream(of: Void.self)
        let watch = Task {
            await task.value
            signal.finish()
        }
        let limit = Task {
            guard (try? await Task.sleep(for: Self.patience)) != nil else { return }
            expiry.stop()
            if (try? await Task.sleep(for: .seconds(1))) != nil { signal.finish() }
        }
        for await _ in ends {}
        limit.cancel()
        watch.cancel()
    }

    /// Frees space beside the turn, which mostly waits for the model.
    private func expire() {
        guard let expiry else { return }
        state.withLock { state in
            let last = state.expiry
            state.expiry = Task(priority: .background) {
                await last?.value
                await expiry.run()
            }
        }
    }

    /// The task that records the beginning, started if it was not; nil outside of a turn.
    private func begun() -> (Task<TurnRecord, any Error>, isDone: Bool)? {
        state.withLock { state in
            switch state.phase {
            case .idle: return nil
            case .begun(let task, let isDone): return (task, isDone)
            case .open(let label):
                let number = state.turns
                let task = Task { [worker] in
                    let turn = try await worker.begin(label)
                    self.recorded(number)
                    return turn
                }
                state.phase = .begun(task, isDone: false)
                return (task, false)
            }
        }
    }

    private func recorded(_ number: Int) {
        state.withLock { state in
            if state.turns == number, case .begun(let task, _) = state.phase {
                state.phase = .begun(task, isDone: true)
            }
        }
        expire()
    }

    /// Waits for the task, but no longer than until the caller is cancelled: a large tree must not keep a person who
    /// pressed Ctrl-C waiting.
    static func wait<Value: Sendable>(for task: Task<Value, any Error>) async throws {
        let (ends, signal) = AsyncThrowingStream.makeStream(of: Void.self)
        let watch = Task {
            do {
                _ = try await task.value
                signal.finish()
            } catch {
                signal.finish(throwing: error)
            }
        }
        defer { watch.cancel() }
        // The stream ends at once when the caller is cancelled.
        for try await _ in ends {}
        try Task.checkCancellation()
    }
}
