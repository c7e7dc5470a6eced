import Database

/// The index's tables. There are no migrations: an index of another version is made anew.
enum IndexSchema {
    /// Rises with every change of the tables or of what is put into them.
    static let version = 1
    /// "lkgi": marks the file as ours, so that no other database is taken for one.
    private static let application = 0x6C6B_6769

    /// Whether the database has these tables, of this version.
    static func isPresent(in database: DatabaseConnection) throws(DatabaseError) -> Bool {
        let found = try database.first("PRAGMA user_version") { $0.int(0) }
        let owner = try database.first("PRAGMA application_id") { $0.int(0) }
        return found == version && owner == application
    }

    /// Whether nothing at all is in the database.
    static func isEmpty(_ database: DatabaseConnection) throws(DatabaseError) -> Bool {
        try database.first("SELECT 1 FROM sqlite_schema LIMIT 1") { $0.int(0) } == nil
    }

    /// Makes the tables in an empty database.
    static func create(in database: DatabaseConnection) throws(DatabaseError) {
        try database.execute(
            """
            CREATE TABLE session (
                key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
                file TEXT NOT NULL, notes TEXT NOT NULL, inode INTEGER NOT NULL, bytes INTEGER NOT NULL,
                state TEXT NOT NULL, cwd TEXT, model TEXT, provider TEXT, prompt TEXT, last_time TEXT,
                turns INTEGER, requests INTEGER, cost REAL, name TEXT, archived INTEGER NOT NULL, directory TEXT, imported INTEGER,
                words_file TEXT NOT NULL DEFAULT '', words_length INTEGER NOT NULL DEFAULT 0,
                words_head TEXT NOT NULL DEFAULT ''
            );
            CREATE INDEX session_cwd ON session (cwd);
            CREATE VIRTUAL TABLE words USING fts5(
                text, kind UNINDEXED, time UNINDEXED, tokenize = 'unicode61 remove_diacritics 2');
            PRAGMA application_id = 1818978153;
            PRAGMA user_version = 1;
            """)
    }
}
