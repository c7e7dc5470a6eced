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
        }
        for path in newestFirst where PathText.name(path) == "\(id).jsonl" { return path }
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
        newestFirst.lazy.compactMap { path in
            SessionID(String(PathText.name(path).dropLast(".jsonl".utf8.count))).map {
                SessionLocation(id: $0, path: path)
            }
        }
    }

    /// The newest session that ran in `directory`, or the newest of all for nil.
    ///
    /// - Throws: `session.unknown` when there is none.
    package func newest(in directory: String?) throws(LockgateError) -> SessionID {
        for path in newestFirst {
            guard let id = SessionID(String(PathText.name(path).dropLast(".jsonl".utf8.count))) else { continue }
            guard let directory else { return id }
            guard let header = Self.header(ofSessionAt: path) else { continue }
            // A session in a worktree belongs to the local tree that it was made from, too.
            if header["cwd"]?.string == directory || header["worktree"]?["root"]?.string == directory { return id }
        }
        throw LockgateError(
            "session.unknown", directory.map { "no session has run in \($0)" } ?? "there are no sessions yet")
    }

    private var newestFirst: some Sequence<String> {
        // Names are dates and time-ordered ids, so plain order is time order.
        PosixFile.list(root).reversed().lazy.flatMap { year in
            PosixFile.list("\(root)/\(year)").reversed().lazy.flatMap { month in
                PosixFile.list("\(root)/\(year)/\(month)").reversed().lazy.flatMap { day in
                    PosixFile.list("\(root)/\(year)/\(month)/\(day)").reversed().lazy
                        .filter { $0.hasSuffix(".jsonl") }.map { "\(root)/\(year)/\(month)/\(day)/\($0)" }
                }
            }
        }
    }

    /// The first record, read without the rest of the file.
    package static func header(ofSessionAt path: String) -> JSONValue? {
        guard let head = PosixFile.head(path, limit: 65_536),
            let end = head.firstIndex(of: UInt8(ascii: "\n")),
            let record = try? JournalRecord.read(head[..<end])
        else { return nil }
        return record.payload
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
    var notesPath: String { String(path.dropLast("jsonl".utf8.count)) + "notes" }
    var hasNotes: Bool { PosixFile.exists(notesPath) }
}
