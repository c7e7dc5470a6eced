import Basics
import Testing
import Wire

@testable import Models

/// Bodies that go to providers: whole values for each dialect, and what must hold for all.
@Suite struct EncodingTests {
    /// A conversation of two turns, as an engine would hold it.
    static let conversation: [ConversationItem] = [
        ConversationItem(.user([.text("List the files.")])),
        ConversationItem(.reasoning("I should look.")),
        ConversationItem(.assistant("Looking.")),
        ConversationItem(.toolCall(ToolCall(id: "c1", name: "shell", input: .function(arguments: #"{"cmd":"ls"}"#)))),
        ConversationItem(.toolCall(ToolCall(id: "c2", name: "apply_patch", input: .custom("*** Begin Patch")))),
        ConversationItem(.toolResult(ToolResult(callID: "c1", parts: [.text("a\nb")]))),
        ConversationItem(
            .toolResult(ToolResult(callID: "c2", parts: [.text("bad patch")], isError: true, isCustom: true))),
        ConversationItem(.assistant("Done.")),
        ConversationItem(.user([.text("Thanks.")])),
    ]

    @Test func `writes a Responses body`() throws {
        let profile = ModelProfile(
            contextWindow: 1, maxOutputTokens: 1, supportsReasoning: true, supportsFreeformTools: true)
        var request = SampleTools.request(Self.conversation)
        request.tools = [SampleTools.all[0], SampleTools.all[2]]
        request.reasoningEffort = "low"
        request.outputSchema = ["type": "object"]
        let encoded = ResponsesCodec(provider: labProvider(.responses), profile: profile).encode(request)
        #expect(encoded.path == "responses")
        let expected = #"""
            {"model":"m","instructions":"Be brief.","stream":true,"store":false,
            "include":["reasoning.encrypted_content"],"reasoning":{"effort":"low","summary":"auto"},
            "prompt_cache_key":"session-1",
            "tools":[{"type":"function","name":"shell","description":"Runs a command.",
            "parameters":{"type":"object","properties":{"cmd":{"type":"string"}},"required":["cmd"]},"strict":false},
            {"type":"custom","name":"apply_patch","description":"Edits files.",
            "format":{"type":"grammar","syntax":"lark","definition":"start: /.+/"}}],
            "tool_choice":"auto","parallel_tool_calls":true,
            "text":{"format":{"type":"json_schema","name":"output","strict":true,"schema":{"type":"object"}}},
            "input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"List the files."}]},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Looking."}]},
            {"type":"function_call","call_id":"c1","name":"shell","arguments":"{\"cmd\":\"ls\"}"},
            {"type":"custom_tool_call","call_id":"c2","name":"apply_patch","input":"*** Begin Patch"},
            {"type":"function_call_output","call_id":"c1","output":"a\nb"},
            {"type":"custom_tool_call_output","call_id":"c2","output":"bad patch"},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Done."}]},
            {"type":"message","role":"user","content":[{"type":"input_text","text":"Thanks."}]}]}
            """#.replacing("\n", with: "")
        #expect(String(decoding: encoded.body, as: UTF8.self) == expected)
    }

    @Test func `writes a Chat body`() throws {
        var request = SampleTools.request(Self.conversation)
        request.tools = [SampleTools.all[2]]
        request.temperature = 0.2
        request.seed = 7
        request.maxOutputTokens = 800
        let encoded = ChatCodec(provider: labProvider(.chat)).encode(request)
        #expect(encoded.path == "chat/completions")
        let expected = #"""
            {"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":800,"temperature":0.2,
            "seed":7,"tools":[{"type":"function","function":{"name":"apply_patch","description":"Edits files.",
            "parameters":{"type":"object","properties":{"input":{"type":"string",
            "description":"The whole input of the tool, as plain text."}},"required":["input"],
            "additionalProperties":false}}}],"tool_choice":"auto",
            "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"List the files."},
            {"role":"assistant","content":"Looking.","tool_calls":[
            {"id":"c1","type":"function","function":{"name":"shell","arguments":"{\"cmd\":\"ls\"}"}},
            {"id":"c2","type":"function","function":{"name":"apply_patch",
            "arguments":"{\"input\":\"*** Begin Patch\"}"}}]},
            {"role":"tool","tool_call_id":"c1","content":"a\nb"},
            {"role":"tool","tool_call_id":"c2","content":"bad patch"},
            {"role":"assistant","content":"Done."},{"role":"user","content":"Thanks."}]}
            """#.replacing("\n", with: "")
        #expect(String(decoding: encoded.body, as: UTF8.self) == expected)
    }

    @Test func `writes a Messages body`() throws {
        var request = SampleTools.request(Self.conversation)
        request.tools = [SampleTools.all[0]]
        request.parallelToolCalls = false
        let encoded = MessagesCodec(provider: labProvider(.messages)).encode(request)
        #expect(encoded.path == "messages")
        #expect(encoded.headers == [.init("anthropic-version", "2023-06-01")])
        let expected = #"""
            {"model":"m","stream":true,"max_tokens":8192,
            "tools":[{"name":"shell","description":"Runs a command.",
            "input_schema":{"type":"object","properties":{"cmd":{"type":"string"}},"required":["cmd"]}}],
            "tool_choice":{"type":"auto","disable_parallel_tool_use":true},
            "system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],
            "messages":[{"role":"user","content":[{"type":"text","text":"List the files."}]},
            {"role":"assistant","content":[{"type":"text","text":"Looking."},
            {"type":"tool_use","id":"c1","name":"shell","input":{"cmd":"ls"}},
            {"type":"tool_use","id":"c2","name":"apply_patch","input":{"input":"*** Begin Patch"}}]},
            {"role":"user","content":[
            {"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"a\nb"}]},
            {"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"bad patch"}],"is_error":true,
            "cache_control":{"type":"ephemeral"}}]},
            {"role":"assistant","content":[{"type":"text","text":"Done."}]},
            {"role":"user","content":[{"type":"text","text":"Thanks.","cache_control":{"type":"ephemeral"}}]}]}
            """#.replacing("\n", with: "")
        #expect(String(decoding: encoded.body, as: UTF8.self) == expected)
    }

    /// The recorded answers in order, each followed by results for its calls and a user message.
    private static func growth(_ dialect: WireDialect, _ files: [String]) throws -> [[ConversationItem]] {
        var items = [ConversationItem(.user([.text("Go \"on\".\n")]))]
        var stages = [items]
        for file in files {
            let request = SampleTools.request(items)
            let decoder = labProvider(dialect).codec(profile: .unknown).makeDecoder(for: request)
            let outcome = StreamFile.decode(try StreamFile.bytes(file), by: 4_096, decoder)
            let response = try #require(outcome.response)
            items += response.items
            for item in response.items {
                guard case .toolCall(let call) = item.content else { continue }
                items.append(ConversationItem(.toolResult(ToolResult(callID: call.id, parts: [.text("ok")]))))
            }
            if case .toolResult = items.last?.content {
            } else {
                items.append(ConversationItem(.user([.text("More.")])))
            }
            stages.append(items)
        }
        return stages
    }

    private static let growths: [(WireDialect, [String])] = [
        (
            .responses,
            ["responses-reasoning-and-calls", "responses-text", "responses-invalid-arguments", "responses-unknown"]
        ),
        (
            .chat,
            [
                "chat-parallel", "chat-text", "chat-partial-arguments", "chat-thought-signature",
                "chat-reasoning-details",
                "chat-same-id-twice", "chat-index-zero-no-id", "chat-fenced-call",
            ]
        ),
        (
            .messages,
            ["messages-thinking-and-calls", "messages-text", "messages-invalid-input", "messages-tagged-call"]
        ),
    ]

    @Test(arguments: growths)
    func `a longer conversation's body begins with the bytes of the shorter one's`(
        _ dialect: WireDialect, _ files: [String]
    ) throws {
        // The markers of Messages move with the end; their field is not part of the prompt.
        let provider = labProvider(dialect) { $0.quirks.marksCache = false }
        let bodies = try Self.growth(dialect, files).map {
            provider.codec(profile: .unknown).encode(SampleTools.request($0)).body
        }
        #expect(bodies.count == files.count + 1)
        for body in bodies { #expect(!String(decoding: body, as: UTF8.self).contains("\":null") || dialect == .chat) }
        for (shorter, longer) in zip(bodies, bodies.dropFirst()) {
            #expect(shorter.suffix(2).elementsEqual("]}".utf8))
            #expect(longer.count > shorter.count)
            #expect(longer.starts(with: shorter.dropLast(2)))
        }
    }

    @Test func `cache markers are four at most and are all that moves`() throws {
        let stages = try Self.growth(.messages, ["messages-thinking-and-calls", "messages-text", "messages-text"])
        let marker = ",\"cache_control\":{\"type\":\"ephemeral\"}"
        let plain = MessagesCodec(provider: labProvider(.messages) { $0.quirks.marksCache = false })
        for items in stages {
            let request = SampleTools.request(items)
            let text = String(
                decoding: MessagesCodec(provider: labProvider(.messages)).encode(request).body, as: UTF8.self)
            let pieces = text.split(separator: marker, omittingEmptySubsequences: false)
            #expect((2...4).contains(pieces.count - 1))
            #expect(pieces.joined() == String(decoding: plain.encode(request).body, as: UTF8.self))
        }
    }

    @Test(arguments: WireDialect.allCases) func `what a provider sent goes back to it byte for byte, and to no other`(
        _ dialect: WireDialect
    ) throws {
        let json: JSONValue = ["type": "tool_use", "id": "c9", "z": 1.0, "a": "\u{2028}"]
        let items = [
            ConversationItem(.user([.text("Hi")])),
            ConversationItem(
                .toolCall(ToolCall(id: "c9", name: "shell", input: .function(arguments: "{}"))),
                blob: ProviderBlob(dialect: dialect, provider: "lab", json: json)),
            ConversationItem(.toolResult(ToolResult(callID: "c9", parts: [.text("ok")]))),
        ]
        func text(_ provider: Provider) -> String {
            String(
                decoding: provider.codec(profile: .unknown).encode(SampleTools.request(items)).body, as: UTF8.self)
        }
        #expect(text(labProvider(dialect)).contains(json.text))
        #expect(!text(labProvider(dialect) { $0.id = "other" }).contains("\"z\""))
        for other in WireDialect.allCases where other != dialect {
            #expect(!text(labProvider(other)).contains("\"z\""))
        }
    }
}
