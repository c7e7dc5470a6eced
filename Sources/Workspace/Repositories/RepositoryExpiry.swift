import Basics
import Wire

/// Frees what only forgotten turns needed of a repository's shared store.
///
/// It forgets no turn itself: what the turns that are left in any workspace name is kept. While one of those workspaces is
/// at work on its own store nothing is done; the next session tries again.
struct RepositoryExpiry {
    private let home: String
    private let folder: StoreFolder
    private let retention: CheckpointRetention
    private let now: WallTime
    private let reached: (ObjectRewriter.Step) throws(SystemError) -> Void

    /// Nil for a workspace whose checkpoints cover no repository outside.
    init?(
        home: String, of workspace: StoreFolder, retention: CheckpointRetention, now: WallTime = .now,
        reached: @escaping (ObjectRewriter.Step) throws(SystemError) -> Void = { _ in }
    ) {
        guard let repository = workspace.repository,
            let folder = try? StoreFolder(home: home, workspace: repository.common, isRepository: true)
        else { return nil }
        (self.home, self.folder, self.retention, self.now, self.reached) = (home, folder, retention, now, reached)
    }

    /// Once a day is enough, since it walks all trees; more often while the store grows beyond its bound.
    var isDue: Bool {
        let last = folder.read("expiry").flatMap { try? JSONValue(parsing: $0) }.flatMap(ExpiryRecord.init(json:))
        guard let last else { return folder.objectsSize > 0 }
        let pause = now.milliseconds - last.checked.milliseconds
        return pause < 0 || pause > 86_400_000
            || retention.isDue(last, now: now, size: folder.objectsSize, oldest: nil)
    }

    /// - Returns: the bytes that were freed; nil while another process is at it.
    func run() throws(LockgateError) -> UInt64? {
        let lock: FileLock?
        do throws(SystemError) { lock = try folder.expiryLock() } catch { throw .store(error) }
        guard let lock else { return nil }
        defer { withExtendedLifetime(lock) {} }
        do throws(LockgateError) {
            let freed = try expire()
            if freed != nil { note(hasFailed: false) }
            return freed
        } catch {
            try? folder.locked { () throws(LockgateError) in try CheckpointExpiry.removeLeftovers(folder) }
            note(hasFailed: true)
            throw error
        }
    }

    private func note(hasFailed: Bool) {
        try? folder.write(
            "expiry", ExpiryRecord(checked: now, size: folder.objectsSize, hasFailed: hasFailed).json.bytes)
    }

    private func expire() throws(LockgateError) -> UInt64? {
        let (objects, first) = try folder.locked { () throws(LockgateError) in
            try CheckpointExpiry.removeLeftovers(folder)
            return (
                try Self.storing { () throws(SystemError) in try ObjectStore(folder.path + "/objects") }, try roots()
            )
        }
        guard let first else { return nil }
        let size = objects.size
        var live = LiveObjects(store: objects)
        for root in first { try live.mark(root) }
        guard retention.isWorthRewriting(size: size, live: live.bytes) else { return 0 }
        var rewriter = try Self.storing { () throws(SystemError) in try ObjectRewriter(objects, reached: reached) }
        defer { rewriter.close() }
        try Self.storing { () throws(SystemError) in try rewriter.copy(live.digests) }
        let isDone = try folder.locked { () throws(LockgateError) in
            let wasReplaced = try Self.storing { () throws(SystemError) in try objects.refresh() }
            // Whoever adds something holds this lock until a record names it.
            guard !wasReplaced, let last = try roots() else { return false }
            for root in last { try live.mark(root) }
            try Self.storing { () throws(SystemError) in
                try rewriter.copy(live.digests)
                try rewriter.sync()
                try rewriter.commit()
            }
            return true
        }
        guard isDone else {
            try folder.locked { () throws(LockgateError) in try CheckpointExpiry.removeLeftovers(folder) }
            return nil
        }
        let left = folder.objectsSize
        return size - min(size, left)
    }

    /// What all workspaces' turns name here; nil while one of those workspaces is in use. The caller holds the
    /// repository's lock; theirs are taken before it elsewhere, so nobody waits for them here. What only the cache names is
    /// read again.
    private func roots() throws(LockgateError) -> Set<ContentDigest>? {
        var found: Set<ContentDigest> = []
        let base = "\(home)/workspaces"
        for name in PosixFile.list(base) where !name.hasPrefix(".") {
            let path = "\(base)/\(name)"
            guard let user = StoreFolder(existing: path), user.repository?.common == folder.workspace else { continue }
            let lock = try Self.storing { () throws(SystemError) in try FileLock(path + "/lock") }
            guard let lock, !user.hasPending else { return nil }
            let objects = try Self.storing { () throws(SystemError) in try ObjectStore(path + "/objects") }
            let tree = SnapshotTree(store: objects)
            for turn in try user.allTurns() {
                for root in [turn.before, turn.after].compactMap(\.self) where objects.contains(root) {
                    found.formUnion(try tree.repositories(in: root).map(\.entry.digest))
                }
            }
            withExtendedLifetime(lock) {}
        }
        return found
    }

    private static func storing<T: ~Copyable>(_ body: () throws(SystemError) -> T) throws(LockgateError) -> T {
        do throws(SystemError) { return try body() } catch { throw .store(error) }
    }
}

extension StoreFolder {
    /// The repository outside of the workspace that its checkpoints cover; nil for none.
    var repository: OuterRepository? {
        read("repository").flatMap { try? JSONValue(parsing: $0) }.flatMap(OuterRepository.init(json:))
    }
}
