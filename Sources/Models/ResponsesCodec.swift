import Basics
package import Wire

/// OpenAI's Responses API (`POST /responses`), stateless: `store` is false and the whole conversation goes each time.
///
/// Encrypted reasoning comes back with each item and is sent again unread, so nothing has to stay at the provider.
package struct ResponsesCodec: DialectCodec {
    let provider: Provider
    let profile: ModelProfile

    package init(provider: Provider, profile: ModelProfile = .unknown) {
        self.provider = provider
        self.profile = profile
    }

    package func makeDecoder(for request: ModelRequest) -> any StreamDecoder {
        ResponsesDecoder(context: DecodingContext(request, dialect: .responses, provider: provider))
    }

    package func encode(_ request: ModelRequest) -> EncodedRequest {
        let reasons = request.reasoningEffort != nil || profile.supportsReasoning
        let native = request.toolMode == .native
        let tools = native ? request.tools.map(tool) : []
        let body = JSONValue.fields([
            ("model", .string(request.model)),
            ("instructions", .when(!request.instructions.isEmpty, .string(request.instructions))),
            ("stream", true),
            ("store", false),
            ("include", .when(reasons && provider.quirks.takesEncryptedReasoning, ["reasoning.encrypted_content"])),
            ("reasoning", .when(reasons, reasoning(request))),
            ("prompt_cache_key", .when(provider.quirks.sendsPromptCacheKey, .string(request.cacheKey))),
            ("max_output_tokens", request.maxOutputTokens.map { .int($0) }),
            ("temperature", request.temperature.map { .double($0) }),
            ("tools", .when(!tools.isEmpty, .array(tools))),
            ("tool_choice", .when(!tools.isEmpty, "auto")),
            (
                "parallel_tool_calls",
                .when(!tools.isEmpty && provider.quirks.sendsParallelToolCalls, .bool(request.parallelToolCalls))
            ),
            ("text", format(request)),
            ("input", .array(input(request))),
        ])
        return EncodedRequest(path: "responses", headers: [], body: body.bytes)
    }

    private func reasoning(_ request: ModelRequest) -> JSONValue {
        .fields([("effort", request.reasoningEffort.map(JSONValue.string)), ("summary", "auto")])
    }

    private func format(_ request: ModelRequest) -> JSONValue? {
        let schema: JSONValue
        let name: JSONValue
        switch (request.toolMode, request.outputSchema) {
        case (.schema(let action), _): (name, schema) = ("action", action)
        case (_, let output?): (name, schema) = ("output", output)
        default: return nil
        }
        return ["format": ["type": "json_schema", "name": name, "strict": true, "schema": schema]]
    }

    private func tool(_ tool: ToolDefinition) -> JSONValue {
        if case .custom(let syntax, let grammar) = tool.kind, writesCustom {
            return [
                "type": "custom", "name": .string(tool.name), "description": .string(tool.description),
                "format": ["type": "grammar", "syntax": .string(syntax), "definition": .string(grammar)],
            ]
        }
        return [
            "type": "function", "name": .string(tool.name), "description": .string(tool.description),
            "parameters": tool.functionSchema, "strict": false,
        ]
    }

    /// Both must agree: the server has to know the tool type and the model the form.
    private var writesCustom: Bool { provider.quirks.takesCustomTools && profile.supportsFreeformTools }

    private func input(_ request: ModelRequest) -> [JSONValue] {
        let pairing = ConversationPairing(request.items)
        let native = request.toolMode == .native
        var out: [JSONValue] = []
        var customCalls: Set<Int> = []
        for (index, item) in request.items.enumerated() {
            switch item.content {
            case .user(let parts):
                out.append(message("user", content(parts)))
            case .developer(let text):
                out.append(message("developer", content([.text(text)])))
            case .assistant(let text):
                out.append(
                    item.ownBlob(.responses, provider)
                        ?? message("assistant", [["type": "output_text", "text": .string(text)]]))
            case .reasoning:
                if let blob = item.ownBlob(.responses, provider) { out.append(blob) }
            case .toolCall(let call):
                guard native else {
                    if let text = ActionText.standIn(for: call, at: index, in: request.items) {
                        out.append(message("assistant", [["type": "output_text", "text": .string(text)]]))
                    }
                    continue
                }
                let written = item.ownBlob(.responses, provider) ?? self.call(call)
                if written["type"]?.string == "custom_tool_call" { customCalls.insert(index) }
                out.append(written)
                if pairing.result(ofCallAt: index) == nil {
                    out.append(
                        output(pairing.answer(toCallAt: index, in: request.items), custom: customCalls.contains(index)))
                }
            case .toolResult(let result):
                guard native else {
                    out.append(message("user", content(result.parts)))
                    continue
                }
                guard let call = pairing.call(ofResultAt: index) else { continue }
                out.append(output(result, custom: customCalls.contains(call)))
            }
        }
        return out
    }

    private func message(_ role: String, _ content: [JSONValue]) -> JSONValue {
        ["type": "message", "role": .string(role), "content": .array(content)]
    }

    private func content(_ parts: [ContentPart]) -> [JSONValue] {
        profile.visible(parts).map { part in
            switch part {
            case .text(let text):
                ["type": "input_text", "text": .string(text)]
            case .image(let url, let detail):
                .fields([
                    ("type", "input_image"), ("image_url", .string(url)), ("detail", detail.map(JSONValue.string)),
                ])
            }
        }
    }

    private func call(_ call: ToolCall) -> JSONValue {
        if case .custom(let text) = call.input, writesCustom {
            return [
                "type": "custom_tool_call", "call_id": .string(call.id), "name": .string(call.name),
                "input": .string(text),
            ]
        }
        return [
            "type": "function_call", "call_id": .string(call.id), "name": .string(call.name),
            "arguments": .string(call.safeArguments),
        ]
    }

    private func output(_ result: ToolResult, custom: Bool) -> JSONValue {
        [
            "type": custom ? "custom_tool_call_output" : "function_call_output",
            "call_id": .string(result.callID),
            "output": result.hasImages ? .array(content(result.parts)) : .string(result.text),
        ]
    }
}
