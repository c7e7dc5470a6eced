import Basics
import Glibc
import Journal
import Wire
import Workspace

/// The checkpoints of a session's turns on their way between machines: out of the store of its workspace into a file, and
/// from a file into that of another folder.
struct CheckpointTransfer {
    let home: String

    /// Writes the turns that the session's journal tells of, and that are still kept.
    ///
    /// - Throws: `workspace.nothing` where none is.
    func export(_ session: SessionLocation, to path: String) throws -> Int {
        let records = try JournalReader(path: session.path).records
        let turns = records.filter { $0.isEvent("checkpoint") }.compactMap {
            record -> (id: Int, before: String, after: String)? in
            let event = record.payload
            guard let id = event["turn"]?.int, let before = event["before"]?.string,
                let after = event["after"]?.string
            else { return nil }
            return (id, before, after)
        }
        let folder = SessionNotes.read(of: session).directory ?? records.first?.payload["cwd"]?.string
        guard let folder, !turns.isEmpty, let workspace = CheckpointStore.enclosing(folder, home: home) else {
            throw Self.nothing(session)
        }
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            throw LockgateError("output.unwritable", "cannot write: \(SystemError("open", path, errno: errno))")
        }
        defer { close(file) }
        let store = try CheckpointStore(home: home, workspace: workspace, coversRepository: false)
        let count = try store.export(turns, to: file)
        guard count > 0 else { throw Self.nothing(session) }
        return count
    }

    /// - Returns: how many turns can be taken back in the folder that could not before.
    /// - Throws: `bundle.checkpoints`.
    func take(_ path: String, into folder: String) throws -> Int {
        guard PosixFile.isDirectory(folder), let canonical = PosixFile.canonical(folder) else {
            throw LockgateError(
                "bundle.checkpoints", "\(folder) is no folder", remedy: "give the project's folder on this machine: -C")
        }
        let workspace = CheckpointStore.enclosing(canonical, home: home) ?? canonical
        return try CheckpointStore(home: home, workspace: workspace).importTurns(from: path)
    }

    private static func nothing(_ session: SessionLocation) -> LockgateError {
        LockgateError(
            "workspace.nothing", "no checkpoints of session \(session.id) are kept here that changed something",
            remedy: "export it without --checkpoints")
    }
}
