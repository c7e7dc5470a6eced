import Basics
import Glibc
package import Wire

/// What merging a worktree into the local tree would do.
package struct WorktreeMerge: Sendable {
    package var record: WorktreeRecord
    /// The worktree's files as they are.
    var tree: String
    package var plan: RestorePlan
    /// Submodules and nested repositories, which are not merged.
    package var skipped: [[UInt8]]
    /// What is written and then run or obeyed by something outside of any sandbox: path and by whom.
    package var sensitive: [(path: [UInt8], runner: String)]
}

extension WorktreeStore {
    /// What a worktree has changed since it was ready, as git's diff, or as names with `A`, `M`, `D`.
    package func diff(_ name: String, namesOnly: Bool = false) throws(LockgateError) -> [UInt8] {
        try locked { site throws(LockgateError) in
            let record = try record(name)
            let git = try site.worktreeGit(record)
            let tree = try git.snapshot(scratch: state).tree
            let form =
                namesOnly ? ["--name-status"] : ["-p", "--no-ext-diff", "--no-textconv", "--full-index", "--binary"]
            return try git.run(["diff-tree", "-r", "--no-renames"] + form + [record.baseTree, tree])
        }
    }

    /// What a worktree has changed, by path.
    package func changes(of name: String) throws(LockgateError) -> [(path: [UInt8], kind: FileChangeSummary.Kind)] {
        try locked { site throws(LockgateError) in
            let record = try record(name)
            let git = try site.worktreeGit(record)
            return try git.differences(from: record.baseTree, to: try git.snapshot(scratch: state).tree).map {
                ($0.path, $0.oldMode == 0 ? .add : $0.newMode == 0 ? .delete : .update)
            }
        }
    }

    /// How much a worktree has changed: files, and lines added and removed.
    package func changedSize(of name: String) throws(LockgateError) -> (files: Int, lines: Int) {
        try locked { site throws(LockgateError) in
            let record = try record(name)
            let git = try site.worktreeGit(record)
            let tree = try git.snapshot(scratch: state).tree
            let listed = try git.run(
                [
                    "diff-tree", "-r", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv", record.baseTree,
                    tree,
                ])
            let rows = String(decoding: listed, as: UTF8.self).split(separator: "\n")
            // Of a binary file git counts no lines.
            let lines = rows.flatMap { $0.split(separator: "\t").prefix(2) }.compactMap { Int($0) }.reduce(0, +)
            return (rows.count, lines)
        }
    }

    /// Works out a merge of a worktree's changes, committed or not, into the local tree. Nothing is changed yet.
    ///
    /// The local tree's index, commits and branches are not touched: what comes over stands there as uncommitted changes.
    package func planMerge(_ name: String) throws(LockgateError) -> WorktreeMerge {
        try locked { site throws(LockgateError) in
            let record = try record(name)
            let git = try site.worktreeGit(record)
            let now = try git.snapshot(scratch: state)
            let tree = now.tree
            var skipped = now.nested
            var changes: [OutsideChange] = []
            let sinceMerge = try site.mergedVersions(record, to: tree, git)
            for change in try git.differences(from: record.baseTree, to: tree) {
                guard change.oldMode != 0o160000, change.newMode != 0o160000 else {
                    skipped.append(change.path)
                    continue
                }
                var bases: [OutsideChange.Version?] = []
                if let (mode, blob) = sinceMerge[change.path] {
                    bases.append(try site.version(change.path, mode, blob, git))
                }
                bases.append(try site.version(change.path, change.oldMode, change.oldBlob, git))
                changes.append(
                    OutsideChange(
                        path: change.path, bases: bases,
                        new: change.newMode == 0 ? nil : try site.versionOnDisk(change.path, in: record.path)))
            }
            let store = try CheckpointStore(home: home, workspace: root)
            let plan = try store.planChanges(changes, label: "merge of the worktree \(name)")
            let sensitive = plan.steps.compactMap { step -> (path: [UInt8], runner: String)? in
                let names = step.path.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
                guard step.to != nil, let file = AutoRunFile.matching(names) else { return nil }
                return (step.path, file.runner)
            }
            return WorktreeMerge(record: record, tree: tree, plan: plan, skipped: skipped, sensitive: sensitive)
        }
    }

    /// Carries out a merge as a turn of its own, which `lockgate undo` takes back.
    ///
    /// - Returns: paths that were changed in the meantime, and so stayed.
    /// - Throws: `worktree.conflicts` for a merge with conflicts; nothing is changed then.
    package func merge(_ merge: WorktreeMerge) throws(LockgateError) -> [RestorePlan.Conflict] {
        guard merge.plan.conflicts.isEmpty else {
            throw LockgateError(
                "worktree.conflicts", "nothing was merged: \(merge.plan.conflicts.count) paths changed on both sides",
                remedy: "commit or undo the local changes to them, or merge by hand: git merge \(merge.record.branch)",
                exitCode: 4)
        }
        return try locked { site throws(LockgateError) in
            // Before the first file: killed in between, the next merge still knows what this one has brought over. Where
            // it has brought nothing, the version before it is looked at as well.
            var record = try record(merge.record.name)
            record.mergedTree = merge.tree
            try site.keep(merge.tree, at: record.mergedRef, parent: record.baseCommit, try site.worktreeGit(record))
            try save(record)
            return try CheckpointStore(home: home, workspace: root).apply(merge.plan)
        }
    }
}

extension WorktreeSite {
    /// What the last merge has brought over, where the worktree went on from there.
    fileprivate func mergedVersions(
        _ record: WorktreeRecord, to tree: String, _ git: HostGit
    ) throws(LockgateError) -> [[UInt8]: (mode: UInt32, blob: String)] {
        guard let merged = record.mergedTree else { return [:] }
        return Dictionary(
            try git.differences(from: merged, to: tree).map { ($0.path, ($0.oldMode, $0.oldBlob)) }
        ) { first, _ in first }
    }

    /// A version that git holds; nil for nothing.
    func version(
        _ path: [UInt8], _ mode: UInt32, _ blob: String, _ git: HostGit
    ) throws(LockgateError) -> OutsideChange.Version? {
        switch mode {
        case 0, 0o160000: nil
        case 0o120000:
            OutsideChange.Version(
                kind: .link, isExecutable: false, bytes: try git.run(["cat-file", "blob", blob]))
        default:
            OutsideChange.Version(
                kind: .file, isExecutable: mode & 0o100 != 0, bytes: try git.content(of: blob, at: path))
        }
    }

    /// What stands in the worktree, byte for byte. No link on the way is followed.
    func versionOnDisk(
        _ path: [UInt8], in folder: String
    ) throws(LockgateError) -> OutsideChange.Version? {
        do throws(SystemError) {
            let (parent, name) = path.parentAndName
            let handle = try FolderHandle.root(folder).folder(parent)
            guard let status = handle.status(of: name.cString) else { return nil }
            if status.st_mode & S_IFMT == S_IFLNK {
                return OutsideChange.Version(
                    kind: .link, isExecutable: false, bytes: try handle.linkTarget(name.cString))
            }
            let file = try handle.open(file: name.cString)
            defer { close(file) }
            return OutsideChange.Version(
                kind: .file, isExecutable: status.st_mode & 0o100 != 0,
                bytes: try PosixFile.readAll(file, limit: TreeScanner.sizeLimit))
        } catch {
            throw .worktree(error)
        }
    }
}
