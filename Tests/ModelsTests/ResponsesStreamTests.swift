import Basics
import Testing
import Wire

@testable import Models

@Suite struct ResponsesStreamTests {
    private static let usage = TokenUsage(
        inputTokens: 100, cachedInputTokens: 64, outputTokens: 20, reasoningOutputTokens: 5)

    private static func item(_ content: ConversationItem.Content, _ json: JSONValue) -> ConversationItem {
        ConversationItem(content, blob: ProviderBlob(dialect: .responses, provider: "lab", json: json))
    }

    private static func answer(_ items: [ConversationItem], stop: StopReason = .completed) -> ModelResponse {
        ModelResponse(items: items, usage: usage, stop: stop, responseID: "resp_1")
    }

    private static func message(_ part: JSONValue) -> JSONValue {
        ["type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]]
    }

    private static let hello = item(
        .assistant("Hello"), message(["type": "output_text", "text": "Hello", "annotations": []]))

    private static func call(_ arguments: String, written: String? = nil) -> ConversationItem {
        item(
            .toolCall(ToolCall(id: "call_a", name: "shell", input: .function(arguments: arguments))),
            [
                "type": "function_call", "id": "fc_1", "call_id": "call_a", "name": "shell",
                "arguments": .string(written ?? arguments), "status": "completed",
            ])
    }

    private static let list = call(#"{"cmd":"ls"}"#)

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var response: ModelResponse

        init(_ file: String, _ response: ModelResponse) {
            testDescription = file
            self.response = response
        }
    }

    static let answers = [
        Case("responses-text", answer([hello])),
        Case(
            "responses-reasoning-and-calls",
            answer([
                item(
                    .reasoning("Thinking."),
                    [
                        "type": "reasoning", "id": "rs_1",
                        "summary": [["type": "summary_text", "text": "Thinking."]], "encrypted_content": "gAAA",
                    ]), list,
                item(
                    .toolCall(
                        ToolCall(
                            id: "call_b", name: "apply_patch", input: .custom("*** Begin Patch\n*** End Patch"))),
                    [
                        "type": "custom_tool_call", "id": "ctc_1", "call_id": "call_b", "name": "apply_patch",
                        "input": "*** Begin Patch\n*** End Patch", "status": "completed",
                    ]),
            ])),
        Case("responses-empty-output", answer([hello])),
        Case("responses-only-in-closing-event", answer([hello, list])),
        Case(
            "responses-unknown",
            answer([
                item(.reasoning(""), ["type": "web_search_call", "id": "ws_1", "status": "completed"]), hello,
            ])),
        Case("responses-damaged", answer([hello])),
        Case(
            "responses-incomplete",
            answer([ConversationItem(.assistant("Hello"))], stop: .incomplete("max_output_tokens"))),
        Case("responses-invalid-arguments", answer([call(#"{"cmd":"#, written: "{}")])),
        Case("responses-refusal", answer([item(.assistant("No."), message(["type": "refusal", "refusal": "No."]))])),
    ]

    @Test(arguments: answers) func `reads the recorded stream, cut anywhere`(_ example: Case) throws {
        let bytes = try StreamFile.bytes(example.testDescription)
        for size in [1, 3, 100, bytes.count] {
            let outcome = StreamFile.decode(bytes, by: size, ResponsesDecoder(context: labContext(.responses)))
            #expect(outcome.failure == nil)
            #expect(outcome.response == example.response, "in pieces of \(size)")
        }
    }

    @Test(arguments: [
        ("responses-failed", ModelFailure.Kind.inStream, AttemptFailure.Retry.backoff),
        ("responses-failed-for-good", .inStream, .never),
        ("responses-rate-limited", .rateLimited, .after(milliseconds: 1_500)),
        ("responses-context-window", .contextWindowExceeded, .never),
        ("responses-cut-late", .streamCut, .backoff),
        ("responses-error-event", .inStream, .backoff),
    ])
    func `fails over the recorded stream, whatever was complete before`(
        _ file: String, _ kind: ModelFailure.Kind, _ retry: AttemptFailure.Retry
    ) throws {
        let bytes = try StreamFile.bytes(file)
        let outcome = StreamFile.decode(bytes, by: 10, ResponsesDecoder(context: labContext(.responses)))
        #expect(outcome.response == nil)
        #expect(outcome.failure?.failure.kind == kind)
        #expect(outcome.failure?.retry == retry)
    }

    @Test func `shows text and reasoning as they come`() throws {
        let decoder = ResponsesDecoder(context: labContext(.responses))
        #expect(StreamFile.decode(try StreamFile.bytes("responses-text"), by: 9, decoder).text == "Hello")
        let bytes = try StreamFile.bytes("responses-reasoning-and-calls")
        #expect(StreamFile.decode(bytes, by: 9, decoder).reasoning == "Thinking.")
    }

    @Test func `a damaged event that may have held an item fails the attempt`() throws {
        let good = try StreamFile.bytes("responses-empty-output")
        let damage = Array("data: {\"type\": \"response.output_item.done\", \"item\": {\n\n".utf8)
        let outcome = StreamFile.decode(damage + good, by: 64, ResponsesDecoder(context: labContext(.responses)))
        #expect(outcome.failure?.failure.kind == .malformed)
    }

    @Test func `reads an answer that was not streamed`() throws {
        let body: JSONValue = [
            "id": "resp_1", "object": "response", "status": "completed",
            "output": [Self.message(["type": "output_text", "text": "Hello", "annotations": []])],
        ]
        var decoder = ResponsesDecoder(context: labContext(.responses))
        let outputs = try decoder.receive(SSEEvent(data: body.bytes))
        let answer = ModelResponse(
            items: [Self.hello], usage: TokenUsage(), stop: .completed, responseID: "resp_1")
        #expect(outputs == [.finished(answer)])
    }
}
