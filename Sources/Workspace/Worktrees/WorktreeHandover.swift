import Basics
package import Wire

/// Uncommitted changes on their way from the local tree to a worktree.
extension WorktreeStore {
    /// Makes the local tree's uncommitted changes in a worktree that is there already, as a turn of its own.
    ///
    /// - Returns: paths that stayed because they were changed in the meantime.
    /// - Throws: `worktree.conflicts`; nothing is changed then.
    package func carry(into record: WorktreeRecord) throws(LockgateError) -> [RestorePlan.Conflict] {
        try locked { site throws(LockgateError) in
            let changes = try site.localChanges()
            let store = try CheckpointStore(home: home, workspace: record.path)
            let plan = try store.planChanges(changes, label: "changes of \(root)")
            guard plan.conflicts.isEmpty else {
                let names = plan.conflicts.prefix(10).map { "\($0.path.shownPath) (\($0.reason))" }
                throw LockgateError(
                    "worktree.conflicts",
                    "nothing was carried over: changed on both sides: \(names.joined(separator: ", "))",
                    remedy: "give another name after --to for a new worktree", exitCode: 4)
            }
            return plan.isEmpty ? [] : try store.apply(plan)
        }
    }

    /// Makes what a worktree was carried when it was new part of its changes, since the local tree is about to lose it.
    /// Done again, as after a kill, it changes nothing.
    package func takeOver(_ record: WorktreeRecord) throws(LockgateError) {
        try locked { site throws(LockgateError) in
            var record = try self.record(record.name)
            let git = try site.worktreeGit(record)
            let output = try git.run(["rev-parse", "\(record.baseCommit)^{tree}"])
            let tree = String(decoding: output.prefix { $0 != 0x0A }, as: UTF8.self)
            guard record.baseTree != tree else { return }
            try site.keep(record.baseTree, at: record.mergedRef, parent: record.baseCommit, git)
            record.mergedTree = record.baseTree
            record.baseTree = tree
            try save(record)
        }
    }

    /// Takes the local tree's uncommitted changes out of it, as a turn that `lockgate undo` takes back. The index stays.
    ///
    /// - Returns: paths that stayed because they were changed in the meantime.
    package func clearLocal(label: String) throws(LockgateError) -> [RestorePlan.Conflict] {
        try locked { site throws(LockgateError) in
            let back = try site.localChanges().map { change in
                OutsideChange(path: change.path, bases: [change.new], new: change.bases.first ?? nil)
            }
            let store = try CheckpointStore(home: home, workspace: root)
            let plan = try store.planChanges(back, label: label)
            return plan.steps.isEmpty ? plan.conflicts : plan.conflicts + (try store.apply(plan))
        }
    }
}

extension WorktreeSite {
    /// What the local tree has changed since its commit, untracked files included.
    fileprivate func localChanges() throws(LockgateError) -> [OutsideChange] {
        let git = try git(store.root)
        let head = try git.run(["rev-parse", "HEAD"])
        let commit = String(decoding: head.prefix { $0 != 0x0A }, as: UTF8.self)
        let tree = try git.snapshot(scratch: store.state).tree
        var changes: [OutsideChange] = []
        for change in try git.differences(from: commit, to: tree)
        where change.oldMode != 0o160000 && change.newMode != 0o160000 {
            changes.append(
                OutsideChange(
                    path: change.path, bases: [try version(change.path, change.oldMode, change.oldBlob, git)],
                    new: change.newMode == 0 ? nil : try versionOnDisk(change.path, in: store.root)))
        }
        return changes
    }
}
