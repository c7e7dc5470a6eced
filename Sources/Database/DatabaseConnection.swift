import CSQLite

/// One connection to a database file, for one thread at a time.
///
/// A thin layer over SQLite: statements take values by binding alone, so no text from outside ever becomes SQL.
package final class DatabaseConnection {
    package enum Place: Sendable, Hashable {
        case file(String)
        /// Gone with the connection.
        case memory
    }

    private let handle: OpaquePointer
    /// Prepared once each, by their text.
    private var statements: [String: DatabaseStatement] = [:]

    /// Opens or makes the database.
    ///
    /// - Parameter patience: milliseconds to wait for another connection's lock.
    package init(_ place: Place, patience: Int = 5000) throws(DatabaseError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW
        let path = if case .file(let path) = place { path } else { ":memory:" }
        let result = sqlite3_open_v2(path, &opened, flags, nil)
        guard result == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            let code = opened.map { sqlite3_extended_errcode($0) } ?? result
            sqlite3_close(opened)
            throw DatabaseError(code: code, message: message)
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Int32(clamping: patience))
        // A file from elsewhere can hold views and triggers; none of them runs anything.
        let defended = lockgate_sqlite_defend(handle)
        guard defended == SQLITE_OK else { throw DatabaseError(code: defended, message: "cannot be configured") }
        try execute("PRAGMA cell_size_check = ON")
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Runs SQL of this program's own that takes no values and whose rows, if any, are not of interest.
    package func execute(_ sql: StaticString) throws(DatabaseError) {
        var message: UnsafeMutablePointer<CChar>?
        let result = sqlite3_exec(handle, sql.description, nil, nil, &message)
        defer { sqlite3_free(message) }
        guard result == SQLITE_OK else {
            throw DatabaseError(code: result, message: message.map { String(cString: $0) } ?? "")
        }
    }

    /// Runs a statement with values for its question marks.
    package func run(_ sql: StaticString, _ values: DatabaseValue...) throws(DatabaseError) {
        try each(sql, values) { _ in }
    }

    /// The rows that a statement yields, each made into a value.
    package func rows<Value>(
        _ sql: StaticString, _ values: DatabaseValue..., make: (DatabaseRow) -> Value
    ) throws(DatabaseError) -> [Value] {
        var found: [Value] = []
        try each(sql, values) { found.append(make($0)) }
        return found
    }

    /// The first row; nil where there is none.
    package func first<Value>(
        _ sql: StaticString, _ values: DatabaseValue..., make: (DatabaseRow) -> Value
    ) throws(DatabaseError) -> Value? {
        var found: Value?
        try each(sql, values) { if found == nil { found = make($0) } }
        return found
    }

    /// The key of the row that was inserted last.
    package var lastKey: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Runs a body that either takes effect whole or not at all. It holds the writer's lock from the beginning, so that
    /// what it reads cannot be out of date when it writes.
    package func write<Value, Failure: Error>(
        _ body: () throws(Failure) -> Value
    ) throws -> Value {
        try execute("BEGIN IMMEDIATE")
        do {
            let value = try body()
            try execute("COMMIT")
            return value
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    private func each(
        _ sql: StaticString, _ values: [DatabaseValue], _ body: (DatabaseRow) -> Void
    ) throws(DatabaseError) {
        let key = sql.description
        // Taken out while it runs, so that a body may run the same one.
        let statement: DatabaseStatement
        if let known = statements.removeValue(forKey: key) {
            statement = known
        } else {
            statement = try DatabaseStatement(key, on: handle)
        }
        defer { statements[key] = statement }
        try statement.each(values, body)
    }
}
