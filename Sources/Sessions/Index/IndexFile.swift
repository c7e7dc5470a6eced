import Basics
import CLinux
import Database
import Glibc

/// The file of the index, and the lock that keeps it from being replaced while somebody has it open.
///
/// The index is never the source of anything: where its file is missing, of another version or damaged it is made anew,
/// and where none can be had on the disk it is kept in memory.
final class IndexFile {
    private(set) var database: DatabaseConnection
    private let path: String
    /// Held shared while the file is open; -1 where there can be none.
    private let lock: Int32
    /// Whether it is kept for the next time.
    private(set) var isOnDisk = false

    /// Milliseconds that others may take for what they write.
    private static let patience = 5000

    /// - Parameters:
    ///   - home: LOCKGATE_HOME.
    ///   - anew: whether what is there is thrown away.
    init(home: String, anew: Bool) throws(DatabaseError) {
        path = home + "/index.sqlite"
        lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        database = try DatabaseConnection(.memory)
        if !anew, lock >= 0, flock(lock, LOCK_SH | LOCK_NB) == 0, let found = try? Self.opened(path) {
            database = found
            isOnDisk = true
            return
        }
        try remake()
    }

    deinit {
        if lock >= 0 { close(lock) }
    }

    /// Begins anew with nothing in it: on the disk where that can be, else in memory.
    func remake(inMemory: Bool = false) throws(DatabaseError) {
        // The old file is closed first.
        database = try DatabaseConnection(.memory)
        isOnDisk = false
        // Nobody has it open while it is removed: a log of the old file beside a new one would damage that.
        if !inMemory, lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 {
            for ending in ["", "-wal", "-shm", "-journal"] { unlink(path + ending) }
            if let made = try? Self.opened(path), flock(lock, LOCK_SH | LOCK_NB) == 0 {
                database = made
                isOnDisk = true
                return
            }
        }
        try IndexSchema.create(in: database)
    }

    private static func opened(_ path: String) throws -> DatabaseConnection {
        // Made here rather than by SQLite, which would let the umask decide who reads it.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
        close(descriptor)
        let database = try DatabaseConnection(.file(path), patience: patience)
        // The log lets readers go on while another process writes; it needs memory that both see, so no network.
        // Where another process is at it this moment, the file says the mode.
        try? database.execute(isLocal(path) ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE")
        try database.execute("PRAGMA synchronous = NORMAL")
        // Words of a session that was deleted are not left in free pages.
        try database.execute("PRAGMA secure_delete = ON")
        try database.write {
            guard try !IndexSchema.isPresent(in: database) else { return }
            guard try IndexSchema.isEmpty(database) else {
                throw DatabaseError(code: 11, message: "the index is of another version")
            }
            try IndexSchema.create(in: database)
        }
        return database
    }

    /// Whether the file lies on a file system of this machine, as far as it is one of the known ones.
    private static func isLocal(_ path: String) -> Bool {
        // ext, XFS, btrfs, tmpfs, overlayfs, F2FS, ZFS.
        let local: Set<Int> = [
            0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0xF2F5_2010, 0x2FC1_2FC1,
        ]
        return local.contains(Int(clinux_filesystem(PathText.parent(path))))
    }
}
