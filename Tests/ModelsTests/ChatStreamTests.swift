import Basics
import Testing
import Wire

@testable import Models

@Suite struct ChatStreamTests {
    private static let whole = TokenUsage(
        inputTokens: 100, cachedInputTokens: 64, outputTokens: 20, reasoningOutputTokens: 5)

    private static func call(
        _ id: String, _ name: String, _ arguments: String, written: String? = nil, extra: JSONObject = [:]
    ) -> ConversationItem {
        var blob: JSONObject = [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(written ?? arguments)],
        ]
        for (key, value) in extra.members { blob[key] = value }
        return ConversationItem(
            .toolCall(ToolCall(id: id, name: name, input: .function(arguments: arguments))),
            blob: ProviderBlob(dialect: .chat, provider: "lab", json: .object(blob)))
    }

    private static func answer(
        _ items: [ConversationItem], usage: TokenUsage = TokenUsage(), stop: StopReason = .completed,
        fallback: String? = nil
    ) -> ModelResponse {
        ModelResponse(items: items, usage: usage, stop: stop, fallback: fallback, responseID: "chatcmpl-1")
    }

    private static let hello = ConversationItem(.assistant("Hello"))
    private static let list = call("call_a", "shell", #"{"cmd":"ls"}"#)

    private static func thought(_ text: String, _ json: JSONValue? = nil) -> ConversationItem {
        ConversationItem(
            .reasoning(text), blob: json.map { ProviderBlob(dialect: .chat, provider: "lab", json: $0) })
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var response: ModelResponse

        init(_ file: String, _ response: ModelResponse) {
            testDescription = file
            self.response = response
        }
    }

    static let answers = [
        Case("chat-text", answer([hello], usage: whole)),
        Case("chat-parallel", answer([list, call("call_b", "read", #"{"path":"a"}"#)], usage: whole)),
        Case("chat-index-missing", answer([list, call("call_b", "shell", #"{"cmd":"pwd"}"#)])),
        Case("chat-index-always-zero", answer([list, call("call_b", "shell", #"{"cmd":"pwd"}"#)])),
        Case(
            "chat-index-zero-no-id",
            answer([
                call("call_made_up", "shell", #"{"cmd":"ls"}"#), call("call_made_up", "shell", #"{"cmd":"pwd"}"#),
            ])),
        Case("chat-arguments-object", answer([list])),
        Case("chat-split-without-index", answer([list, call("call_b", "read", #"{"path":"b"}"#)])),
        Case("chat-id-and-name-repeated", answer([list])),
        Case(
            "chat-same-id-twice",
            answer([
                call("call_0", "shell", #"{"cmd":"ls"}"#), call("call_made_up", "shell", #"{"cmd":"pwd"}"#),
            ])),
        Case("chat-comments", answer([hello])),
        Case(
            "chat-thought-signature",
            answer([
                call(
                    "call_a", "shell", #"{"cmd":"ls"}"#,
                    extra: ["extra_content": ["google": ["thought_signature": "c2lnbmF0dXJl"]]])
            ])),
        Case("chat-stop-with-calls", answer([list])),
        Case("chat-no-done", answer([hello])),
        Case("chat-crlf-bom", answer([hello])),
        Case("chat-carriage-returns", answer([hello])),
        Case("chat-partial-arguments", answer([call("call_a", "shell", #"{"cmd":"l"#, written: "{}")])),
        Case("chat-empty-arguments", answer([call("call_a", "shell", "{}")])),
        Case("chat-no-arguments", answer([call("call_a", "shell", "{}")])),
        Case("chat-reasoning-content", answer([thought("Thinking."), hello])),
        Case(
            "chat-reasoning-details",
            answer([
                thought(
                    "Thinking.",
                    [
                        "reasoning_details": [
                            ["type": "reasoning.text", "text": "Thinking.", "index": 0],
                            ["type": "reasoning.encrypted", "data": "AAAA", "index": 1],
                        ]
                    ]), list,
            ])),
        Case("chat-content-parts", answer([thought("Thinking."), hello])),
        Case("chat-refusal", answer([ConversationItem(.assistant("I cannot do that."))])),
        Case("chat-length", answer([hello], usage: whole, stop: .incomplete("max_output_tokens"))),
        Case(
            "chat-fenced-call",
            answer(
                [
                    ConversationItem(
                        .toolCall(
                            ToolCall(id: "call_made_up", name: "shell", input: .function(arguments: #"{"cmd":"ls"}"#))))
                ], fallback: "fenced")),
        Case("chat-unknown-members", answer([hello])),
    ]

    @Test(arguments: answers) func `reads the recorded stream, cut anywhere`(_ example: Case) throws {
        let bytes = try StreamFile.bytes(example.testDescription)
        for size in [1, 2, 7, 100, bytes.count] {
            let decoder = ChatDecoder(context: labContext(.chat), replaysReasoning: false)
            let outcome = StreamFile.decode(bytes, by: size, decoder)
            #expect(outcome.failure == nil)
            #expect(outcome.response == example.response, "in pieces of \(size)")
        }
    }

    @Test func `shows text and reasoning as they come`() throws {
        let decoder = ChatDecoder(context: labContext(.chat), replaysReasoning: false)
        let bytes = try StreamFile.bytes("chat-reasoning-content")
        let outcome = StreamFile.decode(bytes, by: 50, decoder)
        #expect(outcome.text == "Hello")
        #expect(outcome.reasoning == "Thinking.")
    }

    @Test func `keeps reasoning to send back where the provider wants it`() throws {
        let decoder = ChatDecoder(context: labContext(.chat), replaysReasoning: true)
        let outcome = StreamFile.decode(try StreamFile.bytes("chat-reasoning-content"), by: 50, decoder)
        #expect(outcome.response?.items.first == Self.thought("Thinking.", ["reasoning_content": "Thinking."]))
    }

    @Test(arguments: [
        ("chat-error-in-stream", ModelFailure.Kind.inStream, AttemptFailure.Retry.backoff),
        ("chat-cut", .streamCut, .backoff),
        ("chat-damaged", .malformed, .backoff),
    ])
    func `fails over the recorded stream`(
        _ file: String, _ kind: ModelFailure.Kind, _ retry: AttemptFailure.Retry
    ) throws {
        let decoder = ChatDecoder(context: labContext(.chat), replaysReasoning: false)
        let outcome = StreamFile.decode(try StreamFile.bytes(file), by: 10, decoder)
        #expect(outcome.response == nil)
        #expect(outcome.failure?.failure.kind == kind)
        #expect(outcome.failure?.retry == retry)
    }

    @Test func `reads an answer that was not streamed`() throws {
        let body: JSONValue = [
            "id": "chatcmpl-1",
            "choices": [
                [
                    "message": [
                        "role": "assistant", "content": nil,
                        "tool_calls": [
                            [
                                "id": "call_a", "type": "function",
                                "function": ["name": "shell", "arguments": "{\"cmd\":\"ls\"}"],
                            ]
                        ],
                    ], "finish_reason": "tool_calls",
                ]
            ],
        ]
        var decoder = ChatDecoder(context: labContext(.chat), replaysReasoning: false)
        #expect(try decoder.receive(SSEEvent(data: body.bytes)) == [])
        #expect(try decoder.finish() == [.finished(Self.answer([Self.list]))])
    }
}
