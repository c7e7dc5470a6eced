import Audit
import Basics
import Compression
import Glibc
package import Wire

/// Journals that are put away compressed, `<id>.jsonl.gz` beside where they were, and back again.
///
/// The bytes stay the same, so what verified before verifies as before.
package enum SessionArchive {
    /// Compresses the session's journal. Readers that have it open go on with what they have.
    ///
    /// - Returns: where it is then.
    /// - Throws: `session.in_use` while a process writes it; `session.unwritable`.
    @discardableResult
    package static func pack(_ location: SessionLocation) throws(LockgateError) -> SessionLocation {
        guard !JournalFile.isArchived(location.path) else { return location }
        // It would be of no use until the session is expanded, and can be made anew.
        unlink(location.resumePointPath)
        return try exchange(location, ending: JournalFile.archiveEnding) { file in
            let gzip = try GzipStream(.compress)
            var hasher = ContentHasher()
            try JournalFile.stream(location.path) { piece in
                hasher.update(piece)
                try gzip.take(piece) { try PosixFile.writeAll(file, Array($0)) }
            }
            try gzip.finish { try PosixFile.writeAll(file, Array($0)) }
            return hasher.text
        }
    }

    /// Expands it again, to be gone on with.
    ///
    /// - Returns: where it is then.
    /// - Throws: `session.unwritable`.
    @discardableResult
    package static func unpack(_ location: SessionLocation) throws(LockgateError) -> SessionLocation {
        guard JournalFile.isArchived(location.path) else { return location }
        return try exchange(location, ending: JournalFile.ending) { file in
            var hasher = ContentHasher()
            try JournalFile.stream(location.path) { piece in
                hasher.update(piece)
                try PosixFile.writeAll(file, Array(piece))
            }
            return hasher.text
        }
    }

    /// Writes the other form beside the file, reads it back, and only then takes the file away. A crash in between leaves
    /// both, of which the plain one counts.
    private static func exchange(
        _ location: SessionLocation, ending: String, _ write: (Int32) throws -> String
    ) throws(LockgateError) -> SessionLocation {
        let target = SessionLocation(
            id: location.id, path: "\(PathText.parent(location.path))/\(location.id)\(ending)")
        do {
            let lock = open(location.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard lock >= 0 else { throw SystemError("open", location.path, errno: errno) }
            defer { close(lock) }
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
                throw LockgateError(
                    "session.in_use", "session \(location.id) is in use by another process",
                    remedy: "end the other process")
            }
            // An ending that readers know how to read, and a name that is no session's.
            let temporary = "\(PathText.parent(location.path))/.\(getpid()).new\(ending)"
            let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard file >= 0 else { throw SystemError("open", temporary, errno: errno) }
            defer {
                close(file)
                unlink(temporary)
            }
            let digest = try write(file)
            guard fsync(file) == 0 else { throw SystemError("fsync", temporary, errno: errno) }
            var hasher = ContentHasher()
            try JournalFile.stream(temporary) { hasher.update($0) }
            guard hasher.text == digest else { throw SystemError("read back", temporary, errno: EIO) }
            // Lists go by a session's last moment, which this is not.
            var status = stat()
            if fstat(lock, &status) == 0 {
                let times = [status.st_atim, status.st_mtim]
                futimens(file, times)
            }
            guard rename(temporary, target.path) == 0 else { throw SystemError("rename", target.path, errno: errno) }
            guard unlink(location.path) == 0 else { throw SystemError("unlink", location.path, errno: errno) }
            return target
        } catch let error as LockgateError {
            throw error
        } catch {
            throw LockgateError(
                "session.unwritable", "session \(location.id) cannot be archived or taken back: \(error)")
        }
    }
}
