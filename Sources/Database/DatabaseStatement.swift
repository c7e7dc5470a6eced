import CSQLite

/// A prepared statement.
final class DatabaseStatement {
    private let connection: OpaquePointer
    private let handle: OpaquePointer

    init(_ sql: String, on connection: OpaquePointer) throws(DatabaseError) {
        var prepared: OpaquePointer?
        let result = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard result == SQLITE_OK, let prepared else {
            throw DatabaseError(code: result, message: String(cString: sqlite3_errmsg(connection)))
        }
        self.connection = connection
        handle = prepared
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds the values and hands over each row; the row is void after the call.
    func each(_ values: [DatabaseValue], _ body: (DatabaseRow) -> Void) throws(DatabaseError) {
        guard sqlite3_bind_parameter_count(handle) == values.count else {
            throw DatabaseError(code: SQLITE_MISUSE, message: "a statement got \(values.count) values")
        }
        defer {
            sqlite3_reset(handle)
            sqlite3_clear_bindings(handle)
        }
        for (place, value) in values.enumerated() { try check(bind(value, at: Int32(place + 1))) }
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: body(DatabaseRow(handle))
            case SQLITE_DONE: return
            case let result: try check(result)
            }
        }
    }

    private func bind(_ value: DatabaseValue, at place: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(handle, place)
        case .integer(let value): return sqlite3_bind_int64(handle, place, value)
        case .real(let value): return sqlite3_bind_double(handle, place, value)
        case .text(var value):
            return value.withUTF8 { bytes in
                // An empty text has no address, which would bind null.
                guard let base = bytes.baseAddress else {
                    return sqlite3_bind_text(handle, place, "", 0, lockgate_sqlite_transient())
                }
                return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    sqlite3_bind_text64(
                        handle, place, $0, UInt64(bytes.count), lockgate_sqlite_transient(), UInt8(SQLITE_UTF8))
                }
            }
        }
    }

    private func check(_ result: Int32) throws(DatabaseError) {
        guard result == SQLITE_OK else {
            throw DatabaseError(code: result, message: String(cString: sqlite3_errmsg(connection)))
        }
    }
}

/// The row that a statement stands on. Void after the call that hands it over.
package struct DatabaseRow {
    private let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

    /// Whether the column holds null, or there is no such column.
    package func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }

    /// The column as an integer; nil for null and for values of another type.
    package func int(_ column: Int) -> Int? {
        guard sqlite3_column_type(handle, Int32(column)) == SQLITE_INTEGER else { return nil }
        return Int(sqlite3_column_int64(handle, Int32(column)))
    }

    /// The column as a number; nil for null and texts.
    package func double(_ column: Int) -> Double? {
        switch sqlite3_column_type(handle, Int32(column)) {
        case SQLITE_INTEGER, SQLITE_FLOAT: sqlite3_column_double(handle, Int32(column))
        default: nil
        }
    }

    /// The column as text, bytes that are no UTF-8 replaced; nil for null and for values of another type.
    package func text(_ column: Int) -> String? {
        guard sqlite3_column_type(handle, Int32(column)) == SQLITE_TEXT,
            let bytes = sqlite3_column_text(handle, Int32(column))
        else { return nil }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
}
