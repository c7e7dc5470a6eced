import Basics
import Journal
import Replay
import TestSupport
import Testing

/// Sessions that were recorded by the whole program: each has to give the same records again.
///
/// They are made by `LOCKGATE_RECORD_SESSIONS=Tests/ReplayTests/Recorded swift test --filter anySessionReplays`.
@Suite(.timeLimit(.minutes(2))) struct KeptSessionsTests {
    private static let folder = PathText.parent(#filePath) + "/Recorded"
    static let names = PosixFile.list(folder)

    private static func records(_ name: String) throws -> [JournalRecord] {
        try JournalReader(path: "\(folder)/\(name)/session.jsonl").records
    }

    @Test func thereAreTwentyAtLeast() {
        #expect(Self.names.count >= 20)
    }

    @Test(arguments: names) func aKeptSessionGivesTheSameRecordsAgain(_ name: String) async throws {
        let outcome = try await Replay.run(try Self.records(name))
        #expect(outcome.isSame, "\(String(describing: outcome.difference?.json.text))")
        let expected = try JSONValue(
            parsing: PosixFile.read("\(Self.folder)/\(name)/expected.json", limit: 65_536))
        #expect(
            expected == [
                "records": .int(outcome.expected), "turns": .int(outcome.turns), "stream": .string(outcome.stream),
            ])
    }

    /// Whatever the engine itself writes and the record has otherwise is found, at that record or before.
    @Test(arguments: names) func aRecordThatTheEngineWouldNotWriteIsFound(_ name: String) async throws {
        let records = try Self.records(name)
        let own = records.indices.filter { index in
            let record = records[index]
            return record.type == "compaction" || record.payload["type"] == "turn.completed"
        }
        for index in own {
            var changed = records
            var payload = records[index].payload
            payload["added"] = "by somebody"
            changed[index] = JournalRecord(copying: records[index], payload: payload)
            let outcome = try await Replay.run(changed)
            #expect(outcome.difference?.recorded?.sequence == records[index].sequence, "\(index)")
        }
    }
}
