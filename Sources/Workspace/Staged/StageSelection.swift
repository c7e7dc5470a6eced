import Basics
import Wire

/// Which of a stage's changes are meant.
package struct StageSelection: Hashable, Sendable {
    /// With all below; empty for everything.
    package var paths: [[UInt8]]
    /// Parts of files, by the numbers of their hunks from 1. A file that is named here is not taken whole.
    package var hunks: [[UInt8]: Set<Int>]

    package init(paths: [[UInt8]] = [], hunks: [[UInt8]: Set<Int>] = [:]) {
        self.paths = paths
        self.hunks = hunks
    }

    var isEverything: Bool { paths.isEmpty && hunks.isEmpty }
}

/// Puts two trees together: the second one's entries where they are chosen, else the first one's.
struct TreeChoice {
    /// What to take at a path at which the trees differ.
    enum Choice {
        case old
        case new
        case other(SnapshotEntry?)
    }

    private let store: ObjectStore
    private let tree: SnapshotTree
    private let choose: ([UInt8], SnapshotEntry?, SnapshotEntry?) throws(LockgateError) -> Choice

    init(
        _ store: ObjectStore, _ tree: SnapshotTree,
        choose: @escaping ([UInt8], SnapshotEntry?, SnapshotEntry?) throws(LockgateError) -> Choice
    ) {
        self.store = store
        self.tree = tree
        self.choose = choose
    }

    /// - Returns: the new tree's root object, stored.
    func combine(_ old: ContentDigest, _ new: ContentDigest) throws(LockgateError) -> ContentDigest {
        guard old != new else { return old }
        let top = try combine([], try tree.top(of: old), try tree.top(of: new))
        var bytes: [UInt8] = []
        if let top { FolderListing.append(top, name: [UInt8(ascii: ".")], to: &bytes) }
        return try add(bytes)
    }

    private func combine(
        _ path: [UInt8], _ old: SnapshotEntry?, _ new: SnapshotEntry?
    ) throws(LockgateError) -> SnapshotEntry? {
        guard old != new else { return old }
        guard old?.kind == .folder || new?.kind == .folder else {
            return switch try choose(path, old, new) {
            case .old: old
            case .new: new
            case .other(let entry): entry
            }
        }
        let isChosen: Bool
        // A folder that is the same but for what it holds is not a change of its own.
        if old?.alone == new?.alone {
            isChosen = true
        } else {
            if case .new = try choose(path, old?.alone, new?.alone) { isChosen = true } else { isChosen = false }
        }
        let items = try children(path, old, new)
        func folder(_ mode: UInt32) throws(LockgateError) -> SnapshotEntry {
            var bytes: [UInt8] = []
            for item in items { FolderListing.append(item.entry, name: item.name, to: &bytes) }
            return SnapshotEntry(kind: .folder, mode: mode, size: 0, digest: try add(bytes))
        }
        switch (old, new) {
        case (let old?, let new?) where old.kind == .folder && new.kind == .folder:
            return try folder(isChosen ? new.mode : old.mode)
        case (let old?, _) where old.kind == .folder:
            // It goes, or something else comes in its place, once nothing is left in it.
            return isChosen && items.isEmpty ? new : try folder(old.mode)
        case (let old, let new?):
            // Made new: also for a single file in it, but not in another thing's place for that.
            if !isChosen, items.isEmpty || old != nil { return old }
            return try folder(new.mode)
        case (let old, nil): return old
        }
    }

    private func children(
        _ path: [UInt8], _ old: SnapshotEntry?, _ new: SnapshotEntry?
    ) throws(LockgateError) -> [FolderListing.Item] {
        func items(_ entry: SnapshotEntry?) throws(LockgateError) -> [[UInt8]: SnapshotEntry] {
            guard let entry, entry.kind == .folder else { return [:] }
            return Dictionary(try tree.listing(entry.digest).map { ($0.name, $0.entry) }) { first, _ in first }
        }
        let (before, after) = (try items(old), try items(new))
        var combined: [FolderListing.Item] = []
        for name in Set(before.keys).union(after.keys).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            if let entry = try combine(path.child(name), before[name], after[name]) {
                combined.append(FolderListing.Item(name: name, entry: entry))
            }
        }
        return combined
    }

    private func add(_ bytes: [UInt8]) throws(LockgateError) -> ContentDigest {
        do throws(SystemError) { return try store.add(bytes) } catch { throw .store(error) }
    }
}
