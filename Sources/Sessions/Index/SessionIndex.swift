import Basics
import Database
package import Journal
package import Wire

/// A table of all sessions and the words in them, beside the files in `HOME/index.sqlite`.
///
/// Everything in it comes from the files and is compared with them before each use: what a file's inode, size and time say
/// changed is read again, journals from where the last reading ended. Sessions themselves never touch it.
package final class SessionIndex {
    private let store: SessionStore
    private let file: IndexFile
    /// Sessions that are brought up to date in one step, so that other processes get their turn.
    private static let batch = 128

    /// Opens the index, or makes it.
    ///
    /// - Throws: `index.unusable` where not even memory can hold one.
    package init(home: String, anew: Bool = false) throws(LockgateError) {
        store = SessionStore(home: home)
        do throws(DatabaseError) {
            file = try IndexFile(home: home, anew: anew)
        } catch {
            throw Self.unusable(error)
        }
    }

    /// Whether it is kept for the next time.
    package var isOnDisk: Bool { file.isOnDisk }

    /// The sessions as `SessionStore.summaries` gives them.
    ///
    /// - Parameters:
    ///   - directory: those that ran there; nil for all.
    ///   - limit: the newest so many.
    package func summaries(
        in directory: String?, archived: Bool = false, limit: Int = .max
    ) throws(LockgateError) -> [SessionSummary] {
        try mending { index throws in
            try index.refresh()
            let inUse = FileLocks.inodes()
            return try index.file.database.rows(
                """
                SELECT path, inode, bytes, state, cwd, model, provider, prompt, last_time, turns, requests, cost, name,
                    archived, directory, id, imported
                FROM session WHERE (?1 IS NULL OR cwd = ?1) AND (archived = 0 OR ?2) ORDER BY id DESC LIMIT ?3
                """, .optional(directory), .bool(archived), .integer(Int64(limit))
            ) { IndexedSummary.read($0, root: index.store.root, inUse: inUse) }.compactMap(\.self)
        }
    }

    /// What is found in the words of all sessions, the best first.
    ///
    /// - Throws: `index.query` for a query that cannot be read.
    package func search(_ query: SearchQuery) throws(LockgateError) -> [SearchHit] {
        let expression = try query.expression
        return try mending { index throws in
            try index.refresh()
            try index.refreshWords()
            do {
                return try index.file.database.rows(
                    """
                    SELECT session.id, words.rowid & 4294967295, words.kind, words.time, session.cwd, session.name,
                        session.prompt, snippet(words, 0, char(2), char(3), '…', 24)
                    FROM words JOIN session ON session.key = words.rowid >> 32
                    WHERE words MATCH ?1 AND (?2 IS NULL OR session.cwd = ?2) AND (?3 IS NULL OR words.time >= ?3)
                        AND (session.archived = 0 OR ?4)
                    ORDER BY words.rank, words.time DESC LIMIT ?5
                    """, .text(expression), .optional(query.directory), .optional(query.since),
                    .bool(query.includesArchived), .integer(query.limit), make: SearchHit.init)
            } catch let error as DatabaseError where query.isRaw && error.code == 1 {
                throw LockgateError(
                    "index.query", "the query cannot be read: \(error.message)",
                    remedy: "leave out --raw to search for the words as they are", exitCode: 2)
            }
        }
    }

    // MARK: - Bringing up to date

    /// Runs a body; where the index turns out to be damaged it is made anew, and if that does not help kept in memory.
    private func mending<Value>(_ body: (SessionIndex) throws -> Value) throws(LockgateError) -> Value {
        for attempt in 0... {
            do {
                return try body(self)
            } catch let error as LockgateError {
                throw error
            } catch let error as DatabaseError {
                guard attempt < 2 else { throw Self.unusable(error) }
                do throws(DatabaseError) {
                    try file.remake(inMemory: attempt > 0 || error.isBusy)
                } catch {
                    throw Self.unusable(error)
                }
            } catch {
                throw LockgateError("index.unusable", "the sessions' index cannot be used: \(error)")
            }
        }
        throw LockgateError("index.unusable", "the sessions' index cannot be used")
    }

    /// Takes in sessions that are new or changed, and drops those that are gone.
    private func refresh() throws {
        var known: [String: (file: String, notes: String)] = [:]
        for row in try file.database.rows(
            "SELECT id, file, notes FROM session",
            make: { ($0.text(0) ?? "", $0.text(1) ?? "", $0.text(2) ?? "") })
        { known[row.0] = (row.1, row.2) }
        var changed: [SessionListing] = []
        for entry in store.listing {
            let last = known.removeValue(forKey: entry.location.id.text)
            if last?.file != entry.file.description || last?.notes != entry.notesMark { changed.append(entry) }
        }
        guard !changed.isEmpty || !known.isEmpty else { return }
        for start in stride(from: 0, to: changed.count, by: Self.batch) {
            let entries = changed[start..<min(start + Self.batch, changed.count)]
            let summaries = entries.map { ($0, SessionSummary($0.location)) }
            try file.database.write { for (entry, summary) in summaries { try put(entry, summary) } }
        }
        guard !known.isEmpty else { return }
        try file.database.write {
            for id in known.keys {
                guard let key = try key(of: id) else { continue }
                try dropWords(key)
                try file.database.run("DELETE FROM session WHERE key = ?1", .integer(key))
            }
        }
    }

    private func put(_ entry: SessionListing, _ summary: SessionSummary) throws(DatabaseError) {
        let path = String(entry.location.path.dropFirst(store.root.count + 1))
        try file.database.run(
            """
            INSERT INTO session (id, path, file, notes, inode, bytes, state, cwd, model, provider, prompt, last_time, turns,
                requests, cost, name, archived, directory, imported)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
            ON CONFLICT (id) DO UPDATE SET path = ?2, file = ?3, notes = ?4, inode = ?5, bytes = ?6, state = ?7, cwd = ?8,
                model = ?9, provider = ?10, prompt = ?11, last_time = ?12, turns = ?13, requests = ?14, cost = ?15,
                name = ?16, archived = ?17, directory = ?18, imported = ?19
            """, .text(entry.location.id.text), .text(path), .text(entry.file.description), .text(entry.notesMark),
            .integer(Int64(bitPattern: summary.inode)), .integer(summary.bytes), .text(summary.state.rawValue),
            .optional(summary.cwd), .optional(summary.model), .optional(summary.provider), .optional(summary.prompt),
            .optional(summary.lastTime), .optional(summary.totals?.turns), .optional(summary.totals?.requests),
            .optional(summary.totals?.cost), .optional(summary.notes.name), .bool(summary.notes.isArchived),
            .optional(summary.notes.directory), .optional(summary.notes.imported))
    }

    /// Takes in the words of what changed since they were read.
    private func refreshWords() throws {
        let due = try file.database.rows("SELECT key, path FROM session WHERE words_file <> file") { row in
            (key: row.int(0) ?? 0, path: row.text(1) ?? "")
        }
        for start in stride(from: 0, to: due.count, by: Self.batch) {
            try file.database.write {
                for session in due[start..<min(start + Self.batch, due.count)] {
                    try takeWords(session.key, session.path)
                }
            }
        }
    }

    /// Reads on from where this or another process ended.
    private func takeWords(_ key: Int, _ path: String) throws {
        let database = file.database
        guard
            let last = try database.first(
                "SELECT words_length, words_head FROM session WHERE key = ?1 AND words_file <> file", .integer(key),
                make: { SessionWords.Place(length: $0.int(0) ?? 0, head: $0.text(1) ?? "") })
        else { return }
        // A file that cannot be read has no words; it is tried again when it changes.
        if let words = try? SessionWords(path: "\(store.root)/\(path)", from: last) {
            if !words.goesOn { try dropWords(key) }
            for entry in words.entries {
                try database.run(
                    "INSERT OR REPLACE INTO words (rowid, text, kind, time) VALUES (?1, ?2, ?3, ?4)",
                    .integer(key << 32 | entry.sequence & 0xFFFF_FFFF), .text(entry.text), .text(entry.kind),
                    .text(entry.time))
            }
            try database.run(
                "UPDATE session SET words_length = ?2, words_head = ?3 WHERE key = ?1", .integer(key),
                .integer(words.place.length), .text(words.place.head))
        }
        try database.run("UPDATE session SET words_file = file WHERE key = ?1", .integer(key))
    }

    private func key(of id: String) throws(DatabaseError) -> Int? {
        try file.database.first("SELECT key FROM session WHERE id = ?1", .text(id)) { $0.int(0) } ?? nil
    }

    private func dropWords(_ key: Int) throws(DatabaseError) {
        try file.database.run(
            "DELETE FROM words WHERE rowid BETWEEN ?1 AND ?2", .integer(key << 32), .integer(key << 32 | 0xFFFF_FFFF))
    }

    private static func unusable(_ error: DatabaseError) -> LockgateError {
        LockgateError(
            "index.unusable", "the sessions' index cannot be used: \(error)",
            remedy: "remove index.sqlite in LOCKGATE_HOME; it is made anew from the sessions")
    }
}

extension SessionListing {
    /// The notes' identity as the index keeps it.
    fileprivate var notesMark: String { notes?.description ?? "" }
}
