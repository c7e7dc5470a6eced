import Basics
import Wire

/// Takes back what a turn did to a repository that other working trees share.
///
/// What was lost comes back; what is the turn's own and was not touched since goes back. What others do there meanwhile
/// stays: a ref that another working tree has checked out and has moved is its own, told from its HEAD's log, and so are
/// the other trees' indexes and notes.
extension RestorePlanner {
    mutating func takeBack(
        shared repository: OuterRepository, _ changes: [TreeChange], from before: ContentDigest,
        to after: ContentDigest
    ) throws(LockgateError) {
        let now = self
        let root = Array(repository.common.utf8)
        let plan = try SharedRepositoryPlan(
            own: Array(repository.own.utf8),
            before: RepositoryView(root, store) { [tree] path throws(LockgateError) in
                try tree.entry(path, in: before)?.alone
            },
            after: RepositoryView(root, store) { [tree] path throws(LockgateError) in
                try tree.entry(path, in: after)?.alone
            },
            now: RepositoryView(root, store) { path throws(LockgateError) in try now.now(path) },
            trees: try workingTrees(root, [before, after, current]), store: store)
        let outcome = try plan.takeBack(changes) { path, one, other throws(LockgateError) in
            try now.isSameIndex(path, in: path.parentAndName.parent, one, other)
        }
        for (path, entry) in outcome.planned { state.updateValue(entry, forKey: path) }
        for (path, reason) in outcome.conflicts { keep(path, reason) }
        left += outcome.left.map { RestorePlan.Conflict(path: $0.path, reason: $0.reason, copy: nil) }
    }

    /// The folders of all working trees, the main one's first.
    private func workingTrees(
        _ root: [UInt8], _ checkpoints: [ContentDigest]
    ) throws(LockgateError) -> [[UInt8]] {
        var found: Set<[UInt8]> = []
        let folder = Array("worktrees".utf8)
        for checkpoint in checkpoints {
            guard let entry = try tree.entry(root.child(folder), in: checkpoint), entry.kind == .folder else {
                continue
            }
            found.formUnion(try tree.listing(entry.digest).map { folder.child($0.name) })
        }
        return [[]] + found.sorted { $0.lexicographicallyPrecedes($1) }
    }
}

/// What becomes of each path that a turn changed in a shared repository.
private struct SharedRepositoryPlan {
    typealias Planned = (path: [UInt8], entry: SnapshotEntry?)
    typealias Note = (path: [UInt8], reason: String)
    typealias IsSameIndex = ([UInt8], SnapshotEntry?, SnapshotEntry?) throws(LockgateError) -> Bool

    struct Outcome {
        var planned: [Planned] = []
        var conflicts: [Note] = []
        var left: [Note] = []
    }

    /// What becomes of the refs.
    private struct Refs {
        var back: [[UInt8]] = []
        var stays: Set<[UInt8]> = []
        var conflicts: [Note] = []
        var left: [Note] = []
    }

    private static let stash = Array("refs/stash".utf8)

    private let own: [UInt8]
    private let before: RepositoryView
    private let after: RepositoryView
    private let now: RepositoryView
    private let trees: [[UInt8]]
    private let store: ObjectStore
    /// The working trees of others that are still there.
    private var living: Set<[UInt8]> = []
    /// Those in which somebody has worked since the turn began.
    private var busy: Set<[UInt8]> = []

    init(
        own: [UInt8], before: RepositoryView, after: RepositoryView, now: RepositoryView, trees: [[UInt8]],
        store: ObjectStore
    ) throws(LockgateError) {
        self.own = own
        self.before = before
        self.after = after
        self.now = now
        self.trees = trees
        self.store = store
        for folder in trees where folder != own {
            if try isThere(folder) { living.insert(folder) }
            let log = folder.child(Array("logs/HEAD".utf8))
            let entry = try now.entry(log)
            let old = try before.entry(log)
            if let entry, entry.size > 0, entry.digest != old?.digest { busy.insert(folder) }
        }
    }

    /// Whether a working tree is there: one that was removed is not to be brought back in part.
    private func isThere(_ folder: [UInt8]) throws(LockgateError) -> Bool {
        guard !folder.isEmpty else { return true }
        let link = try before.loose(folder.child(Array("gitdir".utf8))) ?? []
        return !link.isEmpty && PosixFile.exists(String(decoding: link, as: UTF8.self))
    }

    func takeBack(_ changes: [TreeChange], isSameIndex: IsSameIndex) throws(LockgateError) -> Outcome {
        var outcome = Outcome()
        var refChanges: [(change: TreeChange, path: [UInt8], kind: RepositoryPath)] = []
        var ownChanges: [TreeChange] = []
        for change in changes {
            let path = Array(change.path.dropFirst(now.root.count + 1))
            guard !path.isEmpty else {
                // The folder itself: gone, or with another mode.
                if try now.entry([]) == change.new { outcome.planned.append((change.path, change.old)) }
                continue
            }
            let kind = RepositoryPath(path)
            switch kind {
            case .ref, .packedRefs, .log: refChanges.append((change, path, kind))
            case .tree(own, _): ownChanges.append(change)
            case .tree(let folder, let name):
                if try isLost(change, path, folder, name) { outcome.planned.append((change.path, change.old)) }
            case .object, .nested:
                guard let old = change.old, old.kind != .omitted else { continue }
                let found = try now.entry(path)
                if found == nil || found == change.new, found != old { outcome.planned.append((change.path, old)) }
            case .transient: continue
            case .shared:
                let found = try now.entry(path)
                if found == change.new {
                    outcome.planned.append((change.path, change.old))
                } else if found != change.old, change.old?.kind != .folder, change.new?.kind != .folder {
                    outcome.conflicts.append((change.path, "changed since; left as it is"))
                }
            }
        }
        try takeBack(ownTree: ownChanges, isSameIndex, &outcome)
        try takeBack(refs: refChanges, &outcome)
        return outcome
    }

    // MARK: Working trees

    /// Whether a file of another working tree was lost with the turn. Whatever else became of it is that tree's work.
    private func isLost(
        _ change: TreeChange, _ path: [UInt8], _ folder: [UInt8], _ name: [UInt8]
    ) throws(LockgateError) -> Bool {
        guard let old = change.old, old.kind != .omitted, living.contains(folder) else { return false }
        let found = try now.entry(path)
        guard found == change.new else { return false }
        let isGone = found == nil || (found?.size == 0 && old.kind == .file && old.size > 0)
        if RepositoryPath.isEssential(name) {
            let isHead = name.elementsEqual("HEAD".utf8)
            return isGone || (isHead && !busy.contains(folder))
        }
        // A merge's notes go when it ends, but not together with HEAD.
        guard isGone else { return false }
        return try (after.entry(folder.child(Array("HEAD".utf8)))?.size ?? 0) == 0
    }

    /// Back whole or not at all: half of it would be damage.
    private func takeBack(
        ownTree changes: [TreeChange], _ isSameIndex: IsSameIndex, _ outcome: inout Outcome
    ) throws(LockgateError) {
        var planned: [Planned] = []
        for change in changes {
            let path = Array(change.path.dropFirst(now.root.count + 1))
            let found = try now.entry(path)
            if found == change.old || change.old?.kind == .omitted { continue }
            if found == change.new {
                planned.append((change.path, change.old))
            } else if try isSameIndex(change.path, found, change.new) {
                planned.append((change.path, change.old))
            } else if !GitFolder.isTransient(change.path, in: now.root.child(own)), change.old?.kind != .folder {
                outcome.conflicts.append(
                    (
                        now.root.child(own),
                        "its HEAD, index or notes changed since (\(change.path.shownPath)); left as it is"
                    ))
                return
            }
        }
        outcome.planned += planned
    }

    // MARK: Refs

    private func takeBack(
        refs changes: [(change: TreeChange, path: [UInt8], kind: RepositoryPath)], _ outcome: inout Outcome
    ) throws(LockgateError) {
        let refs = try decide(try names(in: changes.map { ($0.change, $0.kind) }))
        outcome.conflicts += refs.conflicts
        outcome.left += refs.left
        let packedRefs = Array("packed-refs".utf8)
        let isPackedAsBefore = try now.entry(packedRefs) == after.entry(packedRefs)
        let isWhole = refs.stays.isEmpty && isPackedAsBefore
        for (change, path, kind) in changes {
            let found = try now.entry(path)
            guard found == change.new else { continue }
            switch kind {
            case .log(let name) where !refs.stays.contains(name): break
            case .ref(let name) where isWhole || (change.old?.kind == .folder && !refs.stays.contains(name)): break
            case .packedRefs where isWhole: break
            default: continue
            }
            // Empty folders of refs harm nobody, and others may be about to use them.
            if !isWhole, change.new?.kind == .folder, change.old == nil { continue }
            outcome.planned.append((change.path, change.old))
        }
        if !isWhole { try writeBack(refs.back, &outcome) }
    }

    /// The refs that the turn has changed, by what they say and not by where that is written; the stash with its log.
    private func names(
        in changes: [(change: TreeChange, kind: RepositoryPath)]
    ) throws(LockgateError) -> [[UInt8]] {
        var names: Set<[UInt8]> = []
        for (change, kind) in changes {
            switch kind {
            case .ref(let name) where change.old?.kind == .file || change.new?.kind == .file: names.insert(name)
            case .log(Self.stash): names.insert(Self.stash)
            case .packedRefs:
                for name in Set(before.packed.keys).union(after.packed.keys)
                where before.packed[name] != after.packed[name] { names.insert(name) }
            default: continue
            }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// What a ref is as a whole: its value, and of the stash its entries.
    private func state(_ name: [UInt8], _ view: RepositoryView) throws(LockgateError) -> [[UInt8]?] {
        [
            try view.value(of: name),
            name == Self.stash ? try view.content(Array("logs/".utf8) + name) : nil,
        ]
    }

    private func decide(_ names: [[UInt8]]) throws(LockgateError) -> Refs {
        var refs = Refs()
        for name in names {
            let (old, new) = (try state(name, before), try state(name, after))
            let found = try state(name, now)
            if old == new || found == old { continue }
            let path = now.root.child(name)
            if try isOthers(name) {
                // Lost, and nobody's removal of a working tree: it comes back.
                if try now.value(of: name) == nil, try before.value(of: name) != nil, try !isOfRemovedTree(name) {
                    refs.back.append(name)
                } else {
                    refs.stays.insert(name)
                    if !isManaged(name) { refs.left.append((path, "moved in a working tree of its own meanwhile")) }
                }
            } else if found == new {
                refs.back.append(name)
            } else {
                refs.stays.insert(name)
                let was = try before.value(of: name).map { "; it was at \($0.shownPath)" } ?? ""
                refs.conflicts.append((path, "moved since\(was)"))
            }
        }
        return refs
    }

    /// Whether a ref is another working tree's, which has moved it, or one of those that belong to its worktree alone.
    private func isOthers(_ name: [UInt8]) throws(LockgateError) -> Bool {
        if try before.branch(ofTree: own) == name { return false }
        if isManaged(name) { return true }
        for folder in trees where folder != own && busy.contains(folder) {
            for view in [before, after, now] where try view.branch(ofTree: folder) == name { return true }
        }
        return false
    }

    /// Branches of managed worktrees, and what is kept for them.
    private func isManaged(_ name: [UInt8]) -> Bool {
        name.starts(with: "refs/heads/lockgate/".utf8) || name.starts(with: "refs/lockgate/".utf8)
    }

    private func isOfRemovedTree(_ name: [UInt8]) throws(LockgateError) -> Bool {
        guard isManaged(name) else { return false }
        let last = name.parentAndName.name
        for folder in trees where folder == own || living.contains(folder) {
            let branch = try before.branch(ofTree: folder)
            if let branch, branch == name || branch == Array("refs/heads/lockgate/".utf8) + last { return false }
        }
        return true
    }

    /// Writes refs one by one, since their files have others' changes in them as well.
    private func writeBack(_ names: [[UInt8]], _ outcome: inout Outcome) throws(LockgateError) {
        var added: Set<[UInt8]> = []
        for name in names {
            let wanted: SnapshotEntry?
            if let old = try before.value(of: name) {
                let loose = try before.entry(name)
                wanted =
                    if loose?.kind == .file { loose } else if now.packed[name] == old { nil } else {
                        try file(old + [UInt8(ascii: "\n")], mode: 0o644)
                    }
            } else {
                wanted = nil
                added.insert(name)
            }
            if try now.entry(name) != wanted { outcome.planned.append((now.root.child(name), wanted)) }
        }
        let path = Array("packed-refs".utf8)
        if let text = try now.packedRefs(without: added), let found = try now.entry(path) {
            outcome.planned.append((now.root.child(path), try file(text, mode: found.mode)))
        }
    }

    private func file(_ bytes: [UInt8], mode: UInt32) throws(LockgateError) -> SnapshotEntry {
        do throws(SystemError) {
            return SnapshotEntry(
                kind: .file, mode: mode, size: UInt64(bytes.count), digest: try store.add(bytes))
        } catch {
            throw .store(error)
        }
    }
}
