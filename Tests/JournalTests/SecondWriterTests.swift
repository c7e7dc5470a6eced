import Audit
import Basics
import Glibc
import Journal
import TestSupport
import Testing
import Wire

/// Two writers whose locks do not see each other, as on two machines that share a home.
@Suite(.timeLimit(.minutes(1))) struct SecondWriterTests {
    private func refusal(_ meddle: (String) throws -> Void) throws -> LockgateError? {
        try TemporaryFolder.with { folder in
            let journal = try SessionJournal.create(in: SessionStore(home: folder.path))
            let path = try #require(journal.path)
            try journal.append("session", ["id": .string(journal.id.text), "cwd": "/w"])
            try meddle(path)
            let before = try? PosixFile.read(path, limit: 1 << 20)
            let error = #expect(throws: LockgateError.self) { try journal.append("event", ["type": "x"]) }
            #expect((try? PosixFile.read(path, limit: 1 << 20)) == before)
            return error
        }
    }

    @Test func aRecordOfAnotherWriterEndsTheRunBeforeItsNext() throws {
        let error = try refusal { path in
            let other = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
            try PosixFile.writeAll(other, Array("{\"seq\":1}\n".utf8))
            close(other)
        }
        #expect(error?.code == "journal.second_writer")
        #expect(error?.message.contains(".jsonl was changed, replaced or removed") == true)
    }

    @Test func aFileThatWasCutReplacedOrRemovedEndsTheRun() throws {
        #expect(try refusal { truncate($0, 10) }?.code == "journal.second_writer")
        #expect(try refusal { unlink($0) }?.code == "journal.second_writer")
        let replaced = try refusal { try PosixFile.replace($0, with: PosixFile.read($0, limit: 1 << 20)) }
        #expect(replaced?.code == "journal.second_writer")
    }

    @Test func aClockThatGoesBackChangesNothingInTheChain() throws {
        try TemporaryFolder.with { folder in
            let store = SessionStore(home: folder.path)
            let journal = try SessionJournal.create(in: store)
            try journal.append("session", ["id": .string(journal.id.text), "cwd": "/w"])
            let path = try #require(journal.path)
            let line = try #require(try JournalReader(path: path).records.first)
            // A record of an earlier time after one of a later: what a clock that was set back writes.
            let body =
                "{\"seq\":1,\"time\":\"1999-01-01T00:00:00.000Z\",\"type\":\"event\",\"payload\":{},\"prev\":\"\(line.hash)\""
            let bytes = try PosixFile.read(path, limit: 1 << 20)
            try PosixFile.replace(path, with: bytes + rehashed(body))
            let reader = try JournalReader(path: path)
            #expect(reader.records.map(\.time).last == "1999-01-01T00:00:00.000Z")
            #expect(verify(try PosixFile.read(path, limit: 1 << 20)).isWhole)
        }
    }
}
