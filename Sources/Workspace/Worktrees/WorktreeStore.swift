package import Basics
import Glibc
package import Wire

/// The managed worktrees of one repository: `HOME/worktrees/<repository>/<name>`, with what is known of them beside.
///
/// `.state` holds a record for each and the locks, `.archives` what was removed, `.trash` what is on its way out. All that
/// changes a worktree happens under the repository's lock; the git that it starts holds the lock as well, so that after
/// a kill nothing is touched while that still runs. Taking the lock first completes or takes back what was killed.
package struct WorktreeStore: Sendable {
    /// LOCKGATE_HOME, canonical.
    package let home: String
    /// The local tree: the top of the working tree that was asked from, canonical.
    package let root: String
    /// The repository's common folder, canonical.
    package let repository: String
    /// PATH, for git.
    let search: String

    /// How long another process may hold the lock.
    private static let patience = Duration.seconds(120)

    /// Finds the repository of a folder.
    ///
    /// - Throws: `worktree.no_repository`, `git.missing`.
    package init(home: String, directory: String, search: String) throws(LockgateError) {
        do throws(SystemError) { try PosixFile.makeDirectory(home) } catch { throw .worktree(error) }
        self.home = PosixFile.canonical(home) ?? home
        self.search = search
        let found = try HostGit(in: directory, search: search).attempt([
            "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir",
        ])
        let lines = String(decoding: found.output, as: UTF8.self).split(separator: "\n").map(String.init)
        guard found.status == 0, lines.count == 2, let root = PosixFile.canonical(lines[0]),
            let repository = PosixFile.canonical(lines[1])
        else {
            throw LockgateError(
                "worktree.no_repository", "\(directory) is not in the working tree of a git repository",
                remedy: "run git init there and commit once, or work without --worktree")
        }
        self.root = root
        self.repository = repository
    }

    /// The store that a worktree belongs to, for the worktree's own path.
    package init(of record: WorktreeRecord, home: String, search: String) {
        self.home = PosixFile.canonical(home) ?? home
        self.search = search
        root = record.root
        repository = record.repository
    }

    // MARK: Places

    private static func key(_ repository: String) -> String {
        String(ContentDigest(of: Array(repository.utf8)).text.prefix(16))
    }

    var folder: String { "\(home)/worktrees/\(Self.key(repository))" }
    var state: String { "\(folder)/.state" }
    var archives: String { "\(folder)/.archives" }
    /// What `exec --attempts` has found out.
    package var attempts: String { "\(folder)/.attempts" }
    var trash: String { "\(folder)/.trash" }
    package func path(of name: String) -> String { "\(folder)/\(name)" }
    private func file(of name: String) -> String { "\(state)/\(name).json" }

    /// What is known of the worktree that a folder is, or lies in; nil for any other folder.
    package static func record(at folder: String, home: String) -> WorktreeRecord? {
        let base = "\(PosixFile.canonical(home) ?? home)/worktrees"
        guard folder != base, PathText.isWithin(folder, base) else { return nil }
        let parts = PathText.relative(folder, to: base).split(separator: "/")
        guard parts.count >= 2, WorktreeRecord.isName(String(parts[1])) else { return nil }
        return read("\(base)/\(parts[0])/.state/\(parts[1]).json")
    }

    private static func read(_ path: String) -> WorktreeRecord? {
        guard let bytes = try? PosixFile.read(path, limit: 1 << 20), let json = try? JSONValue(parsing: bytes) else {
            return nil
        }
        return WorktreeRecord(json: json)
    }

    // MARK: Records

    /// All of them, by name.
    package var records: [WorktreeRecord] {
        PosixFile.list(state).filter { $0.hasSuffix(".json") }.compactMap { Self.read("\(state)/\($0)") }
    }

    /// - Throws: `worktree.unknown`.
    package func record(_ name: String) throws(LockgateError) -> WorktreeRecord {
        guard WorktreeRecord.isName(name), let record = Self.read(file(of: name)) else {
            let known = records.map(\.name).joined(separator: ", ")
            throw LockgateError(
                "worktree.unknown", "there is no worktree \(name) of \(root)",
                remedy: known.isEmpty ? "make one with: lockgate exec --worktree=\(name)" : "there are: \(known)")
        }
        return record
    }

    func save(_ record: WorktreeRecord) throws(LockgateError) {
        do throws(SystemError) {
            try PosixFile.replace(file(of: record.name), with: record.json.bytes)
        } catch {
            throw .worktree(error)
        }
    }

    func forget(_ record: WorktreeRecord) throws(LockgateError) {
        guard unlink(file(of: record.name)) == 0 || errno == ENOENT else {
            throw .worktree(SystemError("unlink", file(of: record.name), errno: errno))
        }
        unlink("\(state)/\(record.name).use")
    }

    // MARK: Locks

    /// Runs a body while no other process changes worktrees of this repository, after what was killed is settled.
    ///
    /// - Throws: `worktree.busy` when another process takes longer than two minutes.
    package func locked<T>(
        _ body: (borrowing WorktreeSite) throws(LockgateError) -> T
    ) throws(LockgateError) -> T {
        for folder in [state, archives, trash] {
            do throws(SystemError) { try PosixFile.makeDirectory(folder) } catch { throw .worktree(error) }
        }
        let lock = try Self.wait(for: "\(state)/lock")
        defer { close(lock) }
        let site = WorktreeSite(store: self, lock: lock)
        try site.recover()
        return try body(site)
    }

    private static func wait(for path: String) throws(LockgateError) -> Int32 {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .worktree(SystemError("open", path, errno: errno)) }
        let end = ContinuousClock.now + patience
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < end else {
                close(file)
                throw LockgateError(
                    "worktree.busy", "another process has been changing worktrees of this repository for two minutes",
                    remedy: "try again when it has ended")
            }
            usleep(5000)
        }
        return file
    }

    /// Says that a session works in a worktree, until the value is gone.
    package func use(_ name: String) throws(LockgateError) -> WorktreeUse {
        try WorktreeUse("\(state)/\(name).use", isExclusive: false, name: name)
    }

    /// When a session last began in it, or it was made.
    package func lastUse(_ record: WorktreeRecord) -> WallTime {
        var status = stat()
        guard stat("\(state)/\(record.name).use", &status) == 0 else { return record.created }
        return max(record.created, WallTime(milliseconds: Int64(status.st_mtim.tv_sec) * 1000))
    }

    /// Keeps sessions out of a worktree.
    ///
    /// - Throws: `worktree.in_use`.
    func reserve(_ name: String) throws(LockgateError) -> WorktreeUse {
        try WorktreeUse("\(state)/\(name).use", isExclusive: true, name: name)
    }

    /// Finds a port range of its own, and saves the record with it: whoever comes next sees it.
    func saveWithPorts(_ record: inout WorktreeRecord) throws(LockgateError) {
        let lock = try Self.wait(for: "\(home)/worktrees/ports.lock")
        defer { close(lock) }
        var taken: Set<Int> = []
        for repository in PosixFile.list("\(home)/worktrees") {
            let folder = "\(home)/worktrees/\(repository)/.state"
            for name in PosixFile.list(folder) where name.hasSuffix(".json") {
                if let record = Self.read("\(folder)/\(name)") { taken.insert(record.portBase) }
            }
        }
        // Below the kernel's ephemeral range, which begins at 32768.
        let bases = stride(from: 20_000, to: 32_000, by: WorktreeRecord.ports)
        guard let free = bases.first(where: { !taken.contains($0) }) else {
            throw LockgateError(
                "worktree.too_many", "all \(12_000 / WorktreeRecord.ports) port ranges are taken by worktrees",
                remedy: "remove some: lockgate worktree gc")
        }
        record.portBase = free
        try save(record)
    }
}

/// Tells other processes that a worktree is in use, or keeps them out; the kernel lets go when the process ends.
package final class WorktreeUse: Sendable {
    private let descriptor: Int32

    fileprivate init(_ path: String, isExclusive: Bool, name: String) throws(LockgateError) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .worktree(SystemError("open", path, errno: errno)) }
        guard flock(file, (isExclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 else {
            close(file)
            throw LockgateError(
                "worktree.in_use",
                isExclusive ? "a session works in the worktree \(name)" : "the worktree \(name) is being changed",
                remedy: "try again when that has ended")
        }
        // When it was last used.
        if !isExclusive { futimens(file, nil) }
        descriptor = file
    }

    deinit { close(descriptor) }
}

extension LockgateError {
    /// A file of the worktrees' own folder.
    static func worktree(_ error: SystemError) -> LockgateError {
        LockgateError(
            "worktree.failed", "the worktree: \(error)",
            remedy: "free space, or make the folder writable (LOCKGATE_HOME)")
    }
}
