import Audit
import Basics
import Glibc
import Journal
import TestSupport
import Testing

/// Journals of formats that were once written stay whole, readable and resumable.
@Suite struct KeptJournalTests {
    /// Of version 0.1.0; its secret key is gone.
    private static let sample = PathText.absolute("../Samples/format-1.jsonl", from: #filePath)
    private static let id = "01a215da-eb29-70c4-b7c4-d4fdc3a468f8"
    private static let key = "ed25519:315cf8f6cb79b525eb9d64867309a5cdd8a538effbc97f6d2676a7d20438491b"
    private static let head = "040b128ab6f64cca901352bdc0c836765efd11d25941f8e9f3a0d4107b812461"

    @Test func theFirstFormatVerifiesWithItsKeyAndHead() throws {
        var expectation = Expectation()
        try expectation.require(key: Self.key)
        try expectation.require(head: Self.head)
        let report = verify(try PosixFile.read(Self.sample, limit: 1 << 20), expecting: expectation)
        #expect(report.findings == [])
        #expect(report.warnings == [])
        #expect(report.records == 20)
        #expect(report.seals == 2)
        #expect(report.head == Self.head)
        #expect(report.session == Self.id)
    }

    @Test func theFirstFormatIsSummedUpAndGoesOn() throws {
        try TemporaryFolder.with { folder in
            let store = SessionStore(home: folder.path)
            let id = try #require(SessionID(Self.id))
            let path = "sessions/2026/11/26/\(Self.id).jsonl"
            try folder.write(path, try PosixFile.read(Self.sample, limit: 1 << 20))
            let summary = try #require(store.summaries(in: "/srv/shop").first)
            #expect(summary.state == .done)
            #expect(summary.prompt == "Mend the \"total\" in basket.py\n\u{1}再来")
            #expect(summary.totals?.turns == 2)
            #expect(summary.totals?.cost == 0.025)
            let (journal, records) = try SessionJournal.resume(
                id: id, path: store.find(id), keyFile: store.keyFile)
            #expect(records.count == 20)
            try journal.append("event", ["type": "turn.started"])
            #expect(journal.prepareSeal() == nil)
            try journal.seal()
            let report = verify(try #require(try folder.read(path)))
            #expect(report.findings == [])
            // The session went to another machine: its seals are by two keys.
            #expect(report.keys.map(\.description) == [Self.key, try store.keyFile.load().publicKey.description])
        }
    }
}
