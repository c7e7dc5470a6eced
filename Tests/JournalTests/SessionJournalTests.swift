import Basics
import Glibc
import Journal
import Testing
import Wire

@Suite struct SessionJournalTests {
    /// A journal of three records and its folder, removed afterwards.
    private func withJournal<R>(_ body: (SessionStore, SessionJournal, String) throws -> R) throws -> R {
        let home = "/tmp/lockgate-journal-\(SessionID())"
        defer { removeTree(home) }
        let store = SessionStore(home: home)
        let journal = try SessionJournal.create(in: store)
        try journal.append("session", ["cwd": "/w"])
        try journal.append("conversation", ["kind": "user", "parts": [["text": "héllo \"x\"\n"]]])
        try journal.append("turn.completed", ["n": 1.50])
        return try body(store, journal, try #require(journal.path))
    }

    private func removeTree(_ path: String) {
        for name in PosixFile.list(path) {
            let child = "\(path)/\(name)"
            if PosixFile.isDirectory(child) { removeTree(child) } else { unlink(child) }
        }
        rmdir(path)
    }

    @Test func aSessionThatRecordedNothingLeavesNoFile() throws {
        let home = "/tmp/lockgate-journal-\(SessionID())"
        defer { removeTree(home) }
        let store = SessionStore(home: home)
        var journal: SessionJournal? = try SessionJournal.create(in: store)
        let path = try #require(journal?.path)
        #expect(PosixFile.exists(path))
        journal = nil
        #expect(!PosixFile.exists(path))
    }

    @Test func recordsReadBackAsWritten() throws {
        try withJournal { store, journal, path in
            let reader = try JournalReader(path: path)
            #expect(reader.records.map(\.type) == ["session", "conversation", "turn.completed"])
            #expect(reader.records[1].payload == ["kind": "user", "parts": [["text": "héllo \"x\"\n"]]])
            #expect(reader.records[2].previous == reader.records[1].hash)
            #expect(reader.tornBytes == 0)
            #expect(try store.find(journal.id) == path)
            #expect(try store.newest(in: "/w") == journal.id)
            #expect(throws: LockgateError.self) { try store.newest(in: "/elsewhere") }
        }
    }

    @Test func everyFlippedByteIsFoundAndItsRecordNamed() throws {
        try withJournal { _, _, path in
            let good = try PosixFile.read(path, limit: 1 << 20)
            var record = 0
            for place in good.indices {
                var bad = good
                bad[place] ^= 1 << UInt8(place % 8)
                try PosixFile.replace(path, with: bad)
                let found: String? =
                    if let reader = try? JournalReader(path: path) {
                        // The last line end may become another byte: then the last record counts as torn.
                        reader.tornBytes > 0 ? "torn after \(reader.records.count)" : nil
                    } else {
                        "broken"
                    }
                let isLastLineEnd = place == good.count - 1
                #expect(found == (isLastLineEnd ? "torn after 2" : "broken"), "byte \(place) of record \(record)")
                if good[place] == UInt8(ascii: "\n") { record += 1 }
            }
        }
    }

    @Test func aDroppedRecordBreaksTheChain() throws {
        try withJournal { _, _, path in
            let lines = try PosixFile.read(path, limit: 1 << 20).split(separator: UInt8(ascii: "\n"))
            try PosixFile.replace(path, with: Array(lines[0] + [10] + lines[2] + [10]))
            let error = #expect(throws: LockgateError.self) { try JournalReader(path: path) }
            #expect(error?.code == "journal.broken")
            #expect(error?.message.contains("record 1 ") == true)
        }
    }

    @Test func aTornLastRecordIsDroppedOnResumeAndTheChainGoesOn() throws {
        let home = "/tmp/lockgate-journal-\(SessionID())"
        defer { removeTree(home) }
        let store = SessionStore(home: home)
        let (id, path) = try {
            let journal = try SessionJournal.create(in: store)
            try journal.append("session", ["cwd": "/w"])
            return (journal.id, try #require(journal.path))
        }()
        let descriptor = open(path, O_WRONLY | O_APPEND)
        try PosixFile.writeAll(descriptor, Array("{\"seq\":1,\"time\":\"20".utf8))
        close(descriptor)
        let (journal, records) = try SessionJournal.resume(id: id, path: path)
        #expect(records.count == 1)
        try journal.append("turn.started", [:])
        #expect(try JournalReader(path: path).records.map(\.type) == ["session", "turn.started"])
    }

    @Test func aSessionHasOneWriter() throws {
        try withJournal { _, journal, path in
            let error = #expect(throws: LockgateError.self) { try SessionJournal.resume(id: journal.id, path: path) }
            #expect(error?.code == "session.in_use")
            #expect(error?.exitCode == 1)
        }
    }

    @Test func aSealIsWrittenOnceForWhatItCovers() throws {
        try withJournal { _, journal, path in
            #expect(journal.prepareSeal() == nil)
            for _ in 0..<2 { try journal.seal() }
            try journal.append("event", ["type": "hook"])
            for _ in 0..<2 { try journal.seal() }
            #expect(try JournalReader(path: path).records.dropFirst(3).map(\.type) == ["seal", "event", "seal"])
        }
    }

    @Test func anEphemeralJournalTouchesNoDisk() throws {
        let journal = SessionJournal.ephemeral()
        try journal.append("session", [:])
        try journal.sync()
        #expect(journal.path == nil)
    }
}
