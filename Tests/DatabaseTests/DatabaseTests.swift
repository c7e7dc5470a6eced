import Database
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct DatabaseTests {
    @Test func valuesComeBackAsTheyWent() throws {
        let database = try DatabaseConnection(.memory)
        try database.execute("CREATE TABLE t (n, i, r, s)")
        for text in ["", "a", "'; DROP TABLE t; --", "nul\0inside", "héllo 再来", String(repeating: "x", count: 100_000)]
        {
            try database.run("DELETE FROM t")
            try database.run(
                "INSERT INTO t VALUES (?1, ?2, ?3, ?4)", .null, .integer(Int64.min), .real(0.5), .text(text))
            let row = try database.first("SELECT * FROM t") { row in
                [row.isNull(0) ? "null" : "", "\(row.int(1) ?? 0)", "\(row.double(2) ?? 0)", row.text(3) ?? "?"]
            }
            #expect(row == ["null", "\(Int64.min)", "0.5", text])
        }
        // Another type is nothing, and not a guess.
        #expect(try database.first("SELECT s, i FROM t") { $0.int(0) == nil && $0.text(1) == nil } == true)
        #expect(try database.rows("SELECT 1 WHERE 0") { $0.int(0) } == [])
    }

    @Test func whatFailsIsTakenBackWhole() throws {
        struct Stop: Error {}
        let database = try DatabaseConnection(.memory)
        try database.execute("CREATE TABLE t (n UNIQUE)")
        #expect(throws: Stop.self) {
            try database.write {
                try database.run("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        #expect(try database.first("SELECT count(*) FROM t") { $0.int(0) } == 0)
        #expect(throws: DatabaseError.self) {
            try database.write {
                try database.run("INSERT INTO t VALUES (1)")
                try database.run("INSERT INTO t VALUES (1)")
            }
        }
        #expect(try database.first("SELECT count(*) FROM t") { $0.int(0) } == 0)
        try database.write { try database.run("INSERT INTO t VALUES (1)") }
        #expect(try database.first("SELECT count(*) FROM t") { $0.int(0) } == 1)
    }

    @Test func errorsSayWhatTheyAre() throws {
        try TemporaryFolder.with { folder in
            let database = try DatabaseConnection(.memory)
            let wrong = #expect(throws: DatabaseError.self) { try database.run("SELEC 1") }
            #expect(wrong?.message.contains("syntax error") == true)
            #expect(throws: DatabaseError.self) { try database.run("SELECT ?1, ?2", .null) }
            try folder.write("no.sqlite", String(repeating: "no database ", count: 1000))
            let damage = #expect(throws: DatabaseError.self) {
                try DatabaseConnection(.file(folder.at("no.sqlite"))).run("SELECT * FROM sqlite_schema")
            }
            #expect(damage?.isDamage == true)
            let first = try DatabaseConnection(.file(folder.at("a.sqlite")))
            try first.execute("CREATE TABLE t (n)")
            let second = try DatabaseConnection(.file(folder.at("a.sqlite")), patience: 0)
            let busy = try first.write {
                #expect(throws: DatabaseError.self) { try second.write { try second.run("INSERT INTO t VALUES (1)") } }
            }
            #expect(busy?.isBusy == true)
        }
    }
}
