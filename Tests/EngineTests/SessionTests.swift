import Basics
import Engine
import Glibc
import Journal
import Testing
import Wire

@Suite struct SessionTests {
    @Test func aTurnRunsItsCallsAndEndsWithTheMessage() async {
        let bench = Bench([.call("echo", #"{"text":"hi"}"#), .say("Finished.")])
        let end = await bench.session.run([.text("go")])
        #expect(end == .done("Finished."))
        #expect(end.exitCode == 0)
        #expect(
            bench.events.map(\.type) == ["item.started", "item.completed", "item.completed", "turn.completed"])
        guard case .turnCompleted(let summary)? = bench.events.last else {
            Issue.record("no summary")
            return
        }
        #expect(summary.usage == TokenUsage(inputTokens: 200, outputTokens: 20))
        #expect(summary.requests == 2)
        #expect(summary.commands == 1)
    }

    @Test func everyRequestExtendsTheOneBefore() async {
        let bench = Bench([.call("echo", "{}"), .cut, .call("echo", #"{"text":"2"}"#), .say("end")])
        _ = await bench.session.run([.text("one")])
        _ = await bench.session.run([.text("two")])
        let requests = bench.client.requests
        #expect(requests.count == 5)
        for (earlier, later) in zip(requests, requests.dropFirst()) {
            #expect(Array(later.items.prefix(earlier.items.count)) == earlier.items)
            #expect(later.instructions == earlier.instructions)
            #expect(later.tools == earlier.tools)
        }
    }

    @Test func aRefusedEffectIsAnEventAnItemAndExitCodeFour() async {
        let bench = Bench([.call("echo", #"{"text":"x","path":"/etc/passwd"}"#), .say("ok")])
        let end = await bench.session.run([.text("go")])
        #expect(end.exitCode == 4)
        #expect(
            bench.events.map(\.type) == [
                "item.started", "effect.denied", "item.completed", "item.completed", "turn.completed",
            ])
        guard case .effectDenied(let item, _, let verdict) = bench.events[1],
            case .itemCompleted(let completed) = bench.events[2], case .commandExecution(let command) = completed.kind
        else {
            Issue.record("unexpected events")
            return
        }
        #expect(item == completed.id)
        #expect(verdict.grant == "--add-dir /etc")
        #expect(command.status == .declined)
    }

    @Test func parallelCallsAnswerInTheirOwnOrder() async {
        let calls = (0..<8).map {
            ToolCall(id: "c\($0)", name: "echo", input: .function(arguments: #"{"text":"\#($0)"}"#))
        }
        let bench = Bench([.calls(calls), .say("end")])
        _ = await bench.session.run([.text("go")])
        let results = bench.client.requests[1].items.compactMap { item -> ToolResult? in
            if case .toolResult(let result) = item.content { result } else { nil }
        }
        #expect(results.map(\.callID) == calls.map(\.id))
        #expect(results.map(\.parts) == (0..<8).map { [.text("ran \($0)")] })
    }

    @Test func anUnknownToolAndBadArgumentsAreAnswered() async {
        let bench = Bench([.call("fly", "{}"), .call("echo", "{not json"), .say("end")])
        let end = await bench.session.run([.text("go")])
        #expect(end == .done("end"))
        let last = bench.client.requests[2].items.suffix(3)
        let texts = last.compactMap { item -> ToolResult? in
            if case .toolResult(let result) = item.content { result } else { nil }
        }
        #expect(
            texts.map(\.parts) == [
                [.text("There is no tool \"fly\". The tools are: echo.")], [.text("bad arguments")],
            ])
    }

    @Test func steeringReachesTheNextRequest() async {
        let bench = Bench([.call("echo", "{}"), .say("end")])
        bench.session.steer("use tabs")
        _ = await bench.session.run([.text("go")])
        #expect(bench.client.requests[0].items.last == ConversationItem(.user([.text("use tabs")])))
    }

    @Test func cancellationEndsTheTurnAndTheJournalSaysSo() async {
        let bench = Bench([.hang])
        let task = Task { await bench.session.run([.text("go")]) }
        while bench.client.requests.isEmpty { await Task.yield() }
        task.cancel()
        let end = await task.value
        guard case .failed(let error) = end else {
            Issue.record("expected a failure")
            return
        }
        #expect(error.code == "turn.interrupted")
        #expect(bench.events.last?.type == "turn.failed")
    }

    @Test func aFailingCheckGoesBackToTheAgent() async {
        let bench = Bench([.say("done"), .say("done now")], check: [1, 0]) {
            $0.checks = ["make test"]
            $0.limits.checkAttempts = 2
        }
        let end = await bench.session.run([.text("go")])
        #expect(end == .done("done now"))
        guard case .user(let parts)? = bench.client.requests[1].items.last?.content, case .text(let text)? = parts.first
        else {
            Issue.record("no report")
            return
        }
        #expect(text.contains("$ make test"))
        #expect(text.contains("output of make test"))
    }

    @Test func repeatsAreRefusedWhereTheProfileSaysSo() async {
        let bench = Bench([.call("echo", "{}"), .call("echo", "{}"), .say("end")]) { $0.refusesRepeats = true }
        _ = await bench.session.run([.text("go")])
        #expect(bench.events.filter { $0.type == "item.started" }.count == 1)
    }

    @Test func aProviderErrorEndsTheTurnWithItsRemedy() async {
        let bench = Bench([.fail(ModelFailure(.unauthorized, status: 401, message: "no such key"))])
        let end = await bench.session.run([.text("go")])
        guard case .failed(let error) = end else {
            Issue.record("expected a failure")
            return
        }
        #expect(error.code == "model.unauthorized")
        #expect(error.remedy?.contains("env_key") == true)
        #expect(end.exitCode == 1)
    }
}

@Suite struct CompactionTests {
    @Test func aFullWindowIsSummarisedAndThePersonsWordsStay() async {
        let big = TokenUsage(inputTokens: 1000, outputTokens: 10)
        let bench = Bench([.call("echo", "{}"), .say("SUMMARY"), .say("end")], usage: big) { $0.compactionLimit = 900 }
        let end = await bench.session.run([.text("never touch foo.c")])
        #expect(end == .done("end"))
        let requests = bench.client.requests
        #expect(requests.count == 3)
        #expect(requests[1].tools.isEmpty)
        #expect(
            requests[2].items == [
                ConversationItem(.user([.text("context")])), ConversationItem(.user([.text("never touch foo.c")])),
                ConversationItem(.user([.text("[Hand-over from the conversation so far]\nSUMMARY")])),
            ])
        #expect(bench.events.contains { $0.type == "compacted" })
    }

    @Test func aWindowTheProviderRefusesIsSummarisedToo() async {
        let bench = Bench([
            .call("echo", "{}"), .fail(ModelFailure(.contextWindowExceeded, status: 400, message: "too long")),
            .say("SUMMARY"), .say("end"),
        ])
        let end = await bench.session.run([.text("go")])
        #expect(end == .done("end"))
    }
}

@Suite struct ResumeTests {
    @Test func aResumedSessionSendsTheSameListAndAnswersOpenCalls() async throws {
        let home = "/tmp/lockgate-resume-\(SessionID())"
        defer { removeTree(home) }
        let store = SessionStore(home: home)
        let (id, path, sent) = try await { () async throws -> (SessionID, String, [ConversationItem]) in
            let journal = try SessionJournal.create(in: store)
            let bench = Bench(
                [.call("echo", #"{"text":"a"}"#), .call("echo", #"{"text":"b"}"#), .hang], journal: journal)
            let task = Task { await bench.session.run([.text("go")]) }
            while bench.client.requests.count < 3 { await Task.yield() }
            let items = bench.client.requests[2].items
            task.cancel()
            _ = await task.value
            return (journal.id, try #require(journal.path), items)
        }()
        let (journal, records) = try SessionJournal.resume(id: id, path: path)
        let restored = Conversation(records: records)
        #expect(restored.items == sent)
        #expect(restored.usage == TokenUsage(inputTokens: 200, outputTokens: 20))
        let bench = Bench([.say("end")], journal: journal, restored: restored)
        _ = await bench.session.run([.text("go on")])
        #expect(bench.client.requests[0].items == sent + [ConversationItem(.user([.text("go on")]))])
    }

    /// Long lists are read by several threads, wherever in the journal their items stand.
    @Test func aLongListIsRestoredInItsOrder() throws {
        let home = "/tmp/lockgate-resume-\(SessionID())"
        defer { removeTree(home) }
        let journal = try SessionJournal.create(in: SessionStore(home: home))
        var expected = Conversation()
        try journal.append("session", ["id": .string(journal.id.text), "format": 1])
        for _ in 0..<2500 {
            let response: JSONValue = ["usage": ["input_tokens": 10, "output_tokens": 1], "cost_usd": 0.5]
            try journal.append("model.response", response)
            expected.count(TokenUsage(inputTokens: 10, outputTokens: 1), cost: 0.5)
        }
        let summary = ConversationItem(.user([.text("summary")]))
        try journal.append("compaction", ["items": [summary.json]])
        expected.replace(with: [summary])
        for number in 0..<3001 {
            let item = ConversationItem(.user([.text("message \(number)")]))
            try journal.append("conversation", item.json)
            expected.append(item)
        }
        let path = try #require(journal.path)
        #expect(Conversation(try RestoredRecords.read(path: path)) == expected)
    }

    @Test func aCallWithoutAnAnswerIsAnsweredAsInterrupted() async {
        var restored = Conversation()
        let call = ToolCall(id: "c1", name: "echo", input: .function(arguments: "{}"))
        restored.append(ConversationItem(.toolCall(call)))
        let bench = Bench([.say("end")], restored: restored)
        _ = await bench.session.run([.text("go on")])
        let expected = call.answer("The session was interrupted; the outcome is unknown.", isError: true)
        #expect(bench.client.requests[0].items[1] == ConversationItem(.toolResult(expected)))
    }

    private func removeTree(_ path: String) {
        for name in PosixFile.list(path) {
            let child = "\(path)/\(name)"
            if PosixFile.isDirectory(child) { removeTree(child) } else { unlink(child) }
        }
        rmdir(path)
    }
}
