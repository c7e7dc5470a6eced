import Basics
import Wire

/// Reads a Chat Completions stream.
///
/// Whether the turn has calls is told by the calls alone: some servers end such a turn with `finish_reason: "stop"`.
/// The answer is closed by `[DONE]`, or by a `finish_reason` where the body then ends in good order, since usage may
/// come after the reason and some servers leave `[DONE]` out.
struct ChatDecoder: StreamDecoder {
    private let context: DecodingContext
    private let replaysReasoning: Bool
    private var text = ""
    private var reasoning = ""
    private var reasoningDetails: [JSONValue] = []
    /// Message members to send back with the text (Gemini's `extra_content`).
    private var textExtra = JSONObject()
    private var calls = ChatCallAccumulator()
    private var finishReason: String?
    private var usage = TokenUsage()
    private var responseID: String?
    private var isFinished = false

    init(context: DecodingContext, replaysReasoning: Bool) {
        self.context = context
        self.replaysReasoning = replaysReasoning
    }

    mutating func receive(_ event: SSEEvent) throws(AttemptFailure) -> [DecoderOutput] {
        guard !isFinished, !event.data.isEmpty else { return [] }
        guard event.data != Array("[DONE]".utf8) else { return [.finished(close())] }
        let chunk = try context.object(event)
        if let error = chunk["error"], !error.isNull { throw FailureClassifier.inStream(error) }
        if event.type == "error" { throw FailureClassifier.inStream(chunk) }
        responseID = responseID ?? chunk["id"]?.string
        if let counts = chunk["usage"], counts.object != nil { usage = Self.usage(counts) }
        guard let choice = chunk["choices"]?[0] else { return [] }
        if let error = choice["error"], !error.isNull { throw FailureClassifier.inStream(error) }
        if let reason = choice["finish_reason"]?.string { finishReason = reason }
        if finishReason == "error" { throw FailureClassifier.inStream(.null) }
        return receive(message: choice["delta"] ?? choice["message"] ?? .null)
    }

    mutating func finish() throws(AttemptFailure) -> [DecoderOutput] {
        guard !isFinished else { return [] }
        guard finishReason != nil else { throw .cut() }
        return [.finished(close())]
    }

    private mutating func receive(message: JSONValue) -> [DecoderOutput] {
        var outputs: [DecoderOutput] = []
        if let thought = message["reasoning_content"]?.string ?? message["reasoning"]?.string {
            think(thought, &outputs)
        }
        reasoningDetails += message["reasoning_details"]?.array ?? []
        switch message["content"] {
        case .string(let part)?:
            say(part, &outputs)
        case .array(let parts)?:
            for part in parts {
                if let words = part["text"]?.string { say(words, &outputs) }
                for thought in part["thinking"]?.array ?? [] { think(thought["text"]?.string ?? "", &outputs) }
            }
        default:
            break
        }
        if let refusal = message["refusal"]?.string { say(refusal, &outputs) }
        if let extra = message["extra_content"], !extra.isNull { textExtra["extra_content"] = extra }
        for delta in message["tool_calls"]?.array ?? [] { calls.receive(delta) }
        return outputs
    }

    private mutating func say(_ part: String, _ outputs: inout [DecoderOutput]) {
        guard !part.isEmpty else { return }
        text += part
        outputs.append(.text(part))
    }

    private mutating func think(_ part: String, _ outputs: inout [DecoderOutput]) {
        guard !part.isEmpty else { return }
        reasoning += part
        outputs.append(.reasoning(part))
    }

    private mutating func close() -> ModelResponse {
        isFinished = true
        var items: [ConversationItem] = []
        if !reasoning.isEmpty || !reasoningDetails.isEmpty {
            var kept = JSONObject()
            if !reasoningDetails.isEmpty { kept["reasoning_details"] = .array(reasoningDetails) }
            if replaysReasoning, !reasoning.isEmpty { kept["reasoning_content"] = .string(reasoning) }
            items.append(
                ConversationItem(.reasoning(reasoning), blob: kept.isEmpty ? nil : context.blob(.object(kept))))
        }
        if !text.isEmpty {
            items.append(
                ConversationItem(.assistant(text), blob: textExtra.isEmpty ? nil : context.blob(.object(textExtra))))
        }
        var ids: Set<String> = []
        for call in calls.calls where !call.name.isEmpty {
            let unique = !call.id.isEmpty && ids.insert(call.id).inserted
            items.append(item(call, id: unique ? call.id : context.makeCallID()))
        }
        return context.response(items: items, usage: usage, stop: stop, responseID: responseID)
    }

    private func item(_ call: ChatCallAccumulator.Call, id: String) -> ConversationItem {
        let input = FreeformTool.input(name: call.name, arguments: call.arguments, tools: context.tools)
        let made = ToolCall(id: id, name: call.name, input: input)
        var written: JSONObject = [
            "id": .string(id), "type": "function",
            "function": [
                "name": .string(call.name),
                "arguments": .string(call.isWhole ? call.arguments : made.safeArguments),
            ],
        ]
        for (key, value) in call.extra.members { written[key] = value }
        return ConversationItem(.toolCall(made), blob: context.blob(.object(written)))
    }

    private var stop: StopReason {
        switch finishReason {
        case "length", "max_tokens", "MAX_TOKENS": .incomplete("max_output_tokens")
        case "content_filter": .incomplete("content_filter")
        default: .completed
        }
    }

    private static func usage(_ json: JSONValue) -> TokenUsage {
        TokenUsage(
            inputTokens: json["prompt_tokens"]?.int ?? 0,
            cachedInputTokens: json["prompt_tokens_details"]?["cached_tokens"]?.int
                ?? json["prompt_cache_hit_tokens"]?.int ?? 0,
            cacheWriteInputTokens: json["prompt_tokens_details"]?["cache_write_tokens"]?.int ?? 0,
            outputTokens: json["completion_tokens"]?.int ?? 0,
            reasoningOutputTokens: json["completion_tokens_details"]?["reasoning_tokens"]?.int ?? 0)
    }
}
