import Audit
import Basics
import Journal
import TestSupport
import Testing
import Wire

/// Texts that are taken out of records later: the journal stays whole, and nothing else passes for it.
@Suite struct JournalRedactionTests {
    private static let secret = "héllo"

    private static func redact(
        _ sample: SampleJournal, _ target: JournalRedaction.Target, record: Int? = nil
    ) throws -> [Int] {
        try JournalRedaction.apply(
            target, record: record, reason: "a name", to: SessionLocation(id: sample.journal.id, path: sample.path),
            keyFile: sample.store.keyFile)
    }

    /// A sample whose writer is gone, so that it can be redacted.
    private static func with<T>(_ body: (SampleJournal) throws -> T) throws -> T {
        try SampleJournal.with { open in
            try TemporaryFolder.with { folder in
                let store = SessionStore(home: folder.path)
                try folder.makeFolder("keys")
                try PosixFile.replace(store.keyFile.path, with: PosixFile.read(open.store.keyFile.path, limit: 4096))
                let path = folder.at("\(open.journal.id).jsonl")
                try PosixFile.replace(path, with: open.bytes())
                return try body(SampleJournal(store: store, journal: open.journal, path: path))
            }
        }
    }

    @Test func theTextIsGoneAndTheJournalIsWhole() throws {
        try Self.with { sample in
            let before = verify(try sample.bytes())
            #expect(try Self.redact(sample, .text(Self.secret)) == [2])
            let bytes = try sample.bytes()
            #expect(!String(decoding: bytes, as: UTF8.self).contains(Self.secret))
            let report = verify(bytes)
            #expect(report.findings == [])
            #expect(report.redacted == [2])
            #expect(report.warnings.contains { $0.contains("record 2 was redacted later") && $0.contains("a name") })
            #expect(report.lastSeal == report.lastRecord)
            let second = try TemporaryFolder.with { folder in
                try OracleCommand.run(
                    ["python3", PathText.absolute("../../../scripts/verify-journal.py", from: #filePath), sample.path],
                    in: folder)
            }
            #expect(second.text.contains(": whole \(report.records + 1)"), "\(second.text)\(second.errorText)")
            // An anchor from before still holds.
            var expectation = Expectation()
            expectation.heads = [try #require(before.head)]
            #expect(verify(bytes, expecting: expectation).isWhole)
            let records = try JournalReader(path: sample.path).records
            let text = records[2].payload["parts"]?[0]?["text"]?.string ?? ""
            #expect(text.hasPrefix("[redacted later "))
            let commitment = try sample.key().commitment(to: Array(Self.secret.utf8))
            #expect(text.contains(commitment))
            let account = try #require(records.first { $0.type == Redaction.recordType })
            #expect(account.payload["commitments"] == [.string(commitment)])
        }
    }

    @Test func aMemberByItsPathAndAnotherRecordAfterwards() throws {
        try Self.with { sample in
            #expect(try Self.redact(sample, .path("$.payload.parts[0].text"), record: 2) == [2])
            #expect(try Self.redact(sample, .text("再来")) != [])
            let report = verify(try sample.bytes())
            #expect(report.isWhole && report.redacted.count == 2, "\(report.findings)")
            #expect(try JournalReader(path: sample.path).records.count == report.records + 2)
            for path in ["$.payload.none", "$.time", "$.payload.parts[9]", "$.payload"] {
                #expect(throws: LockgateError.self) { try Self.redact(sample, .path(path), record: 2) }
            }
        }
    }

    @Test func whatProvesOthersCannotBeRedacted() throws {
        try Self.with { sample in
            #expect(throws: LockgateError.self) { try Self.redact(sample, .text("/w"), record: 0) }
            let seal = try #require(verify(try sample.bytes()).lastSeal)
            #expect(throws: LockgateError.self) { try Self.redact(sample, .path("$.payload.head"), record: seal) }
            #expect(verify(try sample.bytes()).redacted == [])
        }
    }

    /// Every byte of a redacted journal, the redacted line's included.
    @Test func everyChangedByteIsFoundAndItsRecordNamed() throws {
        try Self.with { sample in
            _ = try Self.redact(sample, .text(Self.secret))
            let bytes = try sample.bytes()
            var offset = 0
            for (number, line) in bytes.lines.enumerated() {
                for place in line.indices where place % 3 == 0 || number == 2 {
                    var changed = bytes
                    changed[offset + place] ^= 1
                    let first = verify(changed).findings.first
                    #expect(first != nil, "record \(number), byte \(place)")
                    // The line end's change makes one line of two; a change in the account shows at what it accounts for.
                    let record = first?.record ?? -1
                    #expect(record == number || record == number + 1 || record == 2, "record \(number): \(record)")
                }
                offset += line.count
            }
        }
    }

    @Test func aChangeWithARedactionThatIsNotSealedIsAChange() throws {
        try Self.with { sample in
            var lines = try sample.bytes().lines
            let record = try JournalReader(path: sample.path).records[2]
            let other = String(decoding: lines[2], as: UTF8.self).replacing(Self.secret, with: "other")
            lines[2] = Array(other.utf8)
            let actual = ContentHash.of(Array(other.utf8).dropLast(64 + 3 + 9) + [UInt8(ascii: "}")])
            let last = try JournalReader(path: sample.path).records
            try PosixFile.replace(sample.path, with: Array(lines.joined()))
            let head = try #require(last.last)
            let account = Redaction(
                record: 2, hash: record.hash, replaced: actual, reason: "", commitments: [])
            lines.append(
                Self.line(head.sequence + 1, head.time, Redaction.recordType, account.json, previous: head.hash))
            let report = verify(Array(lines.joined()))
            #expect(report.findings.map(\.record) == [2])
            #expect(report.findings.first?.text.contains("not sealed") == true)
        }
    }

    private static func line(
        _ sequence: Int, _ time: String, _ type: String, _ payload: JSONValue, previous: String
    ) -> [UInt8] {
        let body =
            "{\"seq\":\(sequence),\"time\":\"\(time)\",\"type\":\"\(type)\",\"payload\":\(payload.text),\"prev\":\"\(previous)\""
        return Array("\(body),\"hash\":\"\(ContentHash.of(Array((body + "}").utf8)))\"}\n".utf8)
    }
}
