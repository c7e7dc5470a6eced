import Basics
import Glibc
package import Wire

/// What a person says of a session: a name, that it is put away, where it goes on. Kept beside the journal, which stays as it is.
package struct SessionNotes: Sendable, Hashable {
    package var name: String?
    package var isArchived = false
    /// The folder it was handed over to; nil where it goes on in its own.
    package var directory: String?
    /// How many records came from another machine. What they grant, and where they ran, counts for nothing here.
    package var imported: Int?

    package init(name: String? = nil, isArchived: Bool = false, directory: String? = nil, imported: Int? = nil) {
        self.directory = directory
        self.imported = imported
        self.name = name
        self.isArchived = isArchived
    }

    /// Empty where there is none, or none that can be read: notes are never needed to use a session.
    package static func read(of session: SessionLocation) -> SessionNotes {
        guard let bytes = try? PosixFile.read(session.notesPath, limit: 65_536),
            let json = try? JSONValue(parsing: bytes)
        else { return SessionNotes() }
        return SessionNotes(
            name: json["name"]?.string, isArchived: json["archived"]?.bool ?? false,
            directory: json["directory"]?.string, imported: json["imported"]?.int)
    }

    /// - Throws: `session.unwritable`.
    package func write(of session: SessionLocation) throws(LockgateError) {
        do throws(SystemError) {
            if self == SessionNotes() {
                guard unlink(session.notesPath) == 0 || errno == ENOENT else {
                    throw SystemError("unlink", session.notesPath, errno: errno)
                }
                return
            }
            var object = JSONObject()
            if let name { object["name"] = .string(name) }
            if isArchived { object["archived"] = true }
            if let directory { object["directory"] = .string(directory) }
            if let imported { object["imported"] = .int(imported) }
            try PosixFile.replace(session.notesPath, with: JSONValue.object(object).bytes + [0x0A])
        } catch {
            throw LockgateError("session.unwritable", "cannot note this of session \(session.id): \(error)")
        }
    }
}
