import Basics
import Glibc
import Synchronization
import Wire

/// Frees space beside a session's turns, on a thread of its own.
actor ExpiryWorker {
    private let home: String
    private let workspace: String
    private let retention: CheckpointRetention
    private let executor = BlockingExecutor(label: "lockgate.expiry")
    private let isStopped = Atomic(false)

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(home: String, workspace: String, retention: CheckpointRetention) {
        self.home = home
        self.workspace = workspace
        self.retention = retention
    }

    /// Does what is due. What fails is tried again later: a turn has no use for it.
    func run() {
        guard !isStopped.load(ordering: .relaxed), let folder = try? StoreFolder(home: home, workspace: workspace)
        else { return }
        let goesOn: @Sendable (ObjectRewriter.Step) throws(SystemError) -> Void = { [self] _ throws(SystemError) in
            guard !isStopped.load(ordering: .relaxed) else { throw SystemError("expiry", "", errno: ECANCELED) }
        }
        let expiry = CheckpointExpiry(folder, retention: retention, reached: goesOn)
        if expiry.isDue { _ = try? expiry.run() }
        if let shared = RepositoryExpiry(home: home, of: folder, retention: retention, reached: goesOn), shared.isDue {
            _ = try? shared.run()
        }
        let sweep = StoreSweep(home: home, retention: retention)
        if sweep.isDue { sweep.run() }
    }

    /// Ends a run at its next step, as if it had not begun.
    nonisolated func stop() { isStopped.store(true, ordering: .relaxed) }
}
