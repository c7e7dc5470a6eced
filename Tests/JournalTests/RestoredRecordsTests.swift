import Basics
import Journal
import TestSupport
import Testing
import Wire

/// The quick way to go on with a session finds what the careful one finds, and takes nothing that it would not.
@Suite(.timeLimit(.minutes(4))) struct RestoredRecordsTests {
    /// Longer than what is read at once, and so longer than some parts.
    private static let longText = String(repeating: "a", count: 600_000)

    /// A session of a few hundred records, compacted `compactions` times, with a line longer than what is read at once.
    private static func write(_ journal: SessionJournal, compactions: Int) throws {
        var random = SeededGenerator(seed: UInt64(compactions))
        try journal.append("session", ["id": .string(journal.id.text), "format": 1])
        for number in 0..<200 {
            if compactions > 0, number % (200 / compactions) == 3 {
                try journal.append(
                    "compaction", ["items": [["kind": "developer", "text": .string("summary \(number)")]]])
            }
            try journal.append("event", ["type": .string(number % 9 == 0 ? "turn.started" : "item.completed")])
            try journal.append("grant", ["scope": "session", "number": .int(number)])
            let text = number == 120 ? longText : "\"\n\(number)"
            try journal.append("conversation", ["kind": "assistant", "text": .string(text)])
            let kind = random.oneIn(10) ? "review.response" : "model.response"
            try journal.append(kind, ["usage": ["input_tokens": .int(number)], "cost_usd": 0.1])
        }
    }

    private static func carefully(_ path: String) -> Result<RestoredRecords, LockgateError> {
        Result { () throws(LockgateError) in RestoredRecords(try JournalReader(path: path)) }
    }

    @Test(arguments: [0, 1, 3, 50], [1, 2, 3, 7])
    func bothWaysFindTheSame(compactions: Int, parts: Int) throws {
        try TemporaryFolder.with { folder in
            let journal = try SessionJournal.create(in: SessionStore(home: folder.path))
            let path = try #require(journal.path)
            try Self.write(journal, compactions: compactions)
            let careful = try Self.carefully(path).get()
            #expect(careful.grants.count == 200)
            let quick = try #require(RestoredRecords.quickly(path: path, parts: parts))
            #expect(quick == careful)
        }
    }

    @Test func everyChangedByteIsRefusedWithTheSameWords() throws {
        try SampleJournal.with { sample in
            let good = try sample.bytes()
            let path = sample.path + ".changed.jsonl"
            var random = SeededGenerator(seed: 11)
            for (place, byte) in good.enumerated() where random.oneIn(4) || place > good.count - 80 {
                var bytes = good
                bytes[place] = byte ^ 1 << UInt8.random(in: 0..<8, using: &random)
                try PosixFile.replace(path, with: bytes)
                let quick = RestoredRecords.quickly(path: path, parts: 1 + place % 3)
                // What follows the last line's end is torn, and no fault to either.
                if place < good.count - 1 { #expect(quick == nil, "byte \(place)") }
                let read = Result { () throws(LockgateError) in try RestoredRecords.read(path: path) }
                #expect(read == Self.carefully(path), "byte \(place)")
            }
        }
    }

    @Test func everyMovedRepeatedAndRemovedRecordIsRefused() throws {
        try SampleJournal.with { sample in
            let lines = try sample.bytes().lines
            let path = sample.path + ".changed.jsonl"
            for record in lines.indices {
                var changes = [lines, lines, lines]
                changes[0].remove(at: record)
                changes[1].insert(lines[record], at: record)
                changes[2].swapAt(record, (record + 3) % lines.count)
                for (number, change) in changes.enumerated() where number != 0 || record < lines.count - 1 {
                    try PosixFile.replace(path, with: change.flatMap(\.self))
                    for parts in 1...4 {
                        #expect(RestoredRecords.quickly(path: path, parts: parts) == nil, "record \(record) \(number)")
                    }
                }
            }
        }
    }

    @Test func everyCutLeavesTheRecordsBeforeIt() throws {
        try SampleJournal.with { sample in
            let good = try sample.bytes()
            let path = sample.path + ".cut.jsonl"
            for length in good.indices where length % 5 == 0 || good[max(0, length - 1)] == 0x0A {
                try PosixFile.replace(path, with: Array(good[..<length]))
                let quick = RestoredRecords.quickly(path: path, parts: 1 + length % 3)
                #expect(quick == (try Self.carefully(path).get()), "cut at \(length)")
            }
        }
    }

    @Test func aSessionIsGoneOnWithAfterEitherWay() throws {
        try SampleJournal.with { sample in
            let torn = try sample.bytes() + Array("{\"seq\":15,\"ti".utf8)
            let id = SessionID()
            let path = sample.path + ".torn.jsonl"
            try PosixFile.replace(path, with: torn)
            let (journal, records) = try SessionJournal.restore(id: id, path: path, keyFile: sample.store.keyFile)
            #expect(records.count == 15)
            try journal.append("event", ["type": "turn.started"])
            #expect(try JournalReader(path: path).records.map(\.sequence) == Array(0...15))
        }
    }
}
