import Basics
import Glibc
import Wire

/// What checkpoints keep of a repository that several workspaces share: one store for all of them, since its objects
/// are most of it. The roots of the workspaces' own checkpoints name what lies here.
///
/// Its lock is taken after a workspace's, never before.
final class RepositoryStore {
    let repository: String
    let objects: ObjectStore
    private let folder: StoreFolder
    private let home: FileStamp?
    private var seen: FolderNode?
    private var hasLoaded = false
    /// Files read since the cache was last written; see `CheckpointStore`.
    private var unsaved = 0

    /// The first checkpoint of a large repository takes long, and whoever else works in a worktree waits for it.
    private static let patience = Duration.seconds(600)

    /// - Parameters:
    ///   - home: LOCKGATE_HOME.
    ///   - repository: the common folder, canonical; may be gone.
    init(home: String, repository: String) throws(LockgateError) {
        self.repository = repository
        let folder = try StoreFolder(home: home, workspace: repository, isRepository: true)
        self.folder = folder
        objects = try folder.locked(patience: Self.patience) { () throws(LockgateError) in
            do throws(SystemError) { return try ObjectStore(folder.path + "/objects") } catch { throw .store(error) }
        }
        var status = stat()
        self.home = stat(home, &status) == 0 ? FileStamp(status) : nil
    }

    func locked<T>(_ body: () throws(LockgateError) -> T) throws(LockgateError) -> T {
        try folder.locked(patience: Self.patience) { () throws(LockgateError) in
            let wasReplaced: Bool
            do throws(SystemError) { wasReplaced = try objects.refresh() } catch { throw .store(error) }
            if wasReplaced, let seen, !seen.isWhole(in: objects) { (self.seen, hasLoaded) = (nil, false) }
            return try body()
        }
    }

    /// Records the repository as it is, for a workspace's root object: a folder of mode 0 where it is gone.
    func checkpoint() throws(LockgateError) -> SnapshotEntry {
        if !hasLoaded {
            seen = folder.read("cache").flatMap(FolderNode.decode)
            if let seen, !seen.isWhole(in: objects) { self.seen = nil }
        }
        let old = seen
        // A scan that fails half-way leaves the cache half-changed.
        (seen, hasLoaded) = (nil, false)
        do throws(SystemError) {
            let root: FolderHandle
            do throws(SystemError) {
                root = try FolderHandle.root(repository)
            } catch {
                guard [ENOENT, ENOTDIR].contains(error.errno) else { throw error }
                let digest = try objects.add([])
                try objects.flush()
                return SnapshotEntry(kind: .folder, mode: 0, size: 0, digest: digest)
            }
            let status = try root.status()
            var scanner = TreeScanner(store: objects, device: status.st_dev, home: home, isInRepository: true)
            let node = try scanner.scan(root, old: old)
            try objects.flush()
            unsaved += scanner.filesRead
            if old == nil || scanner.hasNewFolders || unsaved >= CheckpointStore.unsavedLimit {
                try folder.write("cache", node.encoded())
                unsaved = 0
            }
            (seen, hasLoaded) = (node, true)
            return SnapshotEntry(
                kind: .folder, mode: UInt32(status.st_mode & 0o7777), size: 0, digest: node.digest)
        } catch {
            throw .workspace(error)
        }
    }
}
