package import Basics
import Glibc
package import Wire

/// What would be gone with a worktree.
package struct WorktreeContents: Sendable, Hashable {
    /// The branch's commit; where the branch is gone, that of HEAD.
    package var tip: String
    /// Commits that no other branch, tag or remote reaches, newest first.
    package var ownCommits: [String]
    /// Paths that differ from HEAD, untracked ones among them.
    package var changed: [[UInt8]]
    /// Ignored files that were not there in the beginning and cannot be built again.
    package var ignored: [[UInt8]]

    /// Whether there is more than commits.
    package var hasFiles: Bool { !changed.isEmpty || !ignored.isEmpty }
    package var isEmpty: Bool { ownCommits.isEmpty && !hasFiles }
}

/// What became of a worktree that was removed.
package struct RemovedWorktree: Sendable {
    package var name: String
    /// Nil where there was nothing to keep.
    package var archive: WorktreeArchive?
}

extension WorktreeStore {
    /// What would be gone with a worktree.
    package func contents(of name: String) throws(LockgateError) -> WorktreeContents {
        try locked { site throws(LockgateError) in try site.contents(of: try record(name)) }
    }

    /// Removes a worktree and its branch. Work that is nowhere else is archived first.
    ///
    /// - Parameter discards: removes it without an archive, because the user said so.
    /// - Throws: `worktree.in_use`, `worktree.not_archivable`; the worktree then stays.
    package func remove(_ name: String, discards: Bool = false) throws(LockgateError) -> RemovedWorktree {
        try locked { site throws(LockgateError) in try site.remove(try record(name), discards: discards) }
    }

    /// Removes worktrees that nobody has used for so long, each by the same rule.
    ///
    /// - Returns: also those that stayed, with the reason.
    package func collect(
        unusedFor days: Int, now: WallTime = .now
    ) throws(LockgateError) -> (removed: [RemovedWorktree], kept: [(name: String, reason: String)]) {
        try locked { site throws(LockgateError) in
            var removed: [RemovedWorktree] = []
            var kept: [(name: String, reason: String)] = []
            for record in records where now.milliseconds - lastUse(record).milliseconds >= Int64(days) * 86_400_000 {
                do throws(LockgateError) {
                    removed.append(try site.remove(record, discards: false))
                } catch {
                    kept.append((record.name, error.message))
                }
            }
            return (removed, kept)
        }
    }

    /// Deletes archives that are older than so many days.
    ///
    /// - Returns: their ids.
    package func forgetArchives(olderThan days: Int, now: WallTime = .now) throws(LockgateError) -> [String] {
        try locked { site throws(LockgateError) in
            var forgotten: [String] = []
            for archive in archivedWorktrees
            where now.milliseconds - archive.archived.milliseconds >= Int64(days) * 86_400_000 {
                try site.discard("\(archives)/\(archive.id)")
                forgotten.append(archive.id)
            }
            return forgotten
        }
    }

    /// Brings an archived worktree back as it was: files, modes, links, index, branch.
    ///
    /// - Parameter id: an archive's id, or a worktree's name for its newest.
    /// - Throws: `worktree.unknown`, `worktree.exists`, `git.failed` when commits that the archive builds on are gone.
    package func restore(_ id: String) throws(LockgateError) -> WorktreeRecord {
        try locked { site throws(LockgateError) in
            let all = archivedWorktrees
            guard let archive = all.last(where: { $0.id == id }) ?? all.last(where: { $0.record.name == id }) else {
                throw LockgateError(
                    "worktree.unknown", "there is no archive \(id)", remedy: "see: lockgate worktree list --archived")
            }
            return try site.restore(archive)
        }
    }
}

extension WorktreeSite {
    func contents(of record: WorktreeRecord) throws(LockgateError) -> WorktreeContents {
        let base = try repositoryGit()
        let branch = try base.line(["rev-parse", "--verify", "--quiet", record.branchRef])
        guard PosixFile.exists("\(record.path)/.git") else {
            // Its folder was removed by hand; the commits are there.
            let tip = branch ?? record.baseCommit
            return WorktreeContents(tip: tip, ownCommits: try commits(record, [tip], base), changed: [], ignored: [])
        }
        let git = try worktreeGit(record)
        let head = try git.line(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
        let tip = branch ?? head ?? record.baseCommit
        let own = try commits(record, [tip, head].compactMap(\.self), base)
        let now = try git.snapshot(scratch: store.state)
        let changed = try git.differences(from: head ?? record.baseCommit, to: now.tree).map(\.path) + now.nested
        // What only the index holds, and a merge or rebase under way.
        let staged = try git.attempt(["diff-index", "--cached", "--quiet", head ?? record.baseCommit]).status != 0
        return WorktreeContents(
            tip: tip, ownCommits: own, changed: changed + (staged && changed.isEmpty ? [Array(".git".utf8)] : []),
            ignored: try ignored(record, git))
    }

    private func commits(
        _ record: WorktreeRecord, _ tips: [String], _ git: HostGit
    ) throws(LockgateError) -> [String] {
        let listed = try git.run(["rev-list"] + tips + Self.others(record))
        return String(decoding: listed, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Ignored files but those that a build makes again. What was copied from the local tree and not changed since is
    /// there still.
    private func ignored(_ record: WorktreeRecord, _ git: HostGit) throws(LockgateError) -> [[UInt8]] {
        let listed = try git.run(["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"])
        return listed.split(separator: 0).map { Array($0) }.filter { path in
            let name = path.last == UInt8(ascii: "/") ? Array(path.dropLast()) : path
            let (here, there) = (record.path + "/", record.root + "/")
            let relative = String(decoding: name, as: UTF8.self)
            if OmissionRules.omits(name: name.parentAndName.name)
                || OmissionRules.markers.contains(where: { PosixFile.exists("\(here)\(relative)/\($0)") })
            {
                return false
            }
            guard path.last != UInt8(ascii: "/"), let copy = try? PosixFile.read(here + relative, limit: 1 << 20),
                let original = try? PosixFile.read(there + relative, limit: 1 << 20)
            else { return true }
            return copy != original
        }
    }

    func remove(_ record: WorktreeRecord, discards: Bool) throws(LockgateError) -> RemovedWorktree {
        var record = record
        let use = try store.reserve(record.name)
        defer { withExtendedLifetime(use) {} }
        var archive: WorktreeArchive?
        if discards {
            record.tip = try repositoryGit().line(["rev-parse", "--verify", "--quiet", record.branchRef])
        } else {
            let contents = try contents(of: record)
            if !contents.isEmpty { archive = try self.archive(record, contents) }
            record.tip = contents.tip
        }
        record.state = .removing
        try store.save(record)
        try finishRemoval(record)
        return RemovedWorktree(name: record.name, archive: archive)
    }

    /// What follows once nothing can be lost any more; completes itself after a kill.
    func finishRemoval(_ record: WorktreeRecord) throws(LockgateError) {
        try removeFolder(record)
        let git = try repositoryGit()
        // A branch that has moved since is somebody's.
        if let tip = record.tip { _ = try git.attempt(["update-ref", "-d", record.branchRef, tip]) }
        try removeReferences(record, git)
        try store.forget(record)
    }

    func restore(_ archive: WorktreeArchive) throws(LockgateError) -> WorktreeRecord {
        var record = archive.record
        let folder = "\(store.archives)/\(archive.id)"
        let git = try repositoryGit()
        guard (try? store.record(record.name)) == nil, !PosixFile.exists(record.path) else {
            throw LockgateError(
                "worktree.exists", "there is a worktree \(record.name) now",
                remedy: "remove it first: lockgate worktree remove \(record.name)")
        }
        if let now = try git.line(["rev-parse", "--verify", "--quiet", record.branchRef]), now != archive.tip {
            throw LockgateError(
                "worktree.exists", "the branch \(record.branch) is at \(now) now",
                remedy: "rename it first: git branch -m \(record.branch) OTHER")
        }
        if archive.hasCommits { try git.run(["bundle", "unbundle", "\(folder)/commits.bundle"]) }
        record.state = .creating
        // Should this be killed the branch goes again, and the archive stays.
        record.baseCommit = archive.tip
        record.created = .now
        try store.saveWithPorts(&record)
        do throws(LockgateError) {
            try git.run(["update-ref", record.branchRef, archive.tip])
            try git.run(["worktree", "add", "--quiet", "--no-checkout", record.path, record.branch])
            let own = try self.git(record.path)
            if archive.hasFiles {
                try putBackFiles(record, from: folder)
            } else {
                try own.run(["read-tree", "-m", "-u", "HEAD"])
            }
            try putBackState(record, from: folder)
            _ = try own.attempt(["update-index", "-q", "--refresh"])
            record.baseCommit = archive.record.baseCommit
            try keepTrees(&record, own)
        } catch {
            record.baseCommit = archive.tip
            try? takeBack(record)
            throw error
        }
        record.state = .ready
        try store.save(record)
        return record
    }

    /// Keeps the trees that a merge compares with; what git has collected meanwhile is replaced by the commit's own.
    private func keepTrees(_ record: inout WorktreeRecord, _ git: HostGit) throws(LockgateError) {
        if try git.attempt(["cat-file", "-e", "\(record.baseTree)^{tree}"]).status == 0 {
            try keep(record.baseTree, at: record.baseRef, parent: record.baseCommit, git)
        } else {
            record.baseTree = try git.line(["rev-parse", "\(record.baseCommit)^{tree}"]) ?? record.baseTree
        }
        guard let merged = record.mergedTree else { return }
        if try git.attempt(["cat-file", "-e", "\(merged)^{tree}"]).status == 0 {
            try keep(merged, at: record.mergedRef, parent: record.baseCommit, git)
        } else {
            record.mergedTree = nil
        }
    }

    private func putBackFiles(_ record: WorktreeRecord, from folder: String) throws(LockgateError) {
        let checkpoints = try CheckpointStore(home: folder, workspace: record.path, coversRepository: false)
        guard let first = checkpoints.turns().first else {
            throw LockgateError("worktree.archive_damaged", "\(folder) holds no files")
        }
        // Since then everything was removed; that is what is taken back. An end from an earlier try does not count.
        let turn = try checkpoints.end(first)
        let paths = Set(
            try checkpoints.changes(of: turn).map(\.path).compactMap { path in
                path.split(separator: UInt8(ascii: "/")).first.map(Array.init)
            }
        ).filter { !$0.elementsEqual(".git".utf8) }
        guard !paths.isEmpty else { return }
        let plan = try checkpoints.planUndo(backTo: turn.id, paths: paths.sorted { $0.lexicographicallyPrecedes($1) })
        let kept = try checkpoints.apply(plan)
        guard kept.isEmpty, plan.lost.isEmpty else {
            let names = (kept.map(\.path) + plan.lost).prefix(5).map(\.shownPath).joined(separator: ", ")
            throw LockgateError("worktree.archive_damaged", "not everything could be brought back: \(names)")
        }
    }
}
