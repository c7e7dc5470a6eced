import Basics
import Testing
import Wire

@testable import Models

@Suite struct MessagesStreamTests {
    private static let usage = TokenUsage(
        inputTokens: 100, cachedInputTokens: 64, cacheWriteInputTokens: 26, outputTokens: 20)

    private static func blob(_ json: JSONValue) -> ProviderBlob {
        ProviderBlob(dialect: .messages, provider: "lab", json: json)
    }

    private static func answer(
        _ items: [ConversationItem], stop: StopReason = .completed, fallback: String? = nil
    ) -> ModelResponse {
        ModelResponse(items: items, usage: usage, stop: stop, fallback: fallback, responseID: "msg_1")
    }

    private static let hello = ConversationItem(.assistant("Hello"))

    private static func call(
        _ id: String, _ name: String, _ input: ToolCall.Input, _ json: JSONValue
    ) -> ConversationItem {
        ConversationItem(
            .toolCall(ToolCall(id: id, name: name, input: input)),
            blob: blob(["type": "tool_use", "id": .string(id), "name": .string(name), "input": json]))
    }

    private static let list = call("toolu_a", "shell", .function(arguments: #"{"cmd":"ls"}"#), ["cmd": "ls"])

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var response: ModelResponse

        init(_ file: String, _ response: ModelResponse) {
            testDescription = file
            self.response = response
        }
    }

    static let answers = [
        Case("messages-text", answer([hello])),
        Case(
            "messages-thinking-and-calls",
            answer([
                ConversationItem(
                    .reasoning("Thinking."),
                    blob: blob(["type": "thinking", "thinking": "Thinking.", "signature": "c2ln"])),
                ConversationItem(.reasoning(""), blob: blob(["type": "redacted_thinking", "data": "AAAA"])),
                hello, list,
                call("toolu_b", "apply_patch", .custom("*** Begin Patch"), ["input": "*** Begin Patch"]),
            ])),
        Case(
            "messages-invalid-input", answer([call("toolu_a", "shell", .function(arguments: #"{"cmd":"l"#), [:])])),
        Case("messages-empty-input", answer([call("toolu_a", "shell", .function(arguments: "{}"), [:])])),
        Case("messages-whole-input-at-start", answer([list])),
        Case("messages-unknown", answer([hello])),
        Case("messages-max-tokens", answer([hello], stop: .incomplete("max_output_tokens"))),
        Case(
            "messages-tagged-call",
            answer(
                [
                    ConversationItem(
                        .toolCall(
                            ToolCall(id: "call_made_up", name: "shell", input: .function(arguments: #"{"cmd":"ls"}"#))))
                ], fallback: "tagged")),
    ]

    @Test(arguments: answers) func `reads the recorded stream, cut anywhere`(_ example: Case) throws {
        let bytes = try StreamFile.bytes(example.testDescription)
        for size in [1, 3, 100, bytes.count] {
            let outcome = StreamFile.decode(bytes, by: size, MessagesDecoder(context: labContext(.messages)))
            #expect(outcome.failure == nil)
            #expect(outcome.response == example.response, "in pieces of \(size)")
        }
    }

    @Test(arguments: [
        ("messages-overloaded", ModelFailure.Kind.inStream, AttemptFailure.Retry.backoff),
        ("messages-invalid-request", .inStream, .never),
        ("messages-cut-late", .streamCut, .backoff),
    ])
    func `fails over the recorded stream, whatever was complete before`(
        _ file: String, _ kind: ModelFailure.Kind, _ retry: AttemptFailure.Retry
    ) throws {
        let bytes = try StreamFile.bytes(file)
        let outcome = StreamFile.decode(bytes, by: 10, MessagesDecoder(context: labContext(.messages)))
        #expect(outcome.response == nil)
        #expect(outcome.failure?.failure.kind == kind)
        #expect(outcome.failure?.retry == retry)
    }

    @Test func `shows text and thinking as they come`() throws {
        let bytes = try StreamFile.bytes("messages-thinking-and-calls")
        let outcome = StreamFile.decode(bytes, by: 9, MessagesDecoder(context: labContext(.messages)))
        #expect(outcome.text == "Hello")
        #expect(outcome.reasoning == "Thinking.")
    }
}
