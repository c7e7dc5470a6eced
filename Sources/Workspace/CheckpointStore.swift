import Basics
import Glibc
package import Wire

/// A workspace's checkpoints, and the way back to them.
///
/// A checkpoint is the workspace's whole tree, `.git` included, by content in a store of its own below the product's
/// home. Nothing of the workspace is interpreted and no program runs, git neither: the tree may have been written by an
/// agent, and may not be a repository. Not covered: what `Omission` lists, owners, times, extended attributes, hard
/// links as such, and the repository of a submodule that lies outside of the workspace. That of a linked worktree, or
/// around the workspace, is covered (`OuterRepository`).
///
/// Everything is on disk when a method returns, and one process at a time works on a store. Not for use from several
/// tasks at once.
package final class CheckpointStore {
    let folder: StoreFolder
    let objects: ObjectStore
    private let homePath: String
    private let home: FileStamp?
    /// Whether a repository outside of the workspace is recorded as well.
    private let coversRepository: Bool
    private var repository: (place: OuterRepository, store: RepositoryStore)?
    /// The tree as it was last seen; nil when it has to be read from disk or anew.
    private var seen: FolderNode?
    private var hasLoaded = false
    /// Files read since the cache was last written.
    private var unsaved = 0
    /// The cache is written when it would save reading so many files: it holds all of them, so writing it for each
    /// change would cost more than it saves.
    static let unsavedLimit = 256

    /// The workspace's canonical path.
    package var workspace: String { folder.workspace }

    /// The store's own folder.
    var path: String { folder.path }

    /// Opens a workspace's store, makes it if there is none, and completes a restore that was killed.
    ///
    /// - Parameters:
    ///   - home: LOCKGATE_HOME.
    ///   - workspace: may be gone, when it is to be brought back.
    ///   - coversRepository: false where commands cannot write to a repository outside.
    package init(home: String, workspace: String, coversRepository: Bool = true) throws(LockgateError) {
        let folder = try StoreFolder(home: home, workspace: workspace)
        self.folder = folder
        objects = try folder.locked { () throws(LockgateError) in
            do throws(SystemError) {
                let objects = try ObjectStore(folder.path + "/objects")
                // While nobody expires turns, what is left of that is from a killed process.
                if let lock = try folder.expiryLock() { withExtendedLifetime(lock) { objects.files.removeLeftovers() } }
                return objects
            } catch {
                throw .store(error)
            }
        }
        var status = stat()
        self.home = stat(home, &status) == 0 ? FileStamp(status) : nil
        homePath = home
        self.coversRepository = coversRepository
        // Completes a restore that was killed.
        try locked { () throws(LockgateError) in }
    }

    /// The folder itself or the nearest one above it that has checkpoints; nil for none.
    package static func enclosing(_ directory: String, home: String) -> String? {
        var path = StoreFolder.canonical(directory) ?? directory
        while !StoreFolder.exists(home: home, canonical: path) {
            guard path != "/" else { return nil }
            path = PathText.parent(path)
        }
        return path
    }

    // MARK: Checkpoints

    /// The checkpoint before the first effect of a turn. A turn that never ended, because its process was killed, ends
    /// here: what lies between counts as its work.
    package func begin(_ label: String) throws(LockgateError) -> TurnRecord {
        try locked { () throws(LockgateError) in
            let root = try checkpoint()
            try closeOpenTurns(root)
            let turn = TurnRecord(
                id: folder.lastTurnID() + 1, kind: .turn, began: .now, label: label, before: root)
            try save(turn)
            return turn
        }
    }

    /// The checkpoint after a turn.
    ///
    /// - Throws: `workspace.turn_forgotten` when so many others ran meanwhile that it had to make room.
    package func end(_ turn: TurnRecord) throws(LockgateError) -> TurnRecord {
        try locked { () throws(LockgateError) in
            guard objects.contains(turn.before) else { throw .forgotten("Turn \(turn.id) cannot be recorded: it was") }
            var turn = turn
            let after = try checkpoint()
            turn.after = try isWorkOfOthers(from: turn.before, to: after) ? turn.before : after
            try save(turn)
            return turn
        }
    }

    /// Whether nothing has changed but what other working trees do to the repository that the workspace shares with them.
    private func isWorkOfOthers(from before: ContentDigest, to after: ContentDigest) throws(LockgateError) -> Bool {
        let tree = SnapshotTree(store: objects)
        guard before != after, try tree.top(of: before) == tree.top(of: after) else { return false }
        var planner = planner(tree, current: after, paths: [])
        try planner.takeBack(from: before, to: after)
        return try planner.plan(.undo, turns: [], revoked: []).steps.isEmpty
    }

    private func planner(_ tree: SnapshotTree, current: ContentDigest, paths: [[UInt8]]) -> RestorePlanner {
        RestorePlanner(
            store: objects, tree: tree, current: current, paths: paths, repository: repository?.place)
    }

    /// All turns, oldest first, undos and redos among them.
    package func turns() -> [TurnRecord] { folder.turns() }

    /// Bytes that the checkpoints take on disk.
    package var size: UInt64 { folder.objectsSize }

    /// A turn that is kept.
    ///
    /// - Throws: `workspace.turn_forgotten` or `workspace.nothing`.
    package func turn(_ id: Int) throws(LockgateError) -> TurnRecord {
        let turns = turns()
        if let turn = turns.first(where: { $0.id == id }) { return turn }
        try Self.refuseForgotten(id, turns)
        throw LockgateError("workspace.nothing", "There is no turn \(id)", remedy: "See `lockgate undo --list`.")
    }

    private static func refuseForgotten(_ id: Int, _ turns: [TurnRecord]) throws(LockgateError) {
        if id > 0, let first = turns.first, id < first.id {
            throw .forgotten("Turn \(id) cannot be taken back or shown: it was")
        }
    }

    /// What the newest checkpoint leaves out, with the reason.
    package func omissions() throws(LockgateError) -> [(path: [UInt8], reason: Omission)] {
        try locked { () throws(LockgateError) in
            var found: [(path: [UInt8], reason: Omission)] = []
            try SnapshotTree(store: objects).forEach(in: try checkpoint()) { path, entry in
                if let reason = entry.omission { found.append((path, reason)) }
            }
            return found
        }
    }

    // MARK: Differences

    /// What a turn changed.
    package func changes(of turn: TurnRecord) throws(LockgateError) -> [TreeChange] {
        try locked { () throws(LockgateError) in
            let after: ContentDigest
            if let known = turn.after { after = known } else { after = try checkpoint() }
            return try SnapshotTree(store: objects).changes(from: turn.before, to: after)
        }
    }

    /// A file's content or a link's target in a checkpoint; empty for anything else.
    package func content(_ entry: SnapshotEntry?) throws(LockgateError) -> [UInt8] {
        guard let entry, entry.kind == .file || entry.kind == .link else { return [] }
        return try objects.read(entry.digest)
    }

    // MARK: Undo and redo

    /// What taking back the last `count` turns would change. Nothing is changed yet.
    ///
    /// - Parameter paths: relative to the workspace; with all below. Empty for everything.
    package func planUndo(last count: Int = 1, paths: [[UInt8]] = []) throws(LockgateError) -> RestorePlan {
        try plan(.undo, paths) { turns, history throws(LockgateError) in
            if count > history.effective.count, let first = turns.first, first.id > 1 {
                let left = history.effective.isEmpty ? "No turn" : "Only \(history.effective.count) of the last turns"
                throw .forgotten("\(left) can be taken back; those before turn \(first.id) were")
            }
            guard !history.effective.isEmpty else { throw .nothing("to undo: no turn has changed anything here") }
            return history.effective.suffix(max(0, count)).reversed()
        }
    }

    /// The same back to before a turn.
    package func planUndo(backTo id: Int, paths: [[UInt8]] = []) throws(LockgateError) -> RestorePlan {
        try plan(.undo, paths) { turns, history throws(LockgateError) in
            guard let first = history.effective.firstIndex(of: id) else {
                try Self.refuseForgotten(id, turns)
                throw .nothing("to undo: turn \(id) is not among those in effect (`lockgate undo --list`)")
            }
            return history.effective[first...].reversed()
        }
    }

    /// What taking back the last undo would change.
    package func planRedo() throws(LockgateError) -> RestorePlan {
        try plan(.redo, []) { turns, history throws(LockgateError) in
            guard let last = history.undos.last else { throw .nothing("to redo") }
            return [last]
        }
    }

    /// Carries out a plan and records it as a turn of its own.
    ///
    /// - Returns: what stayed as it was, because it was edited since, also since the plan was made.
    /// - Throws: `workspace.changed` is never thrown: a path that differs from the plan is left and listed.
    package func apply(_ plan: RestorePlan) throws(LockgateError) -> [RestorePlan.Conflict] {
        try carryOut(
            plan,
            label: plan.label ?? "\(plan.kind.rawValue) of \(plan.turns.map(String.init).joined(separator: ", "))",
            stage: nil)
    }

    /// - Parameter stage: whose changes these are, told to it when they are applied.
    func carryOut(
        _ plan: RestorePlan, label: String, stage: StageSettlement?
    ) throws(LockgateError) -> [RestorePlan.Conflict] {
        try locked { () throws(LockgateError) in
            // Merged texts are named by no turn, so they may have been freed since the plan was made.
            let contents = plan.steps.compactMap(\.to).filter { $0.kind == .file || $0.kind == .link }
            let isKept =
                contents.allSatisfy { objects.canRead($0.digest) } && stage.map { objects.contains($0.wanted) } ?? true
            guard isKept else {
                throw .forgotten("Nothing was changed: what this would bring back was")
            }
            let before = try checkpoint()
            let turn = TurnRecord(
                id: folder.lastTurnID() + 1, kind: plan.kind, began: .now, label: label, before: before,
                revoked: plan.revoked)
            let restore = PendingRestore(turn: turn, steps: plan.steps, stage: stage)
            do throws(SystemError) {
                try folder.write("pending", restore.json.bytes)
            } catch {
                throw .store(error)
            }
            return plan.conflicts + (try complete(restore))
        }
    }

    private func plan(
        _ kind: TurnRecord.Kind, _ paths: [[UInt8]],
        _ choose: ([TurnRecord], TurnHistory) throws(LockgateError) -> [Int]
    ) throws(LockgateError) -> RestorePlan {
        try locked { () throws(LockgateError) in
            let current = try checkpoint()
            try closeOpenTurns(current)
            let turns = folder.turns()
            let ids = try choose(turns, TurnHistory(turns))
            var planner = planner(SnapshotTree(store: objects), current: current, paths: paths)
            for id in ids {
                guard let turn = turns.first(where: { $0.id == id }), let after = turn.after else { continue }
                try planner.takeBack(from: turn.before, to: after)
            }
            let plan = try planner.plan(kind, turns: ids, revoked: ids)
            do throws(SystemError) { try objects.flush() } catch { throw .store(error) }
            return plan
        }
    }

    /// Plans changes from elsewhere on the workspace as it is.
    func withCheckpoint<T>(
        _ body: (ContentDigest, ObjectStore, SnapshotTree) throws(LockgateError) -> T
    ) throws(LockgateError) -> T {
        try locked { () throws(LockgateError) in
            let current = try checkpoint()
            try closeOpenTurns(current)
            let value = try body(current, objects, SnapshotTree(store: objects))
            do throws(SystemError) { try objects.flush() } catch { throw .store(error) }
            return value
        }
    }

    private func complete(_ restore: PendingRestore) throws(LockgateError) -> [RestorePlan.Conflict] {
        let problems = try restoreTrees(restore.steps)
        // Killed from here on, all of this is done again with the same result.
        try restore.stage?.settle(keeping: problems.map(\.path), in: objects)
        var turn = restore.turn
        turn.after = try checkpoint()
        try save(turn)
        unlink(folder.path + "/pending")
        return problems
    }

    /// The repository first: its objects are what the workspace's files may be compared with.
    private func restoreTrees(_ steps: [RestorePlan.Step]) throws(LockgateError) -> [RestorePlan.Conflict] {
        var problems: [RestorePlan.Conflict] = []
        let outside = steps.filter(\.path.isAbsolute)
        if let common = repository?.place.common, !outside.isEmpty {
            problems += try TreeRestorer(repository: common, store: objects).run(outside)
        } else {
            problems += outside.map {
                RestorePlan.Conflict(path: $0.path, reason: "the repository is another one now", copy: nil)
            }
        }
        let inside = steps.filter { !$0.path.isAbsolute }
        return problems + (try TreeRestorer(root: folder.workspace, store: objects).run(inside))
    }

    private func completePendingRestore() throws(LockgateError) {
        guard let bytes = folder.read("pending") else { return }
        guard let json = try? JSONValue(parsing: bytes), let restore = PendingRestore(json: json) else {
            throw LockgateError(
                "workspace.pending_damaged", "\(folder.path)/pending is damaged: an undo was interrupted",
                remedy: "Compare the workspace with `lockgate diff`, then remove that file.")
        }
        // Done to the end, but for this file. What came later must not be taken for the restore's.
        if let turn = folder.turns().first(where: { $0.id == restore.turn.id }), turn.after != nil {
            unlink(folder.path + "/pending")
            return
        }
        _ = try complete(restore)
    }

    func closeOpenTurns(_ root: ContentDigest) throws(LockgateError) {
        for var turn in folder.turns() where turn.after == nil {
            turn.after = root
            try save(turn)
        }
    }

    // MARK: Reading the workspace

    func locked<T>(_ body: () throws(LockgateError) -> T) throws(LockgateError) -> T {
        try folder.locked { () throws(LockgateError) in
            let wasReplaced: Bool
            do throws(SystemError) { wasReplaced = try objects.refresh() } catch { throw .store(error) }
            // What was seen is kept where all of it is still stored; the cache on disk always is.
            if wasReplaced, let seen, !seen.isWhole(in: objects) { forgetSeen() }
            guard let shared = try findRepository() else {
                try completePendingRestore()
                return try body()
            }
            return try shared.locked { () throws(LockgateError) in
                try completePendingRestore()
                return try body()
            }
        }
    }

    /// The repository that checkpoints cover besides the workspace. One that was covered stays so until another is found
    /// where it is gone: nothing can be hidden from a checkpoint by what a command writes to `.git`.
    private func findRepository() throws(LockgateError) -> RepositoryStore? {
        guard coversRepository else { return nil }
        let known = repository?.place ?? folder.repository
        var place = known
        if let found = OuterRepository.of(folder.workspace), found != known,
            known == nil || known?.common == found.common || !PosixFile.isDirectory(known?.common ?? "")
        {
            do throws(SystemError) { try folder.write("repository", found.json.bytes) } catch { throw .store(error) }
            place = found
        }
        guard let place else { return nil }
        if let repository, repository.place == place { return repository.store }
        let store = try RepositoryStore(home: homePath, repository: place.common)
        repository = (place, store)
        objects.alternate = store.objects
        return store
    }

    private func forgetSeen() {
        seen = nil
        hasLoaded = false
    }

    private func save(_ turn: TurnRecord) throws(LockgateError) {
        do throws(SystemError) { try folder.write(turn) } catch { throw .store(error) }
    }

    /// Records the workspace as it is and returns its root object.
    func checkpoint() throws(LockgateError) -> ContentDigest {
        if !hasLoaded {
            hasLoaded = true
            seen = folder.read("cache").flatMap(FolderNode.decode)
            // A cache may be newer than objects that a killed process did not get to name.
            if let seen, !seen.isWhole(in: objects) { self.seen = nil }
        }
        let outside: FolderListing.Item? =
            if let repository {
                FolderListing.Item(
                    name: Array(repository.place.common.utf8), entry: try repository.store.checkpoint())
            } else { nil }
        let old = seen
        // A scan that fails half-way leaves the cache half-changed.
        forgetSeen()
        do throws(SystemError) {
            let root: FolderHandle
            do throws(SystemError) {
                root = try FolderHandle.root(folder.workspace)
            } catch {
                guard error.errno == ENOENT else { throw error }
                // The folder itself is gone: a root object without it.
                var bytes: [UInt8] = []
                if let outside { FolderListing.append(outside.entry, name: outside.name, to: &bytes) }
                let digest = try objects.add(bytes)
                try objects.flush()
                return digest
            }
            let status = try root.status()
            var scanner = TreeScanner(store: objects, device: status.st_dev, home: home)
            let node = try scanner.scan(root, old: old)
            let top = SnapshotEntry(
                kind: .folder, mode: UInt32(status.st_mode & 0o7777), size: 0, digest: node.digest)
            var bytes: [UInt8] = []
            FolderListing.append(top, name: [UInt8(ascii: ".")], to: &bytes)
            if let outside { FolderListing.append(outside.entry, name: outside.name, to: &bytes) }
            let digest = try objects.add(bytes)
            try objects.flush()
            unsaved += scanner.filesRead
            if old == nil || scanner.hasNewFolders || unsaved >= Self.unsavedLimit {
                try folder.write("cache", node.encoded())
                unsaved = 0
            }
            (seen, hasLoaded) = (node, true)
            return digest
        } catch {
            throw .workspace(error)
        }
    }
}

extension LockgateError {
    fileprivate static func forgotten(_ text: String) -> LockgateError {
        LockgateError(
            "workspace.turn_forgotten", "\(text) forgotten to free space",
            remedy: "`lockgate undo --list` shows what is kept; checkpoints.days and max_bytes say how long.")
    }
}

/// A restore that has begun; on disk until it is complete.
struct PendingRestore {
    let turn: TurnRecord
    let steps: [RestorePlan.Step]
    /// Of an apply.
    let stage: StageSettlement?

    init(turn: TurnRecord, steps: [RestorePlan.Step], stage: StageSettlement? = nil) {
        self.turn = turn
        self.steps = steps
        self.stage = stage
    }

    var json: JSONValue {
        var object: JSONObject = ["turn": turn.json, "steps": .array(steps.map(\.json))]
        if let stage { object["stage"] = stage.json }
        return .object(object)
    }

    init?(json: JSONValue) {
        guard let turn = json["turn"].flatMap(TurnRecord.init(json:)), let values = json["steps"]?.array else {
            return nil
        }
        let steps = values.compactMap(RestorePlan.Step.init(json:))
        guard steps.count == values.count else { return nil }
        let stage = json["stage"].flatMap(StageSettlement.init(json:))
        guard stage != nil || json["stage"] == nil else { return nil }
        self.init(turn: turn, steps: steps, stage: stage)
    }
}

extension LockgateError {
    static func nothing(_ text: String) -> LockgateError {
        LockgateError("workspace.nothing", "There is nothing \(text)")
    }
}
