import Basics
import Synchronization
package import Wire

/// The stage of a session, in place of checkpoints: the workspace is recorded before the first effect as what the staged
/// changes are compared with, and what waits is told after each turn.
package final class StagedWorkspace: TurnCheckpoints {
    private struct State {
        /// Records the beginning.
        var base: Task<Void, any Error>?
        var isDone = false
    }

    /// A repository that a stage of the workspace does not hold, and the working tree that does; nil for none.
    package static func repositoryOutside(of workspace: String) -> (folder: String, tree: String?)? {
        OuterRepository.of(workspace).map { ($0.common, $0.own.isEmpty ? PathText.parent($0.common) : nil) }
    }

    private let worker: StageWorker
    private let state = Mutex(State())
    private let waiting: @Sendable () -> Void

    /// - Parameters:
    ///   - home: LOCKGATE_HOME.
    ///   - stage: made, and locked by the caller until after `finish`.
    ///   - waiting: called when an effect has waited for a second.
    package init(home: String, workspace: String, stage: StageFolder, waiting: @escaping @Sendable () -> Void = {}) {
        worker = StageWorker(home: home, workspace: workspace, stage: stage)
        self.waiting = waiting
    }

    package func open(_ label: String) {}

    package func prepare() { _ = begun() }

    package func secure() async throws {
        let task = begun()
        guard !state.withLock({ $0.isDone }) else { return }
        let patience = Task { [waiting] in
            if (try? await Task.sleep(for: .seconds(1))) != nil { waiting() }
        }
        defer { patience.cancel() }
        try await SessionCheckpoints.wait(for: task)
    }

    package func close() async throws(LockgateError) -> TurnCheckpoint? { nil }

    package func staged() async throws(LockgateError) -> StagedSummary? {
        // A turn that was interrupted while the beginning was recorded has changed nothing.
        if let task = state.withLock({ $0.base }), (try? await task.value) == nil { return nil }
        return try await worker.summary()
    }

    /// The session is over and its commands are gone: a stage that holds nothing is removed.
    package func finish() async { await worker.finish() }

    private func begun() -> Task<Void, any Error> {
        state.withLock { state in
            if let task = state.base { return task }
            let task = Task { [worker] in
                try await worker.begin()
                self.state.withLock { $0.isDone = true }
            }
            state.base = task
            return task
        }
    }
}

/// Owns the store of the workspace, which one task at a time may use, and blocks a thread of its own.
private actor StageWorker {
    private let home: String
    private let workspace: String
    private let stage: StageFolder
    private let executor = BlockingExecutor(label: "lockgate.stage")
    private var store: CheckpointStore?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(home: String, workspace: String, stage: StageFolder) {
        self.home = home
        self.workspace = workspace
        self.stage = stage
    }

    /// Records the workspace unless the stage has its beginning from an earlier run.
    func begin() throws(LockgateError) {
        guard stage.record?.base == nil else { return }
        let base = try open().stageBase()
        try stage.update { $0.base = base }
    }

    func summary() throws(LockgateError) -> StagedSummary? {
        guard let record = stage.record, record.base != nil else { return nil }
        let staged = try open().staged(stage)
        if staged.root != record.turns.last ?? record.base {
            try stage.update { $0.turns = ($0.turns + [staged.root]).suffix(StageRecord.keptTurns) }
        }
        let summary = StagedSummary(staged)
        return summary.isEmpty ? nil : summary
    }

    func finish() {
        guard let record = stage.record else { return }
        guard record.base != nil else { return stage.remove() }
        // Where it cannot be told, it stays.
        guard let store = try? open(), let staged = try? store.staged(stage), staged.isEmpty else { return }
        stage.remove()
    }

    private func open() throws(LockgateError) -> CheckpointStore {
        if let store { return store }
        let opened = try CheckpointStore(home: home, workspace: workspace, coversRepository: false)
        store = opened
        return opened
    }
}

extension StagedSummary {
    package init(_ staged: StagedChanges) {
        let files = staged.changes.filter { !$0.isInRepository && !$0.isFolderAlone && staged.held[$0.path] == nil }
        self.init(
            session: staged.record.session, method: staged.record.method.rawValue,
            changes: files.prefix(TurnCheckpoint.shownChanges).map(\.summary), changed: files.count,
            repositoryChanged: staged.changes.contains { $0.isInRepository && staged.held[$0.path] == nil },
            held: staged.held.keys.map(\.shownPath).sorted(),
            leftOut: staged.leftOut.map { "\($0.path.shownPath): \($0.reason)" })
    }
}
