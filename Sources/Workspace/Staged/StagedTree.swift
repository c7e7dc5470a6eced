import Basics
import Glibc
import Wire

/// Reads a stage that is a copy of its workspace. What was read is remembered beside it, so that the next time only what
/// changed is read again.
struct StagedTree {
    private let store: ObjectStore
    private let tree: SnapshotTree

    init(store: ObjectStore, tree: SnapshotTree) {
        self.store = store
        self.tree = tree
    }

    func scan(_ stage: StageFolder, base: ContentDigest) throws(LockgateError) -> ContentDigest {
        let cache = stage.path + "/cache"
        var known = (try? PosixFile.read(cache, limit: 1 << 30)).flatMap(FolderNode.decode)
        if let node = known, !node.isWhole(in: store) { known = nil }
        // What was covered in the workspace is covered in its copy.
        let old = if let known { known } else { try unread(base) }
        do throws(SystemError) {
            let root = try FolderHandle.root(stage.tree)
            let status = try root.status()
            var scanner = TreeScanner(store: store, device: status.st_dev, home: nil)
            let node = try scanner.scan(root, old: old)
            try PosixFile.replace(cache, with: node.encoded())
            let top = SnapshotEntry(kind: .folder, mode: UInt32(status.st_mode & 0o7777), size: 0, digest: node.digest)
            var bytes: [UInt8] = []
            FolderListing.append(top, name: [UInt8(ascii: ".")], to: &bytes)
            return try store.add(bytes)
        } catch {
            throw .stage(error)
        }
    }

    /// A tree of which nothing but the names is known to be as it was.
    private func unread(_ root: ContentDigest) throws(LockgateError) -> FolderNode? {
        guard let top = try tree.top(of: root), top.kind == .folder else { return nil }
        return try node(top.digest)
    }

    private func node(_ digest: ContentDigest) throws(LockgateError) -> FolderNode {
        var items: [FolderNode.Item] = []
        for item in try tree.listing(digest) {
            let node = item.entry.kind == .folder ? try node(item.entry.digest) : nil
            items.append(FolderNode.Item(name: item.name.cString, entry: item.entry, stamp: .unknown, node: node))
        }
        return FolderNode(stamp: .unknown, digest: digest, items: items)
    }
}
