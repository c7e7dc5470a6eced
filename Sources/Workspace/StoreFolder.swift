import Basics
import Glibc
import Wire

/// A workspace's folder in the product's home: `workspaces/<digest of its canonical path>`, with `objects/`, `turns/`,
/// `cache`, `pending`, `path`, `expiry`, `repository` and two locks.
struct StoreFolder {
    let path: String
    let workspace: String

    /// - Parameters:
    ///   - workspace: need not exist any more; its folder then has to.
    ///   - isRepository: for a `RepositoryStore`, which is no workspace whatever folder somebody works in.
    init(home: String, workspace: String, isRepository: Bool = false) throws(LockgateError) {
        guard let canonical = Self.canonical(workspace) else {
            throw LockgateError(
                "workspace.not_found", "There is no folder \(workspace), nor one above it", remedy: "Check the path.")
        }
        self.workspace = canonical
        path = Self.path(home: home, canonical: isRepository ? "repository:" + canonical : canonical)
        do throws(SystemError) { try make() } catch { throw .store(error) }
    }

    /// A store by its own path; nil for anything else.
    init?(existing path: String) {
        guard let bytes = try? PosixFile.read(path + "/path", limit: 1 << 16) else { return nil }
        self.path = path
        workspace = String(decoding: bytes, as: UTF8.self)
    }

    private func make() throws(SystemError) {
        try PosixFile.makeDirectory(path + "/turns")
        if !PosixFile.exists(path + "/path") { try PosixFile.replace(path + "/path", with: Array(workspace.utf8)) }
    }

    private static func path(home: String, canonical: String) -> String {
        "\(home)/workspaces/\(ContentDigest(of: Array(canonical.utf8)).text.prefix(32))"
    }

    static func exists(home: String, canonical: String) -> Bool {
        PosixFile.isDirectory(path(home: home, canonical: canonical))
    }

    static func canonical(_ path: String) -> String? {
        if let whole = PosixFile.canonical(path) { return whole }
        guard let parent = PosixFile.canonical(PathText.parent(path)) else { return nil }
        let name = PathText.name(path)
        return name.isEmpty || name == "." || name == ".." ? nil : parent + "/" + name
    }

    /// Runs a body while no other process uses the store.
    ///
    /// - Throws: `workspace.busy` when another process has it for longer.
    func locked<T>(
        patience: Duration = .seconds(30), _ body: () throws(LockgateError) -> T
    ) throws(LockgateError) -> T {
        let end = ContinuousClock.now + patience
        while true {
            let file = try openLock()
            defer { close(file) }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                guard errno == EWOULDBLOCK || errno == EINTR else {
                    throw .store(SystemError("flock", path + "/lock", errno: errno))
                }
                guard ContinuousClock.now < end else {
                    throw LockgateError(
                        "workspace.busy",
                        "Another session has been taking a checkpoint of \(workspace) for \(patience.components.seconds) seconds",
                        remedy: "Try again when it has ended.")
                }
                usleep(5000)
                continue
            }
            // The store may have been removed as unused while this one waited for it.
            guard Self.names(path + "/lock", file) else { continue }
            // When the store was last used (`StoreSweep`).
            futimens(file, nil)
            return try body()
        }
    }

    private func openLock() throws(LockgateError) -> Int32 {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC
        let file = Glibc.open(path + "/lock", flags, 0o600)
        if file >= 0 { return file }
        guard errno == ENOENT else { throw .store(SystemError("open", path + "/lock", errno: errno)) }
        do throws(SystemError) { try make() } catch { throw .store(error) }
        let second = Glibc.open(path + "/lock", flags, 0o600)
        guard second >= 0 else { throw .store(SystemError("open", path + "/lock", errno: errno)) }
        return second
    }

    /// Whether a path still names an open file.
    static func names(_ path: String, _ file: Int32) -> Bool {
        var (open, named) = (stat(), stat())
        return fstat(file, &open) == 0 && stat(path, &named) == 0 && open.st_ino == named.st_ino
            && open.st_dev == named.st_dev
    }

    /// Takes the lock under which one process at a time forgets turns; nil while another does.
    func expiryLock() throws(SystemError) -> FileLock? { try FileLock(path + "/expiry.lock") }

    /// Replaces a file so that a killed process leaves the old or the new one. It waits for no disk: after a loss of
    /// power the file may be missing, and then a checkpoint is.
    func write(_ name: String, _ bytes: [UInt8]) throws(SystemError) {
        let target = "\(path)/\(name)"
        let temporary = "\(target).new"
        let file = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemError("open", temporary, errno: errno) }
        defer { close(file) }
        try PosixFile.writeAll(file, bytes)
        guard rename(temporary, target) == 0 else { throw SystemError("rename", target, errno: errno) }
    }

    func read(_ name: String, limit: Int = 1 << 30) -> [UInt8]? { try? PosixFile.read("\(path)/\(name)", limit: limit) }

    // MARK: Turns

    func write(_ turn: TurnRecord) throws(SystemError) { try write(Self.fileName(turn.id), turn.json.bytes) }

    /// Oldest first.
    func turns() -> [TurnRecord] {
        PosixFile.list(path + "/turns").filter { $0.hasSuffix(".json") }.compactMap { name in
            read("turns/\(name)").flatMap { try? JSONValue(parsing: $0) }.flatMap(TurnRecord.init(json:))
        }
    }

    /// What can be read of it without reading them all.
    var oldestTurn: TurnRecord? {
        let name = PosixFile.list(path + "/turns").first { $0.hasSuffix(".json") }
        return name.flatMap { read("turns/\($0)") }.flatMap { try? JSONValue(parsing: $0) }
            .flatMap(TurnRecord.init(json:))
    }

    /// The records are removed oldest first, so that those that stay are the newest whenever that is interrupted.
    func forget(through id: Int) throws(SystemError) {
        for name in PosixFile.list(path + "/turns") {
            guard let number = Self.number(name) else { continue }
            guard number <= id else { break }
            guard unlink("\(path)/turns/\(name)") == 0 || errno == ENOENT else {
                throw SystemError("unlink", "\(path)/turns/\(name)", errno: errno)
            }
        }
    }

    /// Nil for anything but a turn's file.
    private static func number(_ name: String) -> Int? {
        name.hasSuffix(".json") ? Int(name.dropLast(".json".utf8.count)) : nil
    }

    func lastTurnID() -> Int {
        PosixFile.list(path + "/turns").compactMap(Self.number).last ?? 0
    }

    private static func fileName(_ id: Int) -> String {
        let text = String(id)
        return "turns/" + String(repeating: "0", count: max(0, 10 - text.utf8.count)) + text + ".json"
    }
}
