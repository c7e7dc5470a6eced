import Basics
import Wire

/// Owns the store of a workspace, which one task at a time may use, and blocks a thread of its own.
actor CheckpointWorker {
    private let home: String
    private let workspace: String
    private let executor = BlockingExecutor(label: "lockgate.checkpoints")
    /// Opened with the first checkpoint.
    private var store: CheckpointStore?
    /// What the checkpoint before the turn under way took.
    private var beginning = Duration.zero
    /// Paths that came with a turn of this session: what the agent made it may remove.
    private var made: Set<[UInt8]> = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(home: String, workspace: String) {
        self.home = home
        self.workspace = workspace
    }

    func begin(_ label: String) throws(LockgateError) -> TurnRecord {
        let start = ContinuousClock.now
        let turn = try open().begin(label)
        beginning = ContinuousClock.now - start
        return turn
    }

    func end(_ turn: TurnRecord) throws(LockgateError) -> TurnCheckpoint {
        let start = ContinuousClock.now
        let store = try open()
        let ended = try store.end(turn)
        let changes = try store.changes(of: ended)
        let files = changes.filter { !$0.isInRepository && !$0.isFolderAlone }
        let losses = TurnLosses(changes, made: made) { entry in (try? Self.content(entry, store)) ?? nil }
        for change in files where change.old == nil && made.count < Self.rememberedPaths { made.insert(change.path) }
        let cost = beginning + (ContinuousClock.now - start)
        return TurnCheckpoint(
            turn: ended.id, before: ended.before.text, after: (ended.after ?? ended.before).text,
            changes: files.prefix(TurnCheckpoint.shownChanges).map(\.summary), changed: files.count,
            repositoryChanged: changes.contains(where: \.isInRepository), durationMilliseconds: cost.milliseconds,
            losses: losses,
            notKept: files.filter(\.isOfUnkept).prefix(TurnCheckpoint.shownChanges).map(\.path.shownPath))
    }

    /// More are forgotten, and their removal is told.
    private static let rememberedPaths = 100_000

    /// Larger files are not compared: 1 MiB.
    private static let comparedBytes: UInt64 = 1 << 20
    /// More files than these are not looked at.
    private static let comparedFiles = 1000

    func changedFiles(
        of checkpoint: TurnCheckpoint, where concerns: @Sendable (String) -> Bool
    ) throws(LockgateError) -> [ChangedFile] {
        let store = try open()
        var files: [ChangedFile] = []
        for change in try store.changes(of: try store.turn(checkpoint.turn)) where !change.isInRepository {
            let path = change.path.shownPath
            guard [change.old, change.new].contains(where: { $0?.kind == .file }), concerns(path) else { continue }
            files.append(
                ChangedFile(
                    path: path, old: try Self.content(change.old, store), new: try Self.content(change.new, store),
                    isRemoved: change.new == nil))
            if files.count == Self.comparedFiles { break }
        }
        return files
    }

    private static func content(_ entry: SnapshotEntry?, _ store: CheckpointStore) throws(LockgateError) -> [UInt8]? {
        guard let entry, entry.kind == .file, entry.size <= comparedBytes else { return nil }
        return try store.content(entry)
    }

    private func open() throws(LockgateError) -> CheckpointStore {
        if let store { return store }
        let opened = try CheckpointStore(home: home, workspace: workspace)
        store = opened
        return opened
    }
}

extension TreeChange {
    /// Whether it lies in a repository's own folder, at any depth or outside of the workspace.
    package var isInRepository: Bool {
        repository != nil || path.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual(".git".utf8) }
    }

    /// Whether what was there was in no checkpoint, though somebody's work.
    var isOfUnkept: Bool { old?.omission == .large || old?.omission == .unreadable }

    /// A folder that came or went: what lay in it says more.
    var isFolderAlone: Bool { [old, new].compactMap(\.self).map(\.kind) == [.folder] }

    var summary: TurnCheckpoint.Change {
        let kind: FileChangeSummary.Kind = old == nil ? .add : new == nil ? .delete : .update
        return TurnCheckpoint.Change(path: path.shownPath, kind: kind)
    }
}
