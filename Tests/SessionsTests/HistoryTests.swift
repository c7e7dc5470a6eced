import Audit
import Basics
import Glibc
import Journal
import Sessions
import TestSupport
import Testing
import Text
import Wire

@Suite(.timeLimit(.minutes(1))) struct HistoryTests {
    private static let codex = [
        #"{"timestamp":"2026-03-01T10:00:00.123Z","type":"session_meta","payload":{"id":"0195-x","timestamp":"2026-03-01T10:00:00.123456Z","cwd":"/p","cli_version":"0.163.0","instructions":"..."}}"#,
        #"{"timestamp":"2026-03-01T10:00:00.200Z","type":"turn_context","payload":{"model":"gpt-x","cwd":"/p"}}"#,
        #"{"timestamp":"2026-03-01T10:00:01.000Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>\n</environment_context>"}]}}"#,
        #"{"timestamp":"2026-03-01T10:00:02.000Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"mend it"},{"type":"input_image","image_url":"data:image/png;base64,AA=="},{"type":"input_image","image_url":"https://evil.example/x.png"}]}}"#,
        #"{"timestamp":"2026-03-01T10:00:02.000Z","type":"event_msg","payload":{"type":"user_message","message":"mend it"}}"#,
        #"{"timestamp":"2026-03-01T10:00:03.000Z","type":"response_item","payload":{"type":"reasoning","summary":[{"type":"summary_text","text":"thinking"}],"encrypted_content":"gAAA"}}"#,
        #"{"timestamp":"2026-03-01T10:00:04.000Z","type":"response_item","payload":{"type":"function_call","name":"shell","arguments":"{\"command\":[\"ls\"]}","call_id":"c1"}}"#,
        #"{"timestamp":"2026-03-01T10:00:05.000Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c1","output":"a.c"}}"#,
        #"{"timestamp":"2026-03-01T10:00:05.100Z","type":"response_item","payload":{"type":"function_call_output","call_id":"nobody","output":"lost"}}"#,
        #"{"timestamp":"2026-03-01T10:00:06.000Z","type":"response_item","payload":{"type":"custom_tool_call","name":"apply_patch","input":"*** Begin Patch","call_id":"c2"}}"#,
        #"{"timestamp":"2026-03-01T10:00:07.000Z","type":"response_item","payload":{"type":"custom_tool_call_output","call_id":"c2","output":"{}"}}"#,
        "not json", "", "[1]",
        #"{"timestamp":"2026-03-01T10:00:08.000Z","type":"response_item","payload":{"type":"function_call","name":"shell"}}"#,
        #"{"timestamp":"2026-03-01T10:00:09.000Z","type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Done, ghp_0123456789abcdefghijABCDEFGHIJ456789."}]}}"#,
        #"{"timestamp":"2026-03-01T10:00:09.000Z","type":"tomorrow","payload":{"x":1}}"#,
        #"{"timestamp":"2026-03-01T10:00:1"#,
    ].joined(separator: "\n")

    private static let claude =
        [
            #"{"type":"summary","summary":"A title","leafUuid":"u"}"#,
            #"{"type":"user","isMeta":true,"sessionId":"s","timestamp":"2026-03-02T09:00:00.000Z","message":{"role":"user","content":"Caveat: ..."}}"#,
            #"{"parentUuid":null,"isSidechain":false,"type":"user","cwd":"/q","sessionId":"s","version":"2.0.1","timestamp":"2026-03-02T09:00:01.000Z","uuid":"1","message":{"role":"user","content":"say hello"}}"#,
            #"{"parentUuid":"1","isSidechain":false,"type":"assistant","timestamp":"2026-03-02T09:00:02.000Z","uuid":"2","message":{"id":"m","model":"claude-x","role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"}]}}"#,
            #"{"parentUuid":"2","isSidechain":false,"type":"assistant","timestamp":"2026-03-02T09:00:03.000Z","uuid":"3","message":{"id":"m","model":"claude-x","role":"assistant","content":[{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"ls"}}]}}"#,
            #"{"parentUuid":"3","isSidechain":false,"type":"user","timestamp":"2026-03-02T09:00:04.000Z","uuid":"4","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"b.c"}],"is_error":true}]},"toolUseResult":{"stdout":"b.c"}}"#,
            #"{"isSidechain":true,"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"a subagent"}]}}"#,
            #"{"type":"assistant","timestamp":"2026-03-02T09:00:05.000Z","message":{"model":"<synthetic>","role":"assistant","content":[{"type":"text","text":"Hello."}]}}"#,
            #"{"type":"user"}"#,
        ].joined(separator: "\n") + "\n"

    private func read(_ text: String, _ agent: ForeignSession.Agent) throws -> ForeignSession {
        try TemporaryFolder.with { folder in
            try folder.write("s.jsonl", text)
            return try ForeignReader.read(folder.at("s.jsonl"), as: agent)
        }
    }

    @Test func aRolloutOfCodexBecomesOurItems() throws {
        let session = try read(Self.codex, .codex)
        #expect(session.id == "0195-x")
        #expect(session.cwd == "/p")
        #expect(session.model == "gpt-x")
        #expect(session.began?.rfc3339 == "2026-03-01T10:00:00.123Z")
        #expect(
            session.entries.map(\.item.content) == [
                .user([.text("mend it"), .image(url: "data:image/png;base64,AA==", detail: nil)]),
                .reasoning("thinking"),
                .toolCall(ToolCall(id: "c1", name: "shell", input: .function(arguments: #"{"command":["ls"]}"#))),
                .toolResult(ToolResult(callID: "c1", parts: [.text("a.c")])),
                .toolCall(ToolCall(id: "c2", name: "apply_patch", input: .custom("*** Begin Patch"))),
                .toolResult(ToolResult(callID: "c2", parts: [.text("{}")], isCustom: true)),
                .assistant("Done, ghp_0123456789abcdefghijABCDEFGHIJ456789."),
            ])
        #expect(session.unread.map(\.line) == [12, 14, 15, 18])
        #expect(session.skipped == 3)
    }

    @Test func aTranscriptOfClaudeCodeBecomesOurItems() throws {
        let session = try read(Self.claude, .claude)
        #expect(session.id == "s")
        #expect(session.cwd == "/q")
        #expect(session.model == "claude-x")
        #expect(
            session.entries.map(\.item.content) == [
                .user([.text("say hello")]), .reasoning("hm"),
                .toolCall(ToolCall(id: "t1", name: "Bash", input: .function(arguments: #"{"command":"ls"}"#))),
                .toolResult(ToolResult(callID: "t1", parts: [.text("b.c")], isError: true)), .assistant("Hello."),
            ])
        #expect(session.unread.map(\.line) == [9])
    }

    @Test func anyBytesAreReadWithoutHarm() throws {
        var random = SeededGenerator(seed: 3)
        for (text, agent) in [(Self.codex, ForeignSession.Agent.codex), (Self.claude, .claude)] {
            for _ in 0..<200 {
                var bytes = Array(text.utf8)
                for _ in 0..<8 {
                    bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                try TemporaryFolder.with { folder in
                    try folder.write("s.jsonl", bytes)
                    _ = try ForeignReader.read(folder.at("s.jsonl"), as: agent)
                }
            }
        }
    }

    @Test func anImportIsKeptToBeReadAndForkedAndKnownTheNextTime() throws {
        try TemporaryFolder.with { folder in
            try folder.write("in/rollout-a.jsonl", Self.codex)
            let store = SessionStore(home: folder.at("home"))
            let key = try store.keyFile.load()
            let redactor = Redactor(scanner: SecretScanner()) { key.commitment(to: $0) }
            let importer = HistoryImport(store: store, redactor: redactor, version: "1")
            let path = folder.at("in/rollout-a.jsonl")
            #expect(HistoryImport.files(at: folder.at("in")) == [path])
            let first = try importer.take(path, as: .codex)
            #expect(first.outcome == .imported)
            let id = try #require(first.id)
            #expect(id.time.rfc3339 == "2026-03-01T10:00:00.123Z")
            #expect(try importer.take(path, as: .codex).outcome == .known)
            let location = SessionLocation(id: id, path: try store.find(id))
            #expect(VerificationRun.report(onFile: location.path, expecting: Expectation()).isWhole)
            // No secret of the other program's record is in ours.
            let bytes = try PosixFile.read(location.path, limit: 1 << 24)
            #expect(!String(decoding: bytes, as: UTF8.self).contains("ghp_0123456789"))
            let summary = SessionSummary(location)
            #expect(summary.state == .imported)
            #expect(summary.prompt == "mend it")
            #expect(try SessionIndex(home: folder.at("home")).summaries(in: "/p") == [summary])
            #expect(
                try SessionIndex(home: folder.at("home")).search(SearchQuery("thinking")).map(\.session) == [id.text])
            let error = #expect(throws: LockgateError.self) {
                try SessionJournal.resume(id: id, path: location.path)
            }
            #expect(error?.code == "session.read_only")
            let fork = try SessionFork(of: location)
            #expect(fork.items.compactMap { $0["kind"]?.string }.count == first.session.entries.count)
            #expect(try SessionFork(of: location, turn: 1).items == fork.items)
            // It grew since.
            try folder.write(
                "in/rollout-a.jsonl",
                Self.codex.split(separator: "\n").dropLast().joined(separator: "\n")
                    + #"{"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"more"}]}}"#
                    .prependingLineFeed)
            #expect(try importer.take(path, as: .codex).outcome == .renewed)
            #expect(try SessionFork(of: location).items.count == fork.items.count + 1)
            #expect(Array(store.locations).count == 1)
            #expect(throws: LockgateError.self) { try store.newest(in: nil) }
        }
    }
}

extension String {
    fileprivate var prependingLineFeed: String { "\n" + self }
}
