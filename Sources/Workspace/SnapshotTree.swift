import Wire

/// A difference between two checkpoints at one path. The root's own path is empty.
package struct TreeChange: Hashable, Sendable {
    package let path: [UInt8]
    /// Nil where there was, or is, nothing.
    package let old: SnapshotEntry?
    package let new: SnapshotEntry?
}

/// Checkpoints as trees of listings, read from the store.
///
/// A checkpoint's root object is a listing with the single name `.`: the workspace's folder with its mode; empty where
/// the folder itself was gone.
final class SnapshotTree {
    private let store: ObjectStore
    private var listings: [ContentDigest: [FolderListing.Item]] = [:]
    /// Listings kept in memory at most.
    private static let cacheLimit = 4096

    init(store: ObjectStore) { self.store = store }

    func listing(_ digest: ContentDigest) throws(LockgateError) -> [FolderListing.Item] {
        if let known = listings[digest] { return known }
        guard let items = FolderListing.decode(try store.read(digest)) else {
            throw LockgateError(
                "workspace.object_damaged", "The checkpoint store holds a damaged folder \(digest.text)")
        }
        if listings.count >= Self.cacheLimit { listings = [:] }
        listings[digest] = items
        return items
    }

    /// What stood at a path; nil for nothing.
    func entry(_ path: [UInt8], in root: ContentDigest) throws(LockgateError) -> SnapshotEntry? {
        guard var entry = try listing(root).first?.entry else { return nil }
        for name in path.split(separator: UInt8(ascii: "/")) {
            guard entry.kind == .folder else { return nil }
            guard let item = try listing(entry.digest).first(where: { $0.name.elementsEqual(name) }) else { return nil }
            entry = item.entry
        }
        return entry
    }

    /// Everything that differs, folders before what they hold.
    func changes(from old: ContentDigest, to new: ContentDigest) throws(LockgateError) -> [TreeChange] {
        guard old != new else { return [] }
        var changes: [TreeChange] = []
        try compare([], try listing(old).first?.entry, try listing(new).first?.entry, &changes)
        return changes
    }

    /// Calls for everything in a tree, folders before what they hold.
    func forEach(
        in root: ContentDigest, _ body: ([UInt8], SnapshotEntry) -> Void
    ) throws(LockgateError) {
        guard let top = try listing(root).first?.entry else { return }
        try visit([], top, body)
    }

    private func visit(
        _ path: [UInt8], _ entry: SnapshotEntry, _ body: ([UInt8], SnapshotEntry) -> Void
    ) throws(LockgateError) {
        body(path, entry)
        guard entry.kind == .folder else { return }
        for item in try listing(entry.digest) { try visit(path.child(item.name), item.entry, body) }
    }

    private func children(of entry: SnapshotEntry?) throws(LockgateError) -> [FolderListing.Item] {
        guard let entry, entry.kind == .folder else { return [] }
        return try listing(entry.digest)
    }

    private func compare(
        _ path: [UInt8], _ old: SnapshotEntry?, _ new: SnapshotEntry?, _ changes: inout [TreeChange]
    ) throws(LockgateError) {
        guard old != new else { return }
        if old?.alone != new?.alone { changes.append(TreeChange(path: path, old: old?.alone, new: new?.alone)) }
        var (left, right) = (try children(of: old)[...], try children(of: new)[...])
        while left.first != nil || right.first != nil {
            let takesLeft =
                right.first.map { next in
                    left.first.map { !next.name.lexicographicallyPrecedes($0.name) } ?? false
                } ?? true
            let takesRight =
                left.first.map { next in
                    right.first.map { !next.name.lexicographicallyPrecedes($0.name) } ?? false
                } ?? true
            let oldItem = takesLeft ? left.popFirst() : nil
            let newItem = takesRight ? right.popFirst() : nil
            guard let name = oldItem?.name ?? newItem?.name else { return }
            try compare(path.child(name), oldItem?.entry, newItem?.entry, &changes)
        }
    }
}
