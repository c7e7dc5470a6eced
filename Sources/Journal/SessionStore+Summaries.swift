import Basics
import Glibc
package import Wire

extension SessionStore {
    /// What lists show, newest first.
    ///
    /// - Parameter directory: those that ran there; nil for all.
    package func summaries(in directory: String?, archived: Bool = false) -> [SessionSummary] {
        let inUse = FileLocks.inodes()
        return locations.compactMap { location in
            let summary = SessionSummary(location, inUse: inUse)
            guard directory == nil || summary.cwd == directory, archived || !summary.notes.isArchived else {
                return nil
            }
            return summary
        }
    }

    /// A name that can mean this session and no other.
    ///
    /// - Throws: `session.name`.
    package func checkedName(_ name: String, for session: SessionLocation) throws(LockgateError) -> String {
        func refusal(_ reason: String) -> LockgateError {
            LockgateError("session.name", "a session cannot have that name: \(reason)", exitCode: 2)
        }
        guard name.utf8.count <= 100 else { throw refusal("it is longer than 100 bytes") }
        guard name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }), HarmlessText.clean(name) == name
        else { throw refusal("it holds a control character") }
        guard !name.allSatisfy({ $0.isHexDigit || $0 == "-" }) else { throw refusal("it looks like an id") }
        for other in locations where other != session && other.hasNotes && SessionNotes.read(of: other).name == name {
            throw refusal("session \(other.id) has it")
        }
        return name
    }
}

extension SessionLocation {
    /// Removes the session's files.
    ///
    /// - Throws: `session.in_use` while a process writes it; `session.unwritable`.
    package func delete() throws(LockgateError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unwritable(SystemError("open", path, errno: errno)) }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw LockgateError(
                "session.in_use", "session \(id) is in use by another process", remedy: "end the other process")
        }
        guard unlink(path) == 0 else { throw unwritable(SystemError("unlink", path, errno: errno)) }
        unlink(resumePointPath)
        guard unlink(notesPath) == 0 || errno == ENOENT else {
            throw unwritable(SystemError("unlink", notesPath, errno: errno))
        }
    }

    private func unwritable(_ error: SystemError) -> LockgateError {
        LockgateError("session.unwritable", "session \(id) cannot be deleted: \(error)")
    }
}
