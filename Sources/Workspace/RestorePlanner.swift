import Basics
import Wire

/// Takes turns back one by one, newest first, on what the workspace holds now.
///
/// At each path a turn's end is the base, the workspace now is the user's side and the turn's beginning the other: what
/// the turn did not change stays, what nobody has changed since goes back, texts that both changed are merged, and of
/// everything else the user's version stays and the earlier one is put beside it.
struct RestorePlanner {
    let store: ObjectStore
    let tree: SnapshotTree
    let current: ContentDigest
    /// Empty for all.
    private let paths: [[UInt8]]
    /// Of the names that the other side's contents get beside a later edit.
    private let suffix: String
    /// Paths that the plan changes; nil as a value for a deletion.
    var state: [[UInt8]: SnapshotEntry?] = [:]
    /// Outside of the workspace.
    private let repository: OuterRepository?
    var left: [RestorePlan.Conflict] = []
    private var merged: Set<[UInt8]> = []
    private var conflicts: [RestorePlan.Conflict] = []
    private var lost: [[UInt8]] = []

    init(
        store: ObjectStore, tree: SnapshotTree, current: ContentDigest, paths: [[UInt8]],
        suffix: String = ".lockgate-undo", repository: OuterRepository? = nil
    ) {
        self.repository = repository
        self.suffix = suffix
        self.store = store
        self.tree = tree
        self.current = current
        self.paths = paths
    }

    mutating func takeBack(from before: ContentDigest, to after: ContentDigest) throws(LockgateError) {
        var groups: [[UInt8]: [TreeChange]] = [:]
        var outside: [TreeChange] = []
        for change in try tree.changes(from: before, to: after) {
            guard paths.isEmpty || paths.contains(where: { Self.concerns(change, $0) }) else { continue }
            if change.repository != nil {
                outside.append(change)
            } else if let folder = GitFolder.containing(change) {
                groups[folder, default: []].append(change)
            } else {
                try takeBack(change)
            }
        }
        for (folder, changes) in groups { try takeBack(gitFolder: folder, changes) }
        guard let path = outside.first?.repository else { return }
        if let repository, repository.common.utf8.elementsEqual(path) {
            try takeBack(shared: repository, outside, from: before, to: after)
        } else {
            keep(path, "the workspace belongs to another repository now")
        }
    }

    func plan(_ kind: TurnRecord.Kind, turns: [Int], revoked: [Int]) throws(LockgateError) -> RestorePlan {
        var steps: [RestorePlan.Step] = []
        for (path, to) in state {
            let from = try tree.entry(path, in: current)?.alone
            guard from != to else { continue }
            steps.append(RestorePlan.Step(path: path, from: from, to: to, isMerged: merged.contains(path)))
        }
        steps.sort { $0.path.lexicographicallyPrecedes($1.path) }
        return RestorePlan(
            kind: kind, turns: turns, revoked: paths.isEmpty ? revoked : [], current: current, steps: steps,
            conflicts: conflicts.sorted { $0.path.lexicographicallyPrecedes($1.path) },
            lost: lost.sorted { $0.lexicographicallyPrecedes($1) }, left: left)
    }

    /// Whether a change is at or below a path, or brings back a folder on the way to it.
    private static func concerns(_ change: TreeChange, _ path: [UInt8]) -> Bool {
        change.path.isWithin(path)
            || (path.isWithin(change.path) && change.new == nil && change.old?.kind == .folder)
    }

    func now(_ path: [UInt8]) throws(LockgateError) -> SnapshotEntry? {
        if let planned = state[path] { return planned }
        return try tree.entry(path, in: current)?.alone
    }

    mutating func takeBack(_ change: TreeChange) throws(LockgateError) {
        let path = change.path
        if change.old?.kind == .omitted {
            // A large file's times stand for its content.
            if change.new?.kind != .omitted || change.isOfUnkept { lost.append(path) }
            return
        }
        let found = try now(path)
        if found == change.old { return }
        // The workspace's own folder is never removed.
        if path.isEmpty, change.old == nil { return }
        if found == change.new, found?.kind != .omitted, try blockingFolder(of: path) == nil || change.old == nil {
            state.updateValue(change.old, forKey: path)
            return
        }
        guard let old = change.old else {
            // A build folder that the turn has made is nobody's work.
            if change.new?.omission == .rebuildable { return }
            // A folder with a later mode, or a file with later content.
            if found != nil, found?.kind != .folder { keep(path, "edited since; it would have been deleted") }
            return
        }
        if old.kind == .folder, found?.kind == .folder { return }
        if let text = try mergedText(old: old, base: change.new, mine: found) {
            state.updateValue(text, forKey: path)
            merged.insert(path)
            return
        }
        let reason = found == nil ? "deleted since" : found?.kind == .omitted ? "not covered now" : "edited since"
        // Children of a folder that cannot come back have their own entries.
        let copy = try freeCopyPath(path, for: old)
        state.updateValue(old, forKey: copy)
        if old.kind != .folder { conflicts.append(RestorePlan.Conflict(path: path, reason: reason, copy: copy)) }
    }

    mutating func keep(_ path: [UInt8], _ reason: String) {
        conflicts.append(RestorePlan.Conflict(path: path, reason: reason, copy: nil))
    }

    /// The first folder on the way that is something else now.
    private func blockingFolder(of path: [UInt8]) throws(LockgateError) -> [UInt8]? {
        var folder: [UInt8] = []
        for name in path.split(separator: UInt8(ascii: "/")).dropLast() {
            folder = folder.child(Array(name))
            if let entry = try now(folder), entry.kind != .folder { return folder }
        }
        return nil
    }

    /// A name beside the path, or beside the folder that is in the way, at which nothing else stands.
    private func freeCopyPath(_ path: [UInt8], for entry: SnapshotEntry) throws(LockgateError) -> [UInt8] {
        let blocked = try blockingFolder(of: path)
        let base = blocked ?? path
        for number in 0..<100 {
            let suffix = number == 0 ? suffix : "\(suffix)-\(number)"
            let renamed = base + Array(suffix.utf8)
            let candidate = blocked == nil ? renamed : renamed + Array(path[base.count...])
            let taken = try now(candidate)
            let roof = try now(renamed)
            let isRoofFree = blocked == nil || roof == nil || roof?.kind == .folder
            if isRoofFree, taken == nil || taken == entry { return candidate }
        }
        throw LockgateError(
            "workspace.too_many_copies", "There are 100 copies of \(path.shownPath) from earlier undos",
            remedy: "Remove those that you do not need.")
    }

    private func mergedText(
        old: SnapshotEntry, base: SnapshotEntry?, mine: SnapshotEntry?
    ) throws(LockgateError) -> SnapshotEntry? {
        guard let base, let mine, old.kind == .file, base.kind == .file, mine.kind == .file,
            [old, base, mine].allSatisfy({ $0.size <= UInt64(TextMerge.limit) })
        else { return nil }
        let bytes = TextMerge.merge(
            base: try store.read(base.digest), mine: try store.read(mine.digest), theirs: try store.read(old.digest))
        guard let bytes else { return nil }
        do throws(SystemError) {
            let digest = try store.add(bytes)
            let mode = mine.mode == base.mode ? old.mode : mine.mode
            return SnapshotEntry(kind: .file, mode: mode, size: UInt64(bytes.count), digest: digest)
        } catch {
            throw .store(error)
        }
    }

    /// `git status` writes the index anew with other times and the same content.
    func isSameIndex(
        _ path: [UInt8], in folder: [UInt8], _ one: SnapshotEntry?, _ other: SnapshotEntry?
    ) throws(LockgateError) -> Bool {
        guard path == folder.child(Array("index".utf8)), let one, let other, one.kind == .file, other.kind == .file,
            one.mode == other.mode
        else { return false }
        guard let first = GitIndex(try store.read(one.digest)) else { return false }
        return first == GitIndex(try store.read(other.digest))
    }

    /// A repository's state goes back whole or not at all: half of it would be damage.
    private mutating func takeBack(gitFolder folder: [UInt8], _ changes: [TreeChange]) throws(LockgateError) {
        let isWhole = changes.contains { $0.path == folder && $0.old == nil }
        var planned: [(path: [UInt8], entry: SnapshotEntry?)] = []
        for change in changes {
            let isObject = GitFolder.isObject(change.path, in: folder)
            let found = try now(change.path)
            if found == change.old || change.old?.kind == .omitted { continue }
            if isObject {
                // Later commits may need what the turn added, so objects only ever come back.
                if change.old != nil ? found == nil || found == change.new : isWhole && found == change.new {
                    planned.append((change.path, change.old))
                }
            } else if found == change.new {
                planned.append((change.path, change.old))
            } else if try isSameIndex(change.path, in: folder, found, change.new) {
                planned.append((change.path, change.old))
            } else if !GitFolder.isTransient(change.path, in: folder), change.old?.kind != .folder {
                keep(folder, "its refs, index or settings changed since (\(change.path.shownPath)); left as it is")
                return
            }
        }
        if try blockingFolder(of: folder.child([UInt8(ascii: "x")])) != nil {
            keep(folder, "something else stands there now")
            return
        }
        for (path, entry) in planned { state.updateValue(entry, forKey: path) }
    }
}

/// Which paths are a repository's own.
enum GitFolder {
    private static let name: [UInt8] = Array(".git".utf8)

    /// The `.git` folder that a change belongs to; nil outside of any, and for the file `.git` of a linked worktree.
    static func containing(_ change: TreeChange) -> [UInt8]? {
        let parts = change.path.split(separator: UInt8(ascii: "/"))
        guard let index = parts.firstIndex(where: { $0.elementsEqual(name) }) else { return nil }
        if index == parts.count - 1, change.old?.kind != .folder, change.new?.kind != .folder { return nil }
        return Array(parts[...index].joined(separator: [UInt8(ascii: "/")]))
    }

    static func isObject(_ path: [UInt8], in folder: [UInt8]) -> Bool {
        path.isWithin(folder.child(Array("objects".utf8)))
    }

    /// Objects first, then files, then refs and the like, then the index; otherwise in the order given.
    ///
    /// - Parameter isRepository: whether paths are relative to a repository's own folder.
    static func ordered(_ steps: [RestorePlan.Step], isRepository: Bool = false) -> [RestorePlan.Step] {
        func rank(_ path: [UInt8]) -> Int {
            let names = path.split(separator: UInt8(ascii: "/"))
            if isRepository {
                if names.first?.elementsEqual("objects".utf8) == true { return 0 }
                return names.last?.elementsEqual("index".utf8) == true ? 3 : 2
            }
            guard let git = names.firstIndex(where: { $0.elementsEqual(name) }) else { return 1 }
            guard git + 1 < names.count else { return 1 }
            if names[git + 1].elementsEqual("objects".utf8) { return 0 }
            return names[git + 1].elementsEqual("index".utf8) ? 3 : 2
        }
        let ranked = steps.map { (rank($0.path), $0) }
        return (0...3).flatMap { rank in ranked.filter { $0.0 == rank }.map(\.1) }
    }

    /// Notes that git writes by the way.
    static func isTransient(_ path: [UInt8], in folder: [UInt8]) -> Bool {
        ["COMMIT_EDITMSG", "FETCH_HEAD", "ORIG_HEAD", "gc.log", "gc.pid"].contains {
            path == folder.child(Array($0.utf8))
        }
    }
}
