import Wire

/// A difference between two checkpoints at one path. The root's own path is empty.
package struct TreeChange: Hashable, Sendable {
    package let path: [UInt8]
    /// Nil where there was, or is, nothing.
    package let old: SnapshotEntry?
    package let new: SnapshotEntry?
    /// The repository outside of the workspace that the path is in, both absolute; nil for the workspace's own paths.
    package let repository: [UInt8]?

    package init(path: [UInt8], old: SnapshotEntry?, new: SnapshotEntry?, repository: [UInt8]? = nil) {
        self.path = path
        self.old = old
        self.new = new
        self.repository = repository
    }
}

/// Checkpoints as trees of listings, read from the store.
///
/// A checkpoint's root object is a listing with the name `.`: the workspace's folder with its mode; without it where the
/// folder itself was gone. A repository outside of the workspace follows under its absolute path.
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

    /// The workspace's folder; nil where it was gone.
    func top(of root: ContentDigest) throws(LockgateError) -> SnapshotEntry? {
        try listing(root).first { $0.name == [UInt8(ascii: ".")] }?.entry
    }

    /// The repositories outside of the workspace.
    func repositories(in root: ContentDigest) throws(LockgateError) -> [FolderListing.Item] {
        try listing(root).filter { $0.name.isAbsolute }
    }

    /// What stood at a path, absolute for one in a repository outside; nil for nothing.
    func entry(_ path: [UInt8], in root: ContentDigest) throws(LockgateError) -> SnapshotEntry? {
        if path.isAbsolute {
            guard let item = try repositories(in: root).first(where: { path.isWithin($0.name) }) else { return nil }
            return try entry(path[item.name.count...], below: item.entry)
        }
        guard let top = try top(of: root) else { return nil }
        return try entry(path[...], below: top)
    }

    private func entry(
        _ path: ArraySlice<UInt8>, below top: SnapshotEntry
    ) throws(LockgateError) -> SnapshotEntry? {
        var entry = top
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
        try compare([], try top(of: old), try top(of: new), nil, &changes)
        // What one side did not cover has not come or gone.
        let known = try repositories(in: new)
        for item in try repositories(in: old) {
            guard let other = known.first(where: { $0.name == item.name }) else { continue }
            try compare(item.name, item.entry, other.entry, item.name, &changes)
        }
        return changes
    }

    /// Calls for everything in a tree, folders before what they hold.
    func forEach(
        in root: ContentDigest, _ body: ([UInt8], SnapshotEntry) -> Void
    ) throws(LockgateError) {
        if let top = try top(of: root) { try visit([], top, body) }
        for item in try repositories(in: root) { try visit(item.name, item.entry, body) }
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
        _ path: [UInt8], _ old: SnapshotEntry?, _ new: SnapshotEntry?, _ repository: [UInt8]?,
        _ changes: inout [TreeChange]
    ) throws(LockgateError) {
        guard old != new else { return }
        if old?.alone != new?.alone {
            changes.append(TreeChange(path: path, old: old?.alone, new: new?.alone, repository: repository))
        }
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
            try compare(path.child(name), oldItem?.entry, newItem?.entry, repository, &changes)
        }
    }
}
