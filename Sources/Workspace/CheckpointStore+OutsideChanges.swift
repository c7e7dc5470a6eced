import Basics
package import Wire

/// A change that was made elsewhere, to be made here too.
package struct OutsideChange: Hashable, Sendable {
    /// One side of it.
    package struct Version: Hashable, Sendable {
        /// A file or a link.
        package var kind: SnapshotEntry.Kind
        package var isExecutable: Bool
        /// The content, or the link's target.
        package var bytes: [UInt8]

        package init(kind: SnapshotEntry.Kind, isExecutable: Bool, bytes: [UInt8]) {
            self.kind = kind
            self.isExecutable = isExecutable
            self.bytes = bytes
        }
    }

    /// Relative to the workspace.
    package var path: [UInt8]
    /// Where the change began, the version that is most like this workspace's first; nil for nothing.
    package var bases: [Version?]
    /// Nil for a deletion.
    package var new: Version?

    package init(path: [UInt8], bases: [Version?], new: Version?) {
        self.path = path
        self.bases = bases
        self.new = new
    }
}

extension CheckpointStore {
    /// What making the changes here would do. Nothing is changed yet.
    ///
    /// What the workspace has made of a path since is kept: texts are merged, and everything else is a conflict, which
    /// has no step.
    package func planChanges(_ changes: [OutsideChange], label: String) throws(LockgateError) -> RestorePlan {
        try withCheckpoint { current, objects, tree throws(LockgateError) in
            var planner = OutsideChangePlanner(store: objects, tree: tree, current: current, changes: changes)
            return RestorePlan(
                kind: .turn, turns: [], revoked: [], current: current, steps: try planner.steps(),
                conflicts: planner.conflicts, lost: [], label: label)
        }
    }
}

/// Works out what has to be written for changes from elsewhere.
struct OutsideChangePlanner {
    let store: ObjectStore
    let tree: SnapshotTree
    let current: ContentDigest
    let changes: [OutsideChange]
    private(set) var conflicts: [RestorePlan.Conflict] = []

    init(store: ObjectStore, tree: SnapshotTree, current: ContentDigest, changes: [OutsideChange]) {
        self.store = store
        self.tree = tree
        self.current = current
        self.changes = changes
    }

    mutating func steps() throws(LockgateError) -> [RestorePlan.Step] {
        var steps: [RestorePlan.Step] = []
        for change in changes {
            if let reason = try obstacle(to: change) {
                conflicts.append(RestorePlan.Conflict(path: change.path, reason: reason, copy: nil))
            } else if let step = try step(for: change) {
                steps.append(step)
            }
        }
        conflicts.sort { $0.path.lexicographicallyPrecedes($1.path) }
        return steps.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }

    /// Why nothing can be written at a path, whatever it holds.
    private func obstacle(to change: OutsideChange) throws(LockgateError) -> String? {
        let names = change.path.split(separator: UInt8(ascii: "/"))
        if names.contains(where: { String(decoding: $0, as: UTF8.self).lowercased() == ".git" }) {
            return "it is a repository's own"
        }
        var folder: [UInt8] = []
        for name in names.dropLast() {
            folder = folder.child(Array(name))
            guard let entry = try tree.entry(folder, in: current), entry.kind != .folder else { continue }
            if entry.kind == .omitted { return "checkpoints do not cover \(folder.shownPath)" }
            let isLeaving = changes.contains { $0.path == folder && $0.new == nil }
            if !isLeaving { return "\(folder.shownPath) is no folder here" }
        }
        return nil
    }

    /// Nil where the path is as it should be, or in conflict.
    private mutating func step(for change: OutsideChange) throws(LockgateError) -> RestorePlan.Step? {
        let found = try tree.entry(change.path, in: current)?.alone
        if Self.isSame(found, change.new) { return nil }
        if change.bases.contains(where: { Self.isSame(found, $0) }) {
            return RestorePlan.Step(path: change.path, from: found, to: try stored(change.new, over: found))
        }
        for base in change.bases {
            guard let text = try merged(base, mine: found, theirs: change.new) else { continue }
            // Merged before, it has all of it.
            return text == found ? nil : RestorePlan.Step(path: change.path, from: found, to: text, isMerged: true)
        }
        let reason =
            switch (found?.kind, change.new) {
            case (nil, _): "deleted here, changed there"
            case (.folder, _): "a folder here"
            case (.omitted, _): "checkpoints do not cover it"
            case (_, nil): "changed here, deleted there"
            case (_, _) where change.bases.allSatisfy({ $0 == nil }): "made here and there"
            default: "changed here and there"
            }
        conflicts.append(RestorePlan.Conflict(path: change.path, reason: reason, copy: nil))
        return nil
    }

    private static func isSame(_ found: SnapshotEntry?, _ version: OutsideChange.Version?) -> Bool {
        guard let found, let version else { return found == nil && version == nil }
        return found.kind == version.kind && found.size == UInt64(version.bytes.count)
            && (found.kind == .link || (found.mode & 0o100 != 0) == version.isExecutable)
            && found.digest == ContentDigest(of: version.bytes)
    }

    private func stored(
        _ version: OutsideChange.Version?, over found: SnapshotEntry?
    ) throws(LockgateError) -> SnapshotEntry? {
        guard let version else { return nil }
        return try entry(version.kind, version.bytes, isExecutable: version.isExecutable, over: found)
    }

    /// Permissions stay as they are here; what may execute does so for whoever may read.
    private func entry(
        _ kind: SnapshotEntry.Kind, _ bytes: [UInt8], isExecutable: Bool, over found: SnapshotEntry?
    ) throws(LockgateError) -> SnapshotEntry {
        var mode = found?.kind == .file ? found?.mode ?? 0o644 : 0o644
        mode = isExecutable ? mode | (mode & 0o444) >> 2 : mode & ~0o111
        do throws(SystemError) {
            let digest = try store.add(bytes)
            return SnapshotEntry(
                kind: kind, mode: kind == .link ? 0 : mode, size: UInt64(bytes.count), digest: digest)
        } catch {
            throw .store(error)
        }
    }

    private func merged(
        _ base: OutsideChange.Version?, mine: SnapshotEntry?, theirs: OutsideChange.Version?
    ) throws(LockgateError) -> SnapshotEntry? {
        guard let base, let mine, let theirs, base.kind == .file, mine.kind == .file, theirs.kind == .file,
            mine.size <= UInt64(TextMerge.limit),
            let text = TextMerge.merge(base: base.bytes, mine: try store.read(mine.digest), theirs: theirs.bytes)
        else { return nil }
        let isExecutable = base.isExecutable == theirs.isExecutable ? mine.mode & 0o100 != 0 : theirs.isExecutable
        return try entry(.file, text, isExecutable: isExecutable, over: mine)
    }
}
