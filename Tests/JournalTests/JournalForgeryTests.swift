import Audit
import Basics
import Journal
import TestSupport
import Testing

/// Changes by somebody who makes the hashes fit.
@Suite(.timeLimit(.minutes(2))) struct JournalForgeryTests {
    /// The lines from `first` on, written anew so that their chain holds, with `change` made to the payloads.
    private func rewritten(
        _ lines: [[UInt8]], from first: Int, _ change: (Int, inout JSONValue) -> Void
    ) throws -> [UInt8] {
        var out = Array(lines[..<first])
        var previous = first == 0 ? ContentHash.genesis : try hash(lines[first - 1])
        for number in lines.indices.dropFirst(first) {
            let json = try JSONValue(parsing: lines[number])
            var payload = try #require(json["payload"])
            change(number, &payload)
            let (time, type) = (json["time"]?.text ?? "", json["type"]?.text ?? "")
            let line = rehashed(
                "{\"seq\":\(number),\"time\":\(time),\"type\":\(type),\"payload\":\(payload.text),\"prev\":\"\(previous)\""
            )
            out.append(line)
            previous = try hash(line)
        }
        return out.flatMap(\.self)
    }

    private func hash(_ line: [UInt8]) throws -> String {
        try #require(try JSONValue(parsing: line)["hash"]?.string)
    }

    @Test func rewritingWithoutAChangeGivesTheSameBytes() throws {
        try SampleJournal.with { sample in
            let bytes = try sample.bytes()
            #expect(try rewritten(bytes.lines, from: 0) { _, _ in } == bytes)
        }
    }

    @Test func aRecordReplacedWithAFittingHashBreaksTheChainBehindIt() throws {
        try SampleJournal.with { sample in
            let lines = try sample.bytes().lines
            for record in 1..<(lines.count - 1) {
                let forged = try rewritten(lines, from: record) { number, payload in
                    if number == record { payload["forged"] = true }
                }
                let bytes = (lines[..<record] + [forged.lines[record]] + lines[(record + 1)...]).flatMap(\.self)
                #expect(verify(bytes).findings.first { $0.kind == .unlinked }?.record == record + 1)
            }
        }
    }

    @Test func aChainWrittenAnewDoesNotMatchItsSeals() throws {
        try SampleJournal.with { sample in
            let lines = try sample.bytes().lines
            let forged = try rewritten(lines, from: 2) { number, payload in
                if number == 2 { payload["parts"] = [["text": "something harmless"]] }
            }
            #expect(verify(forged).findings.map { "\($0.kind) \($0.record)" } == ["seal 7", "seal 14"])
            // Nor where the seal is made to name the new head: the key is missing.
            let linked = try rewritten(lines, from: 14) { _, payload in payload["totals"] = ["turns": 1] }
            #expect(verify(linked).findings.map(\.text) == ["the seal's signature is wrong"])
        }
    }

    @Test func sealsByAnotherKeyAreNotedAndRefusedWhereAKeyIsAskedFor() throws {
        try SampleJournal.with { sample in
            let lines = try sample.bytes().lines
            let thief = SealPrivateKey()
            var forged = Array(lines[..<14])
            let seal = try Seal(
                session: sample.journal.id.text, sequence: 13, head: hash(lines[13]), time: "2026-01-01T00:00:00.000Z",
                by: thief)
            forged.append(
                rehashed(
                    "{\"seq\":14,\"time\":\"2026-01-01T00:00:00.000Z\",\"type\":\"seal\",\"payload\":\(seal.json.text),\"prev\":\"\(seal.head)\""
                ))
            let bytes = forged.flatMap(\.self)
            var expectation = Expectation()
            expectation.keys = [try sample.key().publicKey]
            #expect(verify(bytes).keys == [try sample.key().publicKey, thief.publicKey])
            let noted = verify(bytes, expecting: expectation)
            #expect(noted.isWhole)
            #expect(noted.warnings == ["sealed by a key that is not this machine's: \(thief.publicKey)"])
            expectation.requiresKeys = true
            #expect(verify(bytes, expecting: expectation).findings.map { "\($0.kind) \($0.record)" } == ["seal 14"])
        }
    }

    @Test func aJournalWithoutItsSealsDoesNotSatisfyWhoAsksForAKey() throws {
        try SampleJournal.with { sample in
            let cut = try sample.bytes().lines[..<7].flatMap(\.self)
            var expectation = Expectation()
            try expectation.require(key: sample.key().publicKey.description)
            #expect(verify(cut).warnings == ["no seal: whoever owns the file could have written all of it anew"])
            #expect(verify(cut, expecting: expectation).findings.map { "\($0.kind) \($0.record)" } == ["seal 7"])
            #expect(try verify(sample.bytes(), expecting: expectation).findings == [])
        }
    }

    @Test(arguments: [
        (#"{"seq":0,"time":"t","payload":{"id":"i"},"type":"session","prev":"P""#, "not in their order"),
        (#"{"seq":0,"seq":0,"time":"t","type":"session","payload":{"id":"i"},"prev":"P""#, "not spelled"),
        (#"{"seq":0,"time":"t","type":"session","payload":{"id":"i","id":"j"},"prev":"P""#, "not spelled"),
        (#"{"seq":0, "time":"t","type":"session","payload":{"id":"i"},"prev":"P""#, "not spelled"),
        (#"{"seq":0,"time":"\u0074","type":"session","payload":{"id":"i"},"prev":"P""#, "not spelled"),
        (#"{"seq":0,"time":"t","type":"session","payload":{"id":"\ud800"},"prev":"P""#, "not spelled"),
        (#"{"seq":0,"time":"t","type":"session","payload":{"id":"i"},"more":1,"prev":"P""#, "members are"),
        (#"{"seq":"0","time":"t","type":"session","payload":{"id":"i"},"prev":"P""#, "wrong type"),
        (#"{"seq":-1,"time":"t","type":"session","payload":{"id":"i"},"prev":"P""#, "wrong type"),
        (#"{"seq":0.0,"time":"t","type":"session","payload":{"id":"i"},"prev":"P""#, "wrong type"),
        (#"{"seq":0,"time":"t","type":"session","payload":{"id":"i"},"prev":"Q""#, "names one before it"),
        (#"{"seq":0,"time":"t","type":"event","payload":{"id":"i"},"prev":"P""#, "not that of a session"),
        (#"["seq""#, "not valid JSON"),
    ])
    func aLineThatNoWriterWritesIsAFaultWhateverItsHash(_ body: String, _ reason: String) {
        let report = verify(rehashed(body.replacing("\"P\"", with: "\"\(ContentHash.genesis)\"")))
        #expect(report.findings.first?.text.contains(reason) == true, "\(report.findings)")
    }

    @Test func anchorsFindACutReplacedAndForgedJournal() throws {
        try SampleJournal.with { sample in
            let bytes = try sample.bytes()
            let session = sample.journal.id.text
            let head = try #require(verify(bytes).head)
            let anchor = try Seal(session: session, sequence: 14, head: head, time: "t", by: sample.key())
            var expectation = Expectation()
            try expectation.add(anchorLines: anchor.json.bytes + [0x0A], from: "anchors")
            #expect(verify(bytes, expecting: expectation).findings == [])
            // A session that went on is what the anchor says, and more.
            try sample.turn("more")
            #expect(try verify(sample.bytes(), expecting: expectation).findings == [])
            let cut = bytes.lines[..<8].flatMap(\.self)
            #expect(verify(cut).findings == [])
            #expect(verify(cut, expecting: expectation).findings.map { "\($0.kind) \($0.record)" } == ["truncated 8"])
            let forged = try rewritten(bytes.lines, from: 14) { _, payload in payload["totals"] = nil }
            #expect(
                verify(forged, expecting: expectation).findings.map { "\($0.kind) \($0.record)" } == [
                    "replaced 14", "seal 14",
                ])
            var broken = anchor.json
            broken["sequence"] = 7
            #expect(throws: AuditFault.self) { try expectation.add(anchorLines: broken.bytes, from: "anchors") }
        }
    }

    @Test func aRecordBeyondTheLimitIsAFaultAndTheRestIsRead() throws {
        try SampleJournal.with { sample in
            let bytes = try sample.bytes()
            let longest = try #require(bytes.lines.map(\.count).max())
            #expect(verify(bytes, limit: longest - 1).findings == [])
            for size in [1, 100, 1 << 20] {
                let report = verify(bytes, pieces: size, limit: longest - 2)
                #expect(report.findings.allSatisfy { $0.kind == .malformed })
                #expect(report.records == 15 - report.findings.count)
            }
        }
    }

    @Test func aFileUnderAnotherSessionsNameIsAFault() throws {
        try SampleJournal.with { sample in
            let other = SessionID()
            var verifier = JournalVerifier(name: other.text)
            verifier.consume(try sample.bytes()[...])
            #expect(verifier.finish().findings.map(\.kind) == [.identity])
        }
    }
}
