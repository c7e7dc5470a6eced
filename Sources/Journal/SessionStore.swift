import Audit
package import Basics
package import Wire

/// Where sessions lie: `HOME/sessions/YYYY/MM/DD/<id>.jsonl`.
package struct SessionStore: Sendable, Hashable {
    /// The `sessions` folder.
    package let root: String
    /// What signs the sessions' journals.
    package let keyFile: SealKeyFile

    package init(home: String) {
        root = home + "/sessions"
        keyFile = SealKeyFile(home: home)
    }

    /// Where the session's file belongs, by the time in its id.
    package func path(of id: SessionID) -> String { path(of: id, at: id.time) }

    func path(of id: SessionID, at time: WallTime) -> String {
        let date = time.rfc3339.prefix(10).split(separator: "-").joined(separator: "/")
        return "\(root)/\(date)/\(id).jsonl"
    }

    /// The file of a session, looked for in its day first (the id holds its time), then everywhere.
    ///
    /// - Throws: `session.unknown`.
    package func find(_ id: SessionID) throws(LockgateError) -> String {
        if let milliseconds = Int64(id.text.filter { $0 != "-" }.prefix(12), radix: 16) {
            let likely = path(of: id, at: WallTime(milliseconds: milliseconds))
            if PosixFile.exists(likely) { return likely }
            if PosixFile.exists(likely + ".gz") { return likely + ".gz" }
        }
        for location in locations where location.id == id { return location.path }
        throw LockgateError("session.unknown", "there is no session \(id) in \(root)")
    }

    /// The session that a person means: by its id, the beginning of one, or its name.
    ///
    /// - Throws: `session.unknown`; `session.ambiguous` where more than one is meant.
    package func resolve(_ text: String) throws(LockgateError) -> SessionLocation {
        if let id = SessionID(text) { return SessionLocation(id: id, path: try find(id)) }
        let wanted = text.lowercased()
        var found: [SessionLocation] = []
        // Less than eight digits are the same for days of sessions; a name may be any text.
        let mayBeID = wanted.utf8.count >= 4 && wanted.allSatisfy { $0.isHexDigit || $0 == "-" }
        for location in locations {
            if mayBeID, location.id.text.hasPrefix(wanted) { found.append(location) }
            if location.hasNotes, SessionNotes.read(of: location).name == text { return location }
        }
        guard let first = found.first else {
            throw LockgateError(
                "session.unknown", "there is no session \(text) in \(root)", remedy: "see: lockgate sessions list --all"
            )
        }
        guard found.count == 1 else {
            throw LockgateError(
                "session.ambiguous", "\(text) is the beginning of \(found.count) sessions' ids",
                remedy: "give more of the id; see: lockgate sessions list --all", exitCode: 2)
        }
        return first
    }

    /// All sessions, newest first.
    package var locations: some Sequence<SessionLocation> {
        dayFolders.lazy.flatMap { SessionLocation.named(in: $0, PosixFile.list($0)).map(\.location) }
    }

    /// The newest session that ran in `directory`, or the newest of all for nil.
    ///
    /// - Throws: `session.unknown` when there is none.
    package func newest(in directory: String?) throws(LockgateError) -> SessionID {
        for location in locations {
            // One of another program is never gone on with.
            guard let header = Self.header(ofSessionAt: location.path), header["imported"] == nil else { continue }
            guard let directory else { return location.id }
            // A session in a worktree belongs to the local tree that it was made from, too.
            if header["cwd"]?.string == directory || header["worktree"]?["root"]?.string == directory {
                return location.id
            }
        }
        throw LockgateError(
            "session.unknown", directory.map { "no session has run in \($0)" } ?? "there are no sessions yet")
    }

    /// The first record, read without the rest of the file.
    package static func header(ofSessionAt path: String) -> JSONValue? {
        guard let head = head(of: path, length: 65_536),
            let end = head.firstIndex(of: UInt8(ascii: "\n")),
            let record = try? JournalRecord.read(head[..<end])
        else { return nil }
        return record.payload
    }

    private static func head(of path: String, length: Int) -> [UInt8]? {
        guard JournalFile.isArchived(path) else { return PosixFile.head(path, limit: length) }
        var bytes: [UInt8] = []
        // A journal that is shorter ends with an error, and with all of its bytes.
        try? JournalFile.stream(path, length: length) { bytes += $0 }
        return bytes
    }
}

/// A session and its file.
package struct SessionLocation: Sendable, Hashable {
    package let id: SessionID
    package let path: String

    package init(id: SessionID, path: String) {
        self.id = id
        self.path = path
    }

    /// What a person has noted beside the file.
    package var notesPath: String { "\(PathText.parent(path))/\(id).notes" }
    /// What makes going on with it quick.
    package var resumePointPath: String { "\(PathText.parent(path))/\(id).resume" }
    /// Whether its journal was put away compressed.
    package var isArchived: Bool { JournalFile.isArchived(path) }
    var hasNotes: Bool { PosixFile.exists(notesPath) }
}
