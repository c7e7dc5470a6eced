import Basics
import Glibc
package import Wire

/// What a new worktree gets besides the last commit.
package struct WorktreeRequest: Sendable, Hashable {
    package var name: String
    /// Whether uncommitted and untracked changes of the local tree come along; they stay there as well.
    package var carries: Bool
    /// Ignored files and folders to copy from the local tree, relative to it.
    package var copies: [String]

    package init(name: String, carries: Bool = false, copies: [String] = []) {
        self.name = name
        self.carries = carries
        self.copies = copies
    }

    /// A name nobody has: readable, and short enough to be typed.
    package static func freeName() -> String {
        let digits = Array("0123456789abcdefghjkmnpqrstvwxyz")
        return "w" + String((0..<6).map { _ in digits[Int.random(in: 0..<digits.count)] })
    }
}

/// A new worktree, and what of the request could not be had.
package struct CreatedWorktree: Sendable {
    package var record: WorktreeRecord
    package var notes: [String]
}

extension WorktreeStore {
    /// Makes a worktree on a branch of its own at the local tree's commit.
    ///
    /// - Throws: `worktree.exists`, `worktree.no_commit`, `worktree.name`, `worktree.copy`, `git.failed`. Nothing of it is
    ///   left then.
    package func create(_ request: WorktreeRequest) throws(LockgateError) -> CreatedWorktree {
        guard WorktreeRecord.isName(request.name) else {
            throw LockgateError(
                "worktree.name", "\"\(request.name)\" is no name for a worktree",
                remedy: "use up to 64 letters, digits, '-', '_' and '.'", exitCode: 2)
        }
        let copies = try request.copies.map { path throws(LockgateError) in try Self.checked(path) }
        return try locked { site throws(LockgateError) in
            guard (try? record(request.name)) == nil, !PosixFile.exists(path(of: request.name)) else {
                throw LockgateError(
                    "worktree.exists", "there is a worktree \(request.name) already",
                    remedy: "go on in it with: lockgate exec resume, or choose another name")
            }
            let local = try site.git(root)
            guard let head = try local.line(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]) else {
                throw LockgateError(
                    "worktree.no_commit", "the repository of \(root) has no commit yet", remedy: "commit once first")
            }
            var record = WorktreeRecord(
                name: request.name, repository: repository, root: root, path: path(of: request.name),
                state: .creating, baseCommit: head, created: .now, portBase: 0)
            if try local.line(["rev-parse", "--verify", "--quiet", record.branchRef]) != nil {
                throw LockgateError(
                    "worktree.exists", "there is a branch \(record.branch) already",
                    remedy: "choose another name, or bring back what was removed: lockgate worktree restore")
            }
            let carried = request.carries ? try local.snapshot(scratch: state) : nil
            try saveWithPorts(&record)
            do throws(LockgateError) {
                let notes = try site.make(&record, local, carried: carried, copies: copies)
                return CreatedWorktree(record: record, notes: notes)
            } catch {
                try? site.takeBack(record)
                throw error
            }
        }
    }

    /// A path within the tree that is not git's.
    private static func checked(_ path: String) throws(LockgateError) -> [UInt8] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard !path.hasPrefix("/"), !parts.isEmpty,
            !parts.contains(where: { $0 == ".." || $0 == "." || $0.lowercased() == ".git" })
        else {
            throw LockgateError(
                "worktree.copy", "worktree.copy and worktree.link take paths within the project, not \"\(path)\"",
                remedy: "lockgate explain worktree.copy")
        }
        return Array(parts.joined(separator: "/").utf8)
    }
}

extension WorktreeSite {
    fileprivate func make(
        _ record: inout WorktreeRecord, _ local: HostGit, carried: HostGit.Snapshot?, copies: [[UInt8]]
    ) throws(LockgateError) -> [String] {
        try local.run(
            ["worktree", "add", "--quiet", "--no-track", "-b", record.branch, record.path, record.baseCommit])
        let git = try self.git(record.path)
        var notes: [String] = []
        if let carried {
            notes = carried.nested.map { "\($0.shownPath) is a repository of its own and was not carried over" }
            try git.run(["read-tree", "-m", "-u", "HEAD", carried.tree])
            // What was not committed there is not committed here either.
            try git.run(["read-tree", "HEAD"])
            _ = try git.attempt(["update-index", "-q", "--refresh"])
        }
        do throws(SystemError) {
            let copy = try TreeCopy(from: record.root, to: record.path)
            for path in copies where try !copy.copy(path) {
                notes.append("\(path.shownPath) was not copied: it is not in \(record.root), or came with the commit")
            }
        } catch {
            throw .worktree(error)
        }
        record.baseTree = try git.snapshot(scratch: store.state).tree
        if carried != nil { try keep(record.baseTree, at: record.baseRef, parent: record.baseCommit, git) }
        record.state = .ready
        try store.save(record)
        return notes
    }
}
