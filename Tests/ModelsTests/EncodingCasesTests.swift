import Basics
import Testing
import Wire

@testable import Models

/// What requests look like for histories with gaps, for other tool modes, and for servers with quirks.
@Suite struct EncodingCasesTests {
    private static func body(_ codec: any DialectCodec, _ request: ModelRequest) throws -> JSONValue {
        try JSONValue(parsing: codec.encode(request).body)
    }

    // MARK: Histories with faults

    private static let call = ConversationItem(
        .toolCall(ToolCall(id: "c1", name: "shell", input: .function(arguments: "{}"))))

    private static func answers(_ dialect: WireDialect, _ items: [ConversationItem]) throws -> [[String]] {
        let body = try body(labProvider(dialect).codec(profile: .unknown), SampleTools.request(items))
        switch dialect {
        case .responses:
            let items = (body["input"]?.array ?? []).filter { $0["type"] == "function_call_output" }
            return items.map { [$0["call_id"]?.string ?? "", $0["output"]?.string ?? ""] }
        case .chat:
            let items = (body["messages"]?.array ?? []).filter { $0["role"] == "tool" }
            return items.map { [$0["tool_call_id"]?.string ?? "", $0["content"]?.string ?? ""] }
        case .messages:
            var answers: [[String]] = []
            for message in body["messages"]?.array ?? [] {
                for block in message["content"]?.array ?? [] where block["type"] == "tool_result" {
                    answers.append([
                        block["tool_use_id"]?.string ?? "", block["content"]?[0]?["text"]?.string ?? "",
                    ])
                }
            }
            return answers
        }
    }

    @Test(arguments: WireDialect.allCases) func `every call is answered and every answer has its call`(
        _ dialect: WireDialect
    ) throws {
        let result = ConversationItem(.toolResult(ToolResult(callID: "c1", parts: [.text("ok")])))
        let user = ConversationItem(.user([.text("Hi")]))
        #expect(try Self.answers(dialect, [user, Self.call, user]) == [["c1", "aborted"]])
        #expect(try Self.answers(dialect, [user, Self.call]) == [["c1", "aborted"]])
        #expect(try Self.answers(dialect, [user, Self.call, result]) == [["c1", "ok"]])
        #expect(try Self.answers(dialect, [user, Self.call, user, result]) == [["c1", "ok"]])
        #expect(try Self.answers(dialect, [user, result]) == [])
        #expect(try Self.answers(dialect, [user, Self.call, result, result]) == [["c1", "ok"]])
        let again = ConversationItem(.toolResult(ToolResult(callID: "c1", parts: [.text("again")])))
        #expect(
            try Self.answers(dialect, [user, Self.call, result, user, Self.call, again]) == [
                ["c1", "ok"], ["c1", "again"],
            ])
        #expect(
            try Self.answers(dialect, [user, Self.call, user, Self.call, again]) == [
                ["c1", "aborted"], ["c1", "again"],
            ])
    }

    @Test(arguments: ["", "{\"cmd\":", "[1]", "\"text\"", "nonsense"])
    func `argument text that is no JSON object is never written back`(_ arguments: String) throws {
        let items = [
            ConversationItem(.user([.text("Hi")])),
            ConversationItem(.toolCall(ToolCall(id: "c1", name: "shell", input: .function(arguments: arguments)))),
            ConversationItem(.toolResult(ToolResult(callID: "c1", parts: [.text("invalid arguments")], isError: true))),
        ]
        let request = SampleTools.request(items)
        let responses = try Self.body(ResponsesCodec(provider: labProvider(.responses)), request)
        #expect(responses["input"]?[1]?["arguments"] == "{}")
        let chat = try Self.body(ChatCodec(provider: labProvider(.chat)), request)
        #expect(chat["messages"]?[2]?["tool_calls"]?[0]?["function"]?["arguments"] == "{}")
        let messages = try Self.body(MessagesCodec(provider: labProvider(.messages)), request)
        #expect(messages["messages"]?[1]?["content"]?[0]?["input"] == [:])
    }

    @Test func `Messages alternates roles and starts with the user`() throws {
        let items = [
            ConversationItem(.assistant("Earlier.")), ConversationItem(.user([.text("A")])),
            ConversationItem(.developer("B")), Self.call, ConversationItem(.user([.text("C"), .text(" ")])),
        ]
        let body = try Self.body(MessagesCodec(provider: labProvider(.messages)), SampleTools.request(items))
        let roles = body["messages"]?.array?.map { $0["role"]?.string ?? "" }
        #expect(roles == ["user", "assistant", "user", "assistant", "user"])
        let types = body["messages"]?[4]?["content"]?.array?.map { $0["type"]?.string ?? "" }
        #expect(types == ["tool_result", "text"])
    }

    // MARK: Modes and quirks

    @Test func `an action schema is asked for in each dialect's own way, without tools`() throws {
        var request = SampleTools.request()
        request.toolMode = .schema(["type": "object"])
        let chat = try Self.body(ChatCodec(provider: labProvider(.chat)), request)
        #expect(
            chat["response_format"]
                == [
                    "type": "json_schema",
                    "json_schema": ["name": "action", "strict": true, "schema": ["type": "object"]],
                ])
        #expect(chat["tools"] == nil)
        let responses = try Self.body(ResponsesCodec(provider: labProvider(.responses)), request)
        #expect(
            responses["text"]
                == ["format": ["type": "json_schema", "name": "action", "strict": true, "schema": ["type": "object"]]])
        let messages = try Self.body(MessagesCodec(provider: labProvider(.messages)), request)
        #expect(messages["output_config"] == ["format": ["type": "json_schema", "schema": ["type": "object"]]])
        request.toolMode = .grammar("root ::= \"a\"")
        let grammar = try Self.body(ChatCodec(provider: labProvider(.chat)), request)
        #expect(grammar["grammar"] == "root ::= \"a\"")
        #expect(grammar["response_format"] == nil)
    }

    @Test func `without declared tools, actions and results are plain messages`() throws {
        var request = SampleTools.request([
            ConversationItem(.user([.text("Hi")])),
            ConversationItem(.assistant(#"{"action":"shell"}"#)), Self.call,
            ConversationItem(.toolResult(ToolResult(callID: "c1", parts: [.text("ok")]))),
            Self.call,
        ])
        request.toolMode = .schema(["type": "object"])
        let body = try Self.body(ChatCodec(provider: labProvider(.chat)), request)
        #expect(
            body["messages"] == [
                ["role": "system", "content": "Be brief."], ["role": "user", "content": "Hi"],
                ["role": "assistant", "content": #"{"action":"shell"}"#], ["role": "user", "content": "ok"],
                ["role": "assistant", "content": #"{"name":"shell","arguments":{}}"#],
            ])
    }

    @Test func `images stand where each dialect takes them`() throws {
        let image = ContentPart.image(url: "data:image/png;base64,AAAA", detail: "high")
        let request = SampleTools.request([
            ConversationItem(.user([.text("See"), image])), Self.call,
            ConversationItem(.toolResult(ToolResult(callID: "c1", parts: [image]))),
        ])
        let chat = try Self.body(ChatCodec(provider: labProvider(.chat)), request)
        let inChat: JSONValue = [
            "type": "image_url", "image_url": ["url": "data:image/png;base64,AAAA", "detail": "high"],
        ]
        #expect(chat["messages"]?[1]?["content"] == [["type": "text", "text": "See"], inChat])
        #expect(chat["messages"]?[3]?["content"] == "(an image, shown below)")
        #expect(chat["messages"]?[4]?["content"]?[1] == inChat)
        let messages = try Self.body(MessagesCodec(provider: labProvider(.messages)), request)
        #expect(
            messages["messages"]?[0]?["content"]?[1]?["source"]
                == ["type": "base64", "media_type": "image/png", "data": "AAAA"])
        let responses = try Self.body(ResponsesCodec(provider: labProvider(.responses)), request)
        let inResponses: JSONValue = [
            "type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "high",
        ]
        #expect(responses["input"]?[0]?["content"]?[1] == inResponses)
        #expect(responses["input"]?[2]?["output"] == [inResponses])
        var blind = ModelProfile.unknown
        blind.supportsImages = false
        let seen = try Self.body(ChatCodec(provider: labProvider(.chat), profile: blind), request)
        #expect(seen["messages"]?[1]?["content"] == "See\n[image left out: this model takes no images]")
        #expect(seen["messages"]?.array?.count == 4)
    }

    private static let thinkings: [(ModelProfile.Thinking, String, JSONValue?, JSONValue?)] = [
        (.adaptive, "low", ["type": "adaptive"], ["effort": "low"]),
        (.budget, "high", ["type": "enabled", "budget_tokens": 4_096], nil),
        (.none, "high", nil, nil),
    ]

    @Test(arguments: thinkings)
    func `Messages thinks as the model's profile says`(
        _ style: ModelProfile.Thinking, _ effort: String, _ thinking: JSONValue?, _ config: JSONValue?
    ) throws {
        var profile = ModelProfile.unknown
        profile.thinking = style
        var request = SampleTools.request()
        request.reasoningEffort = effort
        request.temperature = 0.5
        let body = try Self.body(MessagesCodec(provider: labProvider(.messages), profile: profile), request)
        #expect(body["thinking"] == thinking)
        #expect(body["output_config"] == config)
        #expect((body["temperature"] == nil) == (thinking != nil))
    }

    @Test(arguments: [
        ("https://h/v1", "https://h/v1/responses?a=1&b=x%20y"), ("https://h/v1/", "https://h/v1/responses?a=1&b=x%20y"),
        ("https://h/v1/responses", "https://h/v1/responses?a=1&b=x%20y"),
    ])
    func `joins the endpoint's address`(_ base: String, _ whole: String) throws {
        let provider = labProvider(.responses) {
            $0.baseURL = base
            $0.queryParams = ["b": "x y", "a": "1"]
        }
        #expect(try provider.url(path: "responses") == whole)
    }

    @Test(arguments: [nil, "", "h/v1", "file:///x"])
    func `a provider without a usable address says what to set`(_ base: String?) {
        let error = #expect(throws: LockgateError.self) {
            try labProvider(.chat) { $0.baseURL = base }.url(path: "chat/completions")
        }
        #expect(error?.remedy != nil)
    }
}
