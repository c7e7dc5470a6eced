package import Basics
import Glibc
import Wire

/// What was removed with a worktree, and can be brought back: `.archives/<name>-<time>` with
///
/// - `archive.json`: this record, written last;
/// - `commits.bundle`: the commits that no other branch has, as git reads it;
/// - `workspaces/`: every file as it was, byte for byte, in a checkpoint store of its own;
/// - `git/`: the index, HEAD and reflogs of the worktree.
package struct WorktreeArchive: Sendable, Hashable {
    /// The folder's name.
    package var id: String
    package var record: WorktreeRecord
    /// The branch's commit.
    package var tip: String
    package var archived: WallTime
    /// Whether there are commits in the bundle.
    package var hasCommits: Bool
    /// Whether there are files: not for a worktree that held nothing but its commits.
    package var hasFiles: Bool

    package var json: JSONValue {
        [
            "id": .string(id), "worktree": record.json, "tip": .string(tip),
            "archived_ms": .int(Int(archived.milliseconds)), "commits": .bool(hasCommits), "files": .bool(hasFiles),
        ]
    }

    init?(json: JSONValue) {
        guard let id = json["id"]?.string, let record = json["worktree"].flatMap(WorktreeRecord.init(json:)),
            let tip = json["tip"]?.string, let time = json["archived_ms"]?.int
        else { return nil }
        self.init(
            id: id, record: record, tip: tip, archived: WallTime(milliseconds: Int64(time)),
            hasCommits: json["commits"]?.bool ?? false, hasFiles: json["files"]?.bool ?? false)
    }

    init(id: String, record: WorktreeRecord, tip: String, archived: WallTime, hasCommits: Bool, hasFiles: Bool) {
        self.id = id
        self.record = record
        self.tip = tip
        self.archived = archived
        self.hasCommits = hasCommits
        self.hasFiles = hasFiles
    }
}

extension WorktreeStore {
    /// What can be brought back, oldest first.
    package var archivedWorktrees: [WorktreeArchive] {
        PosixFile.list(archives).filter { !$0.hasPrefix(".") }.compactMap { name in
            (try? PosixFile.read("\(archives)/\(name)/archive.json", limit: 1 << 20))
                .flatMap { try? JSONValue(parsing: $0) }.flatMap(WorktreeArchive.init(json:))
        }.sorted { ($0.archived.milliseconds, $0.id) < ($1.archived.milliseconds, $1.id) }
    }
}

extension WorktreeSite {
    /// git's files of a worktree that are its own state; its links to folders are made anew.
    private static let state = ["HEAD", "ORIG_HEAD", "MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "index", "logs"]

    /// Archives a worktree.
    ///
    /// - Throws: `worktree.not_archivable` where some work could not be kept.
    func archive(_ record: WorktreeRecord, _ contents: WorktreeContents) throws(LockgateError) -> WorktreeArchive {
        let time = WallTime.now
        let id = "\(record.name)-\(time.milliseconds)"
        let folder = "\(store.archives)/.\(id)"
        do throws(SystemError) { try PosixFile.makeDirectory(folder) } catch { throw .worktree(error) }
        do throws(LockgateError) {
            return try fill(folder, id, record, contents, time)
        } catch {
            try? discard(folder)
            throw error
        }
    }

    private func fill(
        _ folder: String, _ id: String, _ record: WorktreeRecord, _ contents: WorktreeContents, _ time: WallTime
    ) throws(LockgateError) -> WorktreeArchive {
        let archive = WorktreeArchive(
            id: id, record: record, tip: contents.tip, archived: time,
            hasCommits: try bundle(record, contents, into: folder), hasFiles: contents.hasFiles)
        if contents.hasFiles { try keepFiles(record, contents, in: folder) }
        try keepState(record, in: folder)
        do throws(SystemError) {
            try PosixFile.replace("\(folder)/archive.json", with: archive.json.bytes)
            // Nothing is removed before all of it is on the disk.
            try WholeTree.flush(try FolderHandle.root(folder))
            guard rename(folder, "\(store.archives)/\(id)") == 0 else {
                throw SystemError("rename", folder, errno: errno)
            }
            fsync(try FolderHandle.root(store.archives).descriptor)
        } catch {
            throw .worktree(error)
        }
        return archive
    }

    /// The commits that nothing but this worktree reaches; false where there are none.
    private func bundle(
        _ record: WorktreeRecord, _ contents: WorktreeContents, into folder: String
    ) throws(LockgateError) -> Bool {
        guard !contents.ownCommits.isEmpty else { return false }
        let git = try worktreeGit(record)
        var names: [String] = []
        for name in ["HEAD", record.branchRef] {
            if try git.line(["rev-parse", "--verify", "--quiet", name]) != nil { names.append(name) }
        }
        let file = "\(folder)/commits.bundle"
        try git.run(["bundle", "create", "--quiet", file] + names + Self.others(record))
        try git.run(["bundle", "verify", "--quiet", file])
        return true
    }

    /// Leaves out what other branches, tags and remotes reach.
    static func others(_ record: WorktreeRecord) -> [String] {
        ["--not", "--exclude=\(record.branch)", "--branches", "--tags", "--remotes"]
    }

    private func keepFiles(
        _ record: WorktreeRecord, _ contents: WorktreeContents, in folder: String
    ) throws(LockgateError) {
        let checkpoints = try CheckpointStore(home: folder, workspace: record.path, coversRepository: false)
        _ = try checkpoints.begin("archive of \(record.name)")
        for (path, reason) in try checkpoints.omissions() where reason != .special {
            // What git would commit is work, whatever its folder is called.
            if reason == .rebuildable, !contents.changed.contains(where: { $0.isWithin(path) }) { continue }
            throw LockgateError(
                "worktree.not_archivable",
                "\(path.shownPath) in the worktree \(record.name) cannot be archived: \(reason.text)",
                remedy: "move it elsewhere, or give --discard if nothing in the worktree is needed")
        }
    }

    private func keepState(_ record: WorktreeRecord, in folder: String) throws(LockgateError) {
        guard let notes = administration(of: record) else { return }
        do throws(SystemError) {
            try PosixFile.makeDirectory("\(folder)/git")
            let copy = try TreeCopy(from: notes, to: "\(folder)/git")
            for name in Self.state { _ = try copy.copy(Array(name.utf8)) }
        } catch {
            throw .worktree(error)
        }
    }

    /// Puts git's state of an archived worktree back, once its folder is there again.
    func putBackState(_ record: WorktreeRecord, from folder: String) throws(LockgateError) {
        guard let notes = administration(of: record), PosixFile.isDirectory("\(folder)/git") else { return }
        for name in Self.state where PosixFile.exists("\(folder)/git/\(name)") { try discard("\(notes)/\(name)") }
        do throws(SystemError) {
            let copy = try TreeCopy(from: "\(folder)/git", to: notes)
            for name in Self.state { _ = try copy.copy(Array(name.utf8)) }
        } catch {
            throw .worktree(error)
        }
    }
}
