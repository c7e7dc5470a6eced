import CSQLite

/// What SQLite says when something fails: its extended result code and its words.
package struct DatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The extended result code, see sqlite.org/rescode.html.
    package let code: Int32
    package let message: String

    package init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    private var primary: Int32 { code & 0xFF }

    /// Whether another connection holds what is needed, and waiting longer could help.
    package var isBusy: Bool { primary == SQLITE_BUSY || primary == SQLITE_LOCKED }

    /// Whether the file is no database, or a damaged one, so that only making it anew helps.
    package var isDamage: Bool { primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_FORMAT }

    package var description: String { "SQLite: \(message) (\(code))" }
}
