import Audit
import Basics
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ForkRunTests {
    /// The texts of a person and the model in a request's list, without context.
    private func words(_ request: JSONValue?) -> [String] {
        (request?["input"]?.array ?? []).flatMap { item -> [String] in
            (item["content"]?.array ?? []).compactMap { $0["text"]?.string }
        }.filter { !$0.hasPrefix("<environment_context>") && !$0.hasPrefix("# Instructions") }
    }

    @Test func aForkGoesOnFromTheEndOfATurnAndItsParentStays() async throws {
        try await ExecFixture.with([.text("one done"), .text("two done"), .text("other done"), .text("on done")]) {
            fixture in
            #expect(try await fixture.exec(["one"]).status == 0)
            #expect(try await fixture.exec(["resume", "--last", "two"]).status == 0)
            let parent = try #require(fixture.journals.first)
            let before = try PosixFile.read(parent, limit: 1 << 24)
            let id = String(PathText.name(parent).dropLast(6))
            let forked = try await fixture.exec(["--json", "fork", String(id.prefix(18)), "--at", "1", "other way"])
            #expect(forked.status == 0, "\(forked.errorText)")
            let requests = fixture.server.requests.map(\.body)
            #expect(words(requests.last) == ["one", "one done", "other way"])
            #expect(try PosixFile.read(parent, limit: 1 << 24) == before)
            // The first record says what it goes on from, and that stands there.
            let child = try #require(fixture.journals.last)
            let records = try JournalReader(path: child).records
            let link = records.first?.payload["parent"]
            #expect(link?["session"]?.string == id)
            let old = try JournalReader(path: parent).records
            let last = old[link?["sequence"]?.int ?? 0]
            #expect(link?["hash"]?.string == last.hash)
            #expect(last.type == "seal")
            #expect(records.prefix(3).map(\.type) == ["session", "history", "event"])
            #expect(VerificationRun.report(onFile: child, expecting: Expectation()).isWhole)
            // It can be gone on with as any other.
            #expect(try await fixture.exec(["resume", "--last", "more"]).status == 0)
            #expect(
                words(fixture.server.requests.last?.body) == [
                    "one", "one done", "other way", "other done", "more",
                ])
        }
    }

    @Test func sessionsAreGoneOnWithByName() async throws {
        try await ExecFixture.with([.text("one done"), .text("two done"), .text("three done")]) { fixture in
            #expect(try await fixture.exec(["one"]).status == 0)
            let id = try #require(fixture.journals.first.map { String(PathText.name($0).dropLast(6)) })
            let store = SessionStore(home: fixture.home.path)
            try SessionNotes(name: "the work").write(of: store.resolve(id))
            #expect(try await fixture.exec(["resume", "the work", "two"]).status == 0)
            #expect(fixture.journals.filter { $0.hasSuffix(".jsonl") }.count == 1)
            #expect(try await fixture.exec(["fork", "the work", "three"]).status == 0)
            #expect(words(fixture.server.requests.last?.body) == ["one", "one done", "two", "two done", "three"])
        }
    }

    @Test(arguments: [
        (["fork", "--last", "--at", "9", "x"], "has 1 turn, and no turn 9"),
        (["fork", "--at", "0", "x"], "turns count from 1"), (["fork"], "fork needs a session or --last"),
        (["resume", "--at", "1", "--last", "x"], "--at goes with fork"), (["--at", "1", "x"], "--at goes with fork"),
        (["fork", "--ephemeral", "--last", "x"], "--ephemeral cannot go with resume or fork"),
    ])
    func whatCannotBeForkedIsUsage(_ arguments: [String], _ words: String) async throws {
        try await ExecFixture.with([.text("one done")]) { fixture in
            #expect(try await fixture.exec(["one"]).status == 0)
            let run = try await fixture.exec(arguments)
            #expect(run.status == 2)
            #expect(run.errorText.contains(words), "\(run.errorText)")
            #expect(fixture.journals.count == 1)
        }
    }
}
