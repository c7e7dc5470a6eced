import Basics
import Glibc
import Wire

/// Forgets a workspace's old turns and frees what only they needed.
///
/// Objects are copied while other processes go on with the store; its lock is held to choose and to swap. Killed at any
/// point it leaves the old store or the new one, and turns that are there have all they need.
struct CheckpointExpiry {
    /// What one run has done.
    struct Outcome: Hashable {
        /// Through which turn; 0 for none.
        var forgotten = 0
        var freed: UInt64 = 0
    }

    private let folder: StoreFolder
    private let retention: CheckpointRetention
    private let now: WallTime
    private let reached: (ObjectRewriter.Step) throws(SystemError) -> Void

    /// - Parameter reached: after each step; what it throws ends the run.
    init(
        _ folder: StoreFolder, retention: CheckpointRetention, now: WallTime = .now,
        reached: @escaping (ObjectRewriter.Step) throws(SystemError) -> Void = { _ in }
    ) {
        self.folder = folder
        self.retention = retention
        self.now = now
        self.reached = reached
    }

    /// Whether there may be something to do. Reads a few small files and takes no lock.
    var isDue: Bool {
        let last = folder.read("expiry").flatMap { try? JSONValue(parsing: $0) }.flatMap(ExpiryRecord.init(json:))
        return retention.isDue(last, now: now, size: folder.objectsSize, oldest: folder.oldestTurn?.began)
    }

    /// - Returns: nil while another process is at it.
    /// - Throws: what kept it from its end, such as a full disk. The store is then as it was, maybe without turns that
    ///   were to be forgotten.
    func run() throws(LockgateError) -> Outcome? {
        let lock: FileLock?
        do throws(SystemError) { lock = try folder.expiryLock() } catch { throw .store(error) }
        guard let lock else { return nil }
        defer { withExtendedLifetime(lock) {} }
        do throws(LockgateError) {
            let outcome = try expire()
            note(hasFailed: false)
            return outcome
        } catch {
            // What was written takes space that may be what is missing.
            try? folder.locked { () throws(LockgateError) in try Self.removeLeftovers(folder) }
            note(hasFailed: true)
            throw error
        }
    }

    private func note(hasFailed: Bool) {
        let record = ExpiryRecord(checked: now, size: folder.objectsSize, hasFailed: hasFailed)
        // Without it the store is looked at again at the next turn.
        try? folder.write("expiry", record.json.bytes)
    }

    /// The caller holds both locks.
    static func removeLeftovers(_ folder: StoreFolder) throws(LockgateError) {
        do throws(SystemError) {
            try ObjectFiles(folder.path + "/objects").removeLeftovers()
        } catch {
            throw .store(error)
        }
    }

    /// Leaves what a killed process would leave when it throws. The caller holds the expiry lock.
    func expire() throws(LockgateError) -> Outcome {
        let objects = try folder.locked { () throws(LockgateError) in
            try Self.removeLeftovers(folder)
            do throws(SystemError) {
                return try ObjectStore(folder.path + "/objects")
            } catch {
                throw .store(error)
            }
        }
        let size = objects.size
        var live = LiveObjects(store: objects)
        let turns = try folder.locked { () throws(LockgateError) in
            try refresh(objects)
            return try folder.allTurns()
        }
        // Stages that wait are kept whatever it takes, so they count before any turn.
        for base in try folder.stageBases() { try live.mark(base) }
        let last = try retention.lastForgotten(of: turns, now: now, size: size, live: &live)
        if let cached = try folder.cachedListing() { try live.mark(cached) }
        guard retention.isWorthRewriting(size: size, live: live.bytes) else {
            if last > 0 { try folder.locked { () throws(LockgateError) in try forget(last) } }
            return Outcome(forgotten: last)
        }
        var rewriter = try Self.storing { () throws(SystemError) in try ObjectRewriter(objects, reached: reached) }
        defer { rewriter.close() }
        try Self.storing { () throws(SystemError) in try rewriter.copy(live.digests) }
        // What others have added meanwhile is copied before the lock is held for the rest.
        try folder.locked { () throws(LockgateError) in try mark(after: last, objects, &live) }
        try Self.storing { () throws(SystemError) in
            try rewriter.copy(live.digests)
            try rewriter.sync()
        }
        try folder.locked { () throws(LockgateError) in
            try mark(after: last, objects, &live)
            try Self.storing { () throws(SystemError) in
                try rewriter.copy(live.digests)
                try rewriter.sync()
            }
            // First the records: none may name what is not there.
            try forget(last)
            try Self.storing { () throws(SystemError) in try rewriter.commit() }
        }
        let left = folder.objectsSize
        return Outcome(forgotten: last, freed: size - min(size, left))
    }

    private func mark(
        after last: Int, _ objects: ObjectStore, _ live: inout LiveObjects
    ) throws(LockgateError) {
        try refresh(objects)
        for turn in try folder.allTurns() where turn.id > last {
            try live.mark(turn.before)
            if let after = turn.after { try live.mark(after) }
        }
        for base in try folder.stageBases() { try live.mark(base) }
        if let cached = try folder.cachedListing() { try live.mark(cached) }
    }

    private func forget(_ last: Int) throws(LockgateError) {
        try Self.storing { () throws(SystemError) in try folder.forget(through: last) }
    }

    /// Under the lock, and no restore that was killed may still need something.
    private func refresh(_ objects: ObjectStore) throws(LockgateError) {
        guard !folder.hasPending else {
            throw LockgateError("workspace.restore_pending", "An undo of \(folder.workspace) was interrupted")
        }
        let wasReplaced = try Self.storing { () throws(SystemError) in try objects.refresh() }
        guard !wasReplaced else {
            throw LockgateError("workspace.store_replaced", "The checkpoint store \(folder.path) was removed")
        }
    }

    private static func storing<T: ~Copyable>(_ body: () throws(SystemError) -> T) throws(LockgateError) -> T {
        do throws(SystemError) { return try body() } catch { throw .store(error) }
    }
}

extension StoreFolder {
    var hasPending: Bool { PosixFile.exists(path + "/pending") }

    /// Bytes that the objects take, leftovers included.
    var objectsSize: UInt64 {
        PosixFile.list(path + "/objects").reduce(0) { sum, name in
            var status = stat()
            return stat("\(path)/objects/\(name)", &status) == 0 ? sum + UInt64(status.st_size) : sum
        }
    }

    /// Like `turns`, but what cannot be read is an error: its objects must not be taken for garbage.
    func allTurns() throws(LockgateError) -> [TurnRecord] {
        var turns: [TurnRecord] = []
        for name in PosixFile.list(path + "/turns") where name.hasSuffix(".json") {
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try PosixFile.read("\(path)/turns/\(name)", limit: 1 << 30)
            } catch {
                throw .store(error)
            }
            // A loss of power may have left an empty file. Anything else may be a newer version's.
            guard let json = try? JSONValue(parsing: bytes) else { continue }
            guard let turn = TurnRecord(json: json) else {
                throw LockgateError("workspace.turn_unknown", "\(path)/turns/\(name) is no record of a turn")
            }
            turns.append(turn)
        }
        return turns
    }

    /// What the workspace's stages began with.
    func stageBases() throws(LockgateError) -> [ContentDigest] {
        try StageFolder.bases(home: PathText.parent(PathText.parent(path)), workspace: workspace)
    }

    /// The listing of the tree in `cache`; nil for none.
    func cachedListing() throws(LockgateError) -> ContentDigest? {
        guard PosixFile.exists(path + "/cache") else { return nil }
        guard let head = PosixFile.head(path + "/cache", limit: FolderNode.headSize) else {
            throw .store(SystemError("read", path + "/cache", errno: EIO))
        }
        return FolderNode.listing(inHead: head)
    }
}
