import Basics
package import Wire

/// Anthropic's Messages API (`POST /messages`).
///
/// Roles alternate strictly: all results of a turn stand in one user message right behind the calls, thinking blocks
/// with their signatures go back unread. Cache markers move with the end of the conversation; without them a longer
/// conversation's `messages` begin with a shorter one's.
package struct MessagesCodec: DialectCodec {
    /// The API version that this codec is written to.
    static let version = "2023-06-01"

    let provider: Provider
    let profile: ModelProfile

    package init(provider: Provider, profile: ModelProfile = .unknown) {
        self.provider = provider
        self.profile = profile
    }

    package func makeDecoder(for request: ModelRequest) -> any StreamDecoder {
        MessagesDecoder(context: DecodingContext(request, dialect: .messages, provider: provider))
    }

    package func encode(_ request: ModelRequest) -> EncodedRequest {
        let native = request.toolMode == .native
        let tools = native ? request.tools.map(tool) : []
        let maxTokens = request.maxOutputTokens ?? profile.maxOutputTokens
        let thinking = thinking(request, maxTokens: maxTokens)
        var outputConfig: [(String, JSONValue?)] = []
        if thinking?["type"] == "adaptive" {
            outputConfig.append(("effort", request.reasoningEffort.map(JSONValue.string)))
        }
        outputConfig.append(("format", format(request)))
        let config = JSONValue.fields(outputConfig)
        let body = JSONValue.fields([
            ("model", .string(request.model)),
            ("stream", true),
            ("max_tokens", .int(maxTokens)),
            // A thinking model takes no other temperature than its own.
            ("temperature", thinking == nil ? request.temperature.map { .double($0) } : nil),
            ("thinking", thinking),
            ("output_config", .when(config != [:], config)),
            ("tools", .when(!tools.isEmpty, .array(tools))),
            (
                "tool_choice",
                .when(
                    !tools.isEmpty && !request.parallelToolCalls, ["type": "auto", "disable_parallel_tool_use": true])
            ),
            ("system", .when(!request.instructions.isEmpty, .array([marked(text(request.instructions))]))),
            ("messages", .array(messages(request))),
        ])
        return EncodedRequest(
            path: "messages", headers: [.init("anthropic-version", Self.version)], body: body.bytes)
    }

    private func thinking(_ request: ModelRequest, maxTokens: Int) -> JSONValue? {
        guard let effort = request.reasoningEffort, effort != "none" else { return nil }
        switch profile.thinking {
        case .none:
            return nil
        case .adaptive:
            return ["type": "adaptive"]
        case .budget:
            // The API's minimum is 1,024 tokens, and the budget is part of `max_tokens`.
            let wanted = ["minimal": 1_024, "low": 2_048, "medium": 8_192][effort] ?? 16_384
            let budget = min(wanted, maxTokens / 2)
            return .when(budget >= 1_024, ["type": "enabled", "budget_tokens": .int(budget)])
        }
    }

    private func format(_ request: ModelRequest) -> JSONValue? {
        switch (request.toolMode, request.outputSchema) {
        case (.schema(let action), _): ["type": "json_schema", "schema": action]
        case (_, let output?): ["type": "json_schema", "schema": output]
        default: nil
        }
    }

    private func tool(_ tool: ToolDefinition) -> JSONValue {
        [
            "name": .string(tool.name), "description": .string(tool.description), "input_schema": tool.functionSchema,
        ]
    }

    // MARK: Conversation

    private struct Message {
        var role: String
        var blocks: [JSONValue]
    }

    private func messages(_ request: ModelRequest) -> [JSONValue] {
        var list = turns(request)
        if list.first?.role == "assistant" {
            list.insert(Message(role: "user", blocks: [text("(The conversation goes on from here.)")]), at: 0)
        }
        // The last two user messages: the end of this request, and the end of the one before, where its cache entry is.
        for index in list.indices.filter({ list[$0].role == "user" }).suffix(2) {
            guard let last = list[index].blocks.indices.last else { continue }
            list[index].blocks[last] = marked(list[index].blocks[last])
        }
        return list.map { ["role": .string($0.role), "content": .array($0.blocks)] }
    }

    private func turns(_ request: ModelRequest) -> [Message] {
        let native = request.toolMode == .native
        let pairing = ConversationPairing(request.items)
        var list: [Message] = []
        func add(_ role: String, _ blocks: [JSONValue]) {
            guard !blocks.isEmpty else { return }
            if let last = list.indices.last, list[last].role == role {
                list[last].blocks += blocks
            } else {
                list.append(Message(role: role, blocks: blocks))
            }
        }
        var index = 0
        while index < request.items.count {
            switch request.items[index].content {
            case .user(let parts):
                add("user", content(parts))
                index += 1
            case .developer(let words):
                add("user", content([.text(words)]))
                index += 1
            case .toolResult(let result):
                if !native { add("user", content(result.parts)) }
                index += 1
            case .assistant, .reasoning, .toolCall:
                // One run of the model's items; results follow it at once, wherever they stand in the list.
                var end = index
                while end < request.items.count, request.items[end].isModelOutput { end += 1 }
                let blocks = (index..<end).compactMap { block(at: $0, in: request.items, native: native) }
                add("assistant", blocks)
                if native {
                    add(
                        "user",
                        (index..<end).compactMap { place in
                            guard case .toolCall = request.items[place].content else { return nil }
                            return toolResult(pairing.answer(toCallAt: place, in: request.items))
                        })
                }
                index = end
            }
        }
        return list
    }

    private func block(at index: Int, in items: [ConversationItem], native: Bool) -> JSONValue? {
        let own = items[index].ownBlob(.messages, provider)
        switch items[index].content {
        case .reasoning:
            return own
        case .assistant(let words):
            return own ?? .when(!Self.isBlank(words), text(words))
        case .toolCall(let call) where native:
            return own
                ?? [
                    "type": "tool_use", "id": .string(call.id), "name": .string(call.name),
                    "input": call.argumentsObject,
                ]
        case .toolCall(let call):
            return ActionText.standIn(for: call, at: index, in: items).map(text)
        default:
            return nil
        }
    }

    private func toolResult(_ result: ToolResult) -> JSONValue {
        .fields([
            ("type", "tool_result"),
            ("tool_use_id", .string(result.callID)),
            ("content", .array(content(result.parts))),
            ("is_error", .when(result.isError, true)),
        ])
    }

    /// The API refuses text blocks without a visible character.
    private static func isBlank(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }

    private func text(_ words: String) -> JSONValue {
        ["type": "text", "text": .string(words)]
    }

    private func content(_ parts: [ContentPart]) -> [JSONValue] {
        profile.visible(parts).compactMap { part in
            switch part {
            case .text(let words): .when(!Self.isBlank(words), text(words))
            case .image(let url, _): ["type": "image", "source": Self.source(url)]
            }
        }
    }

    /// `data:image/png;base64,...` in the API's parts; any other address as it is.
    private static func source(_ url: String) -> JSONValue {
        guard url.hasPrefix("data:"), let comma = url.firstIndex(of: ",") else {
            return ["type": "url", "url": .string(url)]
        }
        let head = url[url.index(url.startIndex, offsetBy: 5)..<comma]
        let type = head.prefix { $0 != ";" }
        return [
            "type": "base64", "media_type": .string(String(type)),
            "data": .string(String(url[url.index(after: comma)...])),
        ]
    }

    private func marked(_ block: JSONValue) -> JSONValue {
        guard provider.quirks.marksCache else { return block }
        var block = block
        block["cache_control"] = ["type": "ephemeral"]
        return block
    }
}

extension ConversationItem {
    /// Whether the model wrote it.
    var isModelOutput: Bool {
        switch content {
        case .assistant, .reasoning, .toolCall: true
        case .user, .developer, .toolResult: false
        }
    }
}
