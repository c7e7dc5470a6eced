import Basics
import Glibc
import Journal
import Sessions
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(5))) struct SessionIndexTests {
    /// All that an index says, for comparing two.
    private func content(_ index: SessionIndex) throws -> [String] {
        var lines = try index.summaries(in: nil, archived: true).map(\.json.text)
        for word in SyntheticSessions.vocabulary + ["cmd"] {
            lines += try hits(word, in: index).map(\.json.text).sorted()
        }
        return lines
    }

    private func hits(_ text: String, in index: SessionIndex, isRaw: Bool = false) throws -> [SearchHit] {
        var query = SearchQuery(text)
        query.isRaw = isRaw
        query.includesArchived = true
        query.limit = 100_000
        return try index.search(query)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func whatIsTakenInBitByBitIsWhatIsMadeAnew(_ seed: UInt64) throws {
        try SyntheticSessions.with(seed: seed) { sessions in
            for step in 0..<20 {
                switch sessions.number(below: 8) {
                case 0, 1: try sessions.begin(cwd: "/w/\(sessions.number(below: 3))")
                case 2, 3: if let some = sessions.locations.first { try sessions.goOn(some) }
                case 4: if let some = sessions.locations.last { try sessions.remove(some) }
                case 5:
                    if let some = sessions.locations.first {
                        try SessionNotes(name: "n\(step)", isArchived: step % 2 == 0).write(of: some)
                    }
                case 6:
                    // A shorter file in the place of a session, as a restored backup leaves it.
                    if let some = sessions.locations.last {
                        let bytes = try PosixFile.read(some.path, limit: 1 << 24)
                        try PosixFile.replace(some.path, with: Array(bytes.prefix(sessions.number(below: bytes.count))))
                    }
                default: _ = try content(SessionIndex(home: sessions.home))
                }
            }
            let index = try SessionIndex(home: sessions.home)
            let grown = try content(index)
            #expect(index.isOnDisk)
            let files = sessions.store.summaries(in: nil, archived: true).map(\.json.text)
            #expect(Array(grown.prefix(files.count)) == files)
            #expect(sessions.store.summaries(in: "/w/1") == (try index.summaries(in: "/w/1")))
            #expect(try index.summaries(in: nil, limit: 2).count == min(2, index.summaries(in: nil).count))
            // While another has it open it is not thrown away, so this one is in memory.
            let second = try SessionIndex(home: sessions.home, anew: true)
            #expect(!second.isOnDisk)
            #expect(try content(second) == grown)
        }
    }

    @Test func wordsAreFoundWithTheirPlaceAndContextIsNot() throws {
        try SyntheticSessions.with { sessions in
            let location = try sessions.begin()
            let (journal, _) = try SessionJournal.resume(id: location.id, path: location.path)
            try journal.append(
                "conversation", ["kind": "assistant", "text": "The \"Zebra\" \u{2}of\u{3} SELECT * FROM zoo; --\nline"])
            let index = try SessionIndex(home: sessions.home)
            let hit = try #require(try hits("zebra", in: index).first)
            #expect(hit.session == location.id.text)
            #expect(hit.sequence == 10)
            #expect(hit.kind == "assistant")
            #expect(hit.cwd == "/w")
            let shown = hit.snippet.map { $0.isMatch ? "[\($0.text)]" : $0.text }.joined()
            #expect(shown == "The \"[Zebra]\"  of  SELECT * FROM zoo; -- line")
            #expect(try hits("secretcontext", in: index).isEmpty)
            #expect(try hits("zeb*", in: index).count == 1)
            #expect(try hits("zeb", in: index).isEmpty)
            #expect(try hits("Zebra ZOO", in: index).count == 1)
            #expect(try hits("zebra OR nothing", in: index).isEmpty)
            #expect(try hits("zebra OR nothing", in: index, isRaw: true).count == 1)
            var late = SearchQuery("zebra")
            late.since = "2999-01-01"
            #expect(try index.search(late).isEmpty)
        }
    }

    @Test func noWordsOfAPersonAreAnErrorOfSyntax() throws {
        try SyntheticSessions.with(seed: 4) { sessions in
            try sessions.begin()
            let index = try SessionIndex(home: sessions.home)
            let signs = Array("\"'*()^-+:{}[]~!?.,;\\/|&<>=@#$%\0\t a AND OR NOT NEAR é再")
            for _ in 0..<500 {
                let text = String(
                    (0..<sessions.number(below: 12)).map { _ in signs[sessions.number(below: signs.count)] })
                do {
                    _ = try hits(text, in: index)
                } catch let error as LockgateError {
                    #expect(error.message == "there is no word to search for", "\(text): \(error)")
                }
            }
            for bad in ["\"", "AND", "a NEAR(", "col:", "(a", "*"] {
                let error = #expect(throws: LockgateError.self) { try hits(bad, in: index, isRaw: true) }
                #expect(error?.code == "index.query")
                #expect(error?.exitCode == 2)
            }
        }
    }

    @Test func aDamagedIndexIsMadeAnew() throws {
        try SyntheticSessions.with(seed: 7) { sessions in
            for _ in 0..<12 { try sessions.begin(turns: 3) }
            let path = sessions.home + "/index.sqlite"
            let expected = try content(SessionIndex(home: sessions.home))
            let good = try PosixFile.read(path, limit: 1 << 26)
            func check(_ bytes: [UInt8], _ what: String) throws {
                try PosixFile.replace(path, with: bytes)
                for ending in ["-wal", "-shm"] { unlink(path + ending) }
                let index = try SessionIndex(home: sessions.home)
                #expect(try content(index) == expected, "\(what)")
                #expect(index.isOnDisk, "\(what)")
            }
            try check([], "empty")
            try check(Array("no database at all".utf8), "text")
            try check([UInt8](repeating: 0, count: 65_536), "zeros")
            try check(Array(good.prefix(good.count / 2)), "cut")
            try check(Array(good.prefix(5000)), "cut in a page")
            // Another program's database, and one of another version.
            var version = good
            version[63] ^= 0xFF
            try check(version, "version")
            var owner = good
            owner[71] ^= 0xFF
            try check(owner, "owner")
            // Pages overwritten: whatever the index says then, it neither ends the program nor lasts after a rebuild.
            for _ in 0..<20 {
                var bytes = good
                let page = 4096 * sessions.number(below: bytes.count / 4096)
                for place in page + sessions.number(below: 4000)..<page + 4096 {
                    bytes[place] = UInt8(sessions.number(below: 256))
                }
                try PosixFile.replace(path, with: bytes)
                for ending in ["-wal", "-shm"] { unlink(path + ending) }
                _ = try? content(SessionIndex(home: sessions.home))
            }
            #expect(try content(SessionIndex(home: sessions.home, anew: true)) == expected)
            // No file can be had at all.
            unlink(path)
            mkdir(path, 0o700)
            let index = try SessionIndex(home: sessions.home)
            #expect(!index.isOnDisk)
            #expect(try content(index) == expected)
        }
    }

    @Test func tenThousandSessionsAreListedAndSearched() throws {
        try SyntheticSessions.with { sessions in
            let ids = try sessions.writeMany(10_000)
            let index = try SessionIndex(home: sessions.home)
            #expect(try index.summaries(in: "/w/7").count == 100)
            #expect(try index.summaries(in: nil).map(\.location.id.text) == ids.sorted().reversed())
            #expect(try index.summaries(in: nil, limit: 3).map(\.location.id.text) == ids.sorted().suffix(3).reversed())
            var query = SearchQuery("needle")
            query.limit = 1000
            #expect(try index.search(query).count == 100)
            try sessions.goOn(SessionLocation(id: try #require(SessionID(ids[5])), path: sessions.path(of: ids[5])))
            #expect(try index.summaries(in: nil).count == 10_000)
        }
    }

    @Test func manyAtOnceSayTheSame() async throws {
        let (folder, expected) = try await TemporaryFolder.with { outer in
            // Kept by copying: the fixture's folder ends with its scope.
            let expected = try SyntheticSessions.with(seed: 9) { sessions in
                for _ in 0..<15 { try sessions.begin(turns: 2) }
                let found = try content(SessionIndex(home: sessions.home)).count
                _ = try OracleCommand.run(["cp", "-a", sessions.home + "/sessions", outer.at("sessions")], in: outer)
                return found
            }
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try content(SessionIndex(home: outer.path)).count } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            return (counts, expected)
        }
        #expect(folder == Array(repeating: expected, count: 8))
    }
}
