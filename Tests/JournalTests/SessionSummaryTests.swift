import Basics
import Glibc
import Journal
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(2))) struct SessionSummaryTests {
    private func summary(_ sample: SampleJournal) -> SessionSummary {
        SessionSummary(SessionLocation(id: sample.journal.id, path: sample.path))
    }

    /// A journal that has begun, written by `body`.
    private func session(_ body: (SessionJournal) throws -> Void) throws -> SessionSummary {
        try TemporaryFolder.with { folder in
            let journal = try SessionJournal.create(in: SessionStore(home: folder.path))
            try journal.append("session", ["id": .string(journal.id.text), "cwd": "/w", "model": "m"])
            try body(journal)
            return SessionSummary(SessionLocation(id: journal.id, path: try #require(journal.path)))
        }
    }

    private func ask(_ journal: SessionJournal, _ prompt: String, context: Int = 0) throws {
        try journal.append("event", ["type": "turn.started"])
        if context > 0 {
            let text = String(repeating: "c", count: context)
            try journal.append("conversation", ["kind": "user", "parts": [["text": .string(text)]]])
        }
        // A small model is shown the workspace before it is asked.
        try journal.append("effect.requested", ["effect": ["kind": "file_read", "path": "/w"], "verdict": [:]])
        try journal.append("conversation", ["kind": "user", "parts": [["text": .string(prompt)]]])
        try journal.append("effect.requested", ["effect": ["kind": "model"], "verdict": [:]])
    }

    @Test func aSummaryIsReadFromTheBeginningAndTheSeal() throws {
        try SampleJournal.with { sample in
            let summary = summary(sample)
            #expect(summary.state == .done)
            #expect(summary.cwd == "/w")
            #expect(summary.prompt == "héllo \"x\" \u{1}\n*J")
            #expect(summary.totals?.turns == 2)
            #expect(summary.totals?.requests == 2)
            #expect(summary.totals?.cost == 0.5)
        }
    }

    @Test(arguments: [0, 10_000, 100_000, 1_000_000])
    func thePromptIsFoundBehindContextOfAnySize(_ size: Int) throws {
        let summary = try session { journal in
            try ask(journal, "mend it", context: size)
            try journal.append("conversation", ["kind": "user", "parts": [["text": "a later note"]]])
        }
        #expect(summary.prompt == "mend it")
        #expect(summary.state == .unfinished)
        #expect(summary.totals?.turns == 1)
    }

    @Test(arguments: [100, 100_000, 1_000_000])
    func theEndIsFoundBehindRecordsOfAnySize(_ size: Int) throws {
        let summary = try session { journal in
            try ask(journal, "first")
            try journal.append("event", ["type": "turn.completed"])
            #expect(journal.prepareSeal() == nil)
            try journal.seal()
            try ask(journal, "second")
            try journal.append("model.response", ["cost_usd": 0.5])
            try journal.append("something.new", .string(String(repeating: "x", count: size)))
        }
        #expect(summary.state == .unfinished)
        #expect(summary.totals?.turns == 2)
        #expect(summary.totals?.cost == 0.5)
    }

    @Test(arguments: [("turn.interrupted", SessionSummary.State.interrupted), ("model.not_found", .failed)])
    func aFailedTurnSaysHow(_ code: String, _ state: SessionSummary.State) throws {
        let summary = try session { journal in
            try ask(journal, "go")
            try journal.append("event", ["type": "turn.failed", "error": ["message": "m", "code": .string(code)]])
        }
        #expect(summary.state == state)
    }

    @Test func whatIsNoJournalIsUnreadableAndNothingWorse() throws {
        try TemporaryFolder.with { folder in
            let id = SessionID()
            for bytes in [[], [0x0A], Array("{}\n".utf8), Array(repeating: 0, count: 70_000)] {
                try folder.write("file", bytes)
                let summary = SessionSummary(SessionLocation(id: id, path: folder.at("file")))
                #expect(summary.state == .unreadable)
                #expect(summary.totals == nil)
            }
            try SampleJournal.with { sample in
                let good = try sample.bytes()
                var random = SeededGenerator(seed: 9)
                for _ in 0..<500 {
                    var bad = good
                    bad[Int.random(in: bad.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                    bad.removeSubrange(Int.random(in: bad.indices, using: &random)...)
                    try folder.write("file", bad)
                    _ = SessionSummary(SessionLocation(id: id, path: folder.at("file")))
                }
            }
        }
    }

    @Test func aSessionThatIsWrittenIsRunning() throws {
        try SampleJournal.with { sample in
            #expect(sample.store.summaries(in: nil).map(\.state) == [.running])
            #expect(sample.store.summaries(in: "/elsewhere") == [])
        }
    }

    @Test func sessionsAreMeantByIdItsBeginningOrName() throws {
        try SampleJournal.with { sample in
            let store = sample.store
            let here = SessionLocation(id: sample.journal.id, path: sample.path)
            let other = try SessionJournal.create(in: store)
            try other.append("session", ["id": .string(other.id.text), "cwd": "/w"])
            #expect(try store.resolve(here.id.text) == here)
            // All but the last digit: random bits tell them apart.
            #expect(try store.resolve(String(here.id.text.dropLast())) == here)
            let shared = String(zip(here.id.text, other.id.text).prefix { $0 == $1 }.map(\.0))
            #expect(#expect(throws: LockgateError.self) { try store.resolve(shared) }?.code == "session.ambiguous")
            #expect(#expect(throws: LockgateError.self) { try store.resolve("nosuch") }?.code == "session.unknown")
            let name = try store.checkedName("My work 再来", for: here)
            try SessionNotes(name: name, isArchived: true).write(of: here)
            #expect(try store.resolve("My work 再来") == here)
            #expect(store.summaries(in: nil).count == 1)
            #expect(store.summaries(in: nil, archived: true).count == 2)
            for bad in ["My work 再来", "a\u{1B}[2J", "abcdef", String(repeating: "n", count: 101)] {
                let location = SessionLocation(id: other.id, path: try #require(other.path))
                #expect(throws: LockgateError.self) { try store.checkedName(bad, for: location) }
            }
            #expect(#expect(throws: LockgateError.self) { try here.delete() }?.code == "session.in_use")
            try SessionNotes().write(of: here)
            #expect(store.summaries(in: nil).count == 2)
        }
    }
}
