import Basics
import Glibc
import Wire

/// The worktrees of a repository while this process alone may change them.
package struct WorktreeSite: ~Copyable {
    package let store: WorktreeStore
    let lock: Int32

    init(store: WorktreeStore, lock: Int32) {
        self.store = store
        self.lock = lock
    }

    /// git in a folder, holding the lock.
    func git(_ folder: String) throws(LockgateError) -> HostGit {
        try HostGit(in: folder, search: store.search, lock: lock)
    }

    /// git in the repository itself, which is there when working trees are not.
    func repositoryGit() throws(LockgateError) -> HostGit { try git(store.repository) }

    /// git in a worktree, if its `.git` still leads to this repository: whoever worked in it may have put something else
    /// there, and git would then take any folder for the working tree.
    ///
    /// - Throws: `worktree.damaged`.
    func worktreeGit(_ record: WorktreeRecord) throws(LockgateError) -> HostGit {
        var status = stat()
        let link = "\(record.path)/.git"
        let line = (try? PosixFile.read(link, limit: 16_384)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard lstat(link, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            line.hasPrefix("gitdir: \(store.repository)/worktrees/"), !line.contains("/../"),
            administration(of: record).map({ line.hasPrefix("gitdir: \($0)\n") || line == "gitdir: \($0)" }) == true
        else {
            throw LockgateError(
                "worktree.damaged", "\(link) does not lead to \(store.repository) any more",
                remedy:
                    "look into \(record.path); save what is needed, then: lockgate worktree remove --discard \(record.name)"
            )
        }
        return try git(record.path)
    }

    // MARK: After a kill

    /// Takes back what was being made, and finishes what was being removed.
    func recover() throws(LockgateError) {
        for record in store.records {
            switch record.state {
            case .creating: try takeBack(record)
            case .removing: try finishRemoval(record)
            case .ready: continue
            }
        }
        for name in PosixFile.list(store.trash) { try discard("\(store.trash)/\(name)") }
        for name in PosixFile.list(store.archives) where name.hasPrefix(".") {
            try discard("\(store.archives)/\(name)")
        }
        for name in PosixFile.list(store.state) where name.hasPrefix("index-") {
            unlink("\(store.state)/\(name)")
        }
    }

    /// A worktree that was never ready holds nothing but copies.
    func takeBack(_ record: WorktreeRecord) throws(LockgateError) {
        try removeFolder(record)
        let git = try repositoryGit()
        // Only as it was made: a commit on it would be somebody's.
        _ = try git.attempt(["update-ref", "-d", record.branchRef, record.baseCommit])
        try removeReferences(record, git)
        try store.forget(record)
    }

    /// Removes the folder and git's notes about it. The folder leaves its name in one step.
    func removeFolder(_ record: WorktreeRecord) throws(LockgateError) {
        if PosixFile.exists(record.path) || PosixFile.isDirectory(record.path) {
            let aside = "\(store.trash)/\(record.name)-\(UInt32.random(in: 0 ... .max))"
            guard rename(record.path, aside) == 0 || errno == ENOENT else {
                throw .worktree(SystemError("rename", record.path, errno: errno))
            }
            try discard(aside)
        }
        if let notes = administration(of: record) { try discard(notes) }
        for rest in unfinishedAdministration(of: record) { try discard(rest) }
    }

    /// What a kill has left of git's folder for a worktree that is being made or removed: without `gitdir` it belongs to
    /// none, and git would prune it as well. git names such a folder after the worktree, with a number where that is taken.
    private func unfinishedAdministration(of record: WorktreeRecord) -> [String] {
        let base = "\(store.repository)/worktrees"
        return PosixFile.list(base).filter { name in
            name.hasPrefix(record.name) && name.dropFirst(record.name.count).allSatisfy(\.isNumber)
        }.map { "\(base)/\($0)" }.filter { !PosixFile.exists("\($0)/gitdir") }
    }

    /// git's own folder for the worktree. `git worktree prune` would also remove those of worktrees on disks that are
    /// not mounted now.
    func administration(of record: WorktreeRecord) -> String? {
        let base = "\(store.repository)/worktrees"
        for name in PosixFile.list(base) {
            guard let bytes = try? PosixFile.read("\(base)/\(name)/gitdir", limit: 16_384) else { continue }
            let line = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
            if line == "\(record.path)/.git" { return "\(base)/\(name)" }
        }
        return nil
    }

    func removeReferences(_ record: WorktreeRecord, _ git: HostGit) throws(LockgateError) {
        for name in [record.baseRef, record.mergedRef] { _ = try git.attempt(["update-ref", "-d", name]) }
    }

    func discard(_ path: String) throws(LockgateError) {
        do throws(SystemError) { try WholeTree.remove(path) } catch { throw .worktree(error) }
    }

    /// Keeps a tree from being collected as garbage.
    func keep(_ tree: String, at ref: String, parent: String, _ git: HostGit) throws(LockgateError) {
        let commit = try git.run(["commit-tree", tree, "-p", parent, "-m", "Kept by Lockgate for a worktree"])
        try git.run(["update-ref", ref, String(decoding: commit.prefix { $0 != 0x0A }, as: UTF8.self)])
    }
}
