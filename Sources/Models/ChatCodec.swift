import Basics
package import Wire

/// Chat Completions (`POST /chat/completions`), the language that nearly every server speaks.
package struct ChatCodec: DialectCodec {
    let provider: Provider
    let profile: ModelProfile

    package init(provider: Provider, profile: ModelProfile = .unknown) {
        self.provider = provider
        self.profile = profile
    }

    package func makeDecoder(for request: ModelRequest) -> any StreamDecoder {
        ChatDecoder(
            context: DecodingContext(request, dialect: .chat, provider: provider),
            replaysReasoning: provider.quirks.replaysReasoningContent)
    }

    package func encode(_ request: ModelRequest) -> EncodedRequest {
        let quirks = provider.quirks
        let tools = request.toolMode == .native ? request.tools.map(tool) : []
        var grammar: JSONValue?
        if case .grammar(let text) = request.toolMode { grammar = .string(text) }
        let body = JSONValue.fields([
            ("model", .string(request.model)),
            ("stream", true),
            ("stream_options", .when(quirks.sendsStreamOptions, ["include_usage": true])),
            (quirks.maxTokensField, request.maxOutputTokens.map { .int($0) }),
            ("temperature", request.temperature.map { .double($0) }),
            ("seed", request.seed.map { .int($0) }),
            ("reasoning_effort", request.reasoningEffort.map(JSONValue.string)),
            ("prompt_cache_key", .when(quirks.sendsPromptCacheKey, .string(request.cacheKey))),
            ("tools", .when(!tools.isEmpty, .array(tools))),
            ("tool_choice", .when(!tools.isEmpty, "auto")),
            (
                "parallel_tool_calls",
                .when(!tools.isEmpty && quirks.sendsParallelToolCalls, .bool(request.parallelToolCalls))
            ),
            ("response_format", format(request)),
            ("grammar", grammar),
            ("messages", .array(messages(request))),
        ])
        return EncodedRequest(path: "chat/completions", headers: [], body: body.bytes)
    }

    private func format(_ request: ModelRequest) -> JSONValue? {
        let schema: JSONValue
        let name: JSONValue
        switch (request.toolMode, request.outputSchema) {
        case (.schema(let action), _): (name, schema) = ("action", action)
        case (.native, let output?): (name, schema) = ("output", output)
        default: return nil
        }
        return ["type": "json_schema", "json_schema": ["name": name, "strict": true, "schema": schema]]
    }

    private func tool(_ tool: ToolDefinition) -> JSONValue {
        [
            "type": "function",
            "function": [
                "name": .string(tool.name), "description": .string(tool.description), "parameters": tool.functionSchema,
            ],
        ]
    }

    private func messages(_ request: ModelRequest) -> [JSONValue] {
        var out: [JSONValue] = []
        if !request.instructions.isEmpty {
            out.append(["role": "system", "content": .string(request.instructions)])
        }
        let native = request.toolMode == .native
        let pairing = ConversationPairing(request.items)
        var index = 0
        while index < request.items.count {
            switch request.items[index].content {
            case .user(let parts):
                out.append(["role": "user", "content": content(parts)])
                index += 1
            case .developer(let text):
                out.append(["role": .string(provider.quirks.developerRole.rawValue), "content": .string(text)])
                index += 1
            case .toolResult(let result):
                // A declared tool's result stands behind its call; see `AssistantTurn`.
                if !native { out.append(["role": "user", "content": content(result.parts)]) }
                index += 1
            case .assistant, .reasoning, .toolCall:
                let turn = AssistantTurn(request.items, from: index)
                out += native ? self.turn(turn, request.items, pairing) : plain(turn, request.items)
                index = turn.end
            }
        }
        return out
    }

    private func turn(
        _ turn: AssistantTurn, _ items: [ConversationItem], _ pairing: ConversationPairing
    ) -> [JSONValue] {
        guard turn.text != nil || !turn.calls.isEmpty else { return [] }
        var message: JSONObject = ["role": "assistant", "content": .optional(turn.text)]
        for index in [turn.reasoning, turn.textIndex].compactMap(\.self) {
            for (key, value) in items[index].ownBlob(.chat, provider)?.object?.members ?? [] { message[key] = value }
        }
        var written: [JSONValue] = []
        var answers: [JSONValue] = []
        var images: [ContentPart] = []
        for index in turn.calls {
            guard case .toolCall(let call) = items[index].content else { continue }
            written.append(items[index].ownBlob(.chat, provider) ?? self.call(call))
            let result = pairing.answer(toCallAt: index, in: items)
            // The role takes text alone, so images follow in a message of their own.
            answers.append(["role": "tool", "tool_call_id": .string(call.id), "content": .string(toolText(result))])
            images += result.parts.filter { if case .image = $0 { true } else { false } }
        }
        if !written.isEmpty { message["tool_calls"] = .array(written) }
        if profile.supportsImages, !images.isEmpty {
            answers.append(["role": "user", "content": content([.text("Images of the tool results above:")] + images)])
        }
        return [.object(message)] + answers
    }

    /// An assistant turn of a conversation without declared tools.
    private func plain(_ turn: AssistantTurn, _ items: [ConversationItem]) -> [JSONValue] {
        var texts = turn.text.map { [$0] } ?? []
        for index in turn.calls {
            guard case .toolCall(let call) = items[index].content else { continue }
            if let text = ActionText.standIn(for: call, at: index, in: items) { texts.append(text) }
        }
        return texts.map { ["role": "assistant", "content": .string($0)] }
    }

    private func toolText(_ result: ToolResult) -> String {
        let text =
            profile.supportsImages ? result.text : ToolResult(callID: "", parts: profile.visible(result.parts)).text
        return text.isEmpty && result.hasImages ? "(an image, shown below)" : text
    }

    private func call(_ call: ToolCall) -> JSONValue {
        [
            "id": .string(call.id), "type": "function",
            "function": ["name": .string(call.name), "arguments": .string(call.safeArguments)],
        ]
    }

    /// A bare string unless there are images, since many servers know nothing else.
    private func content(_ parts: [ContentPart]) -> JSONValue {
        let parts = profile.visible(parts)
        let texts = parts.compactMap { if case .text(let text) = $0 { text } else { nil } }
        guard texts.count < parts.count else { return .string(texts.joined(separator: "\n")) }
        return .array(
            parts.map { part in
                switch part {
                case .text(let text):
                    ["type": "text", "text": .string(text)]
                case .image(let url, let detail):
                    [
                        "type": "image_url",
                        "image_url": .fields([("url", .string(url)), ("detail", detail.map(JSONValue.string))]),
                    ]
                }
            })
    }
}

/// The items of one assistant message: at most one reasoning, then at most one text, then calls.
struct AssistantTurn {
    private(set) var reasoning: Int?
    private(set) var textIndex: Int?
    private(set) var text: String?
    private(set) var calls: [Int] = []
    /// The index after the last item.
    private(set) var end: Int

    init(_ items: [ConversationItem], from start: Int) {
        end = start
        while end < items.count {
            switch items[end].content {
            case .reasoning:
                guard reasoning == nil, text == nil, calls.isEmpty else { return }
                reasoning = end
            case .assistant(let part):
                guard text == nil, calls.isEmpty else { return }
                (textIndex, text) = (end, part)
            case .toolCall:
                calls.append(end)
            default:
                return
            }
            end += 1
        }
    }
}
