import Basics
import Wire

/// Reads a Messages stream: content blocks by index, each a start, deltas and a stop.
struct MessagesDecoder: StreamDecoder {
    private struct Block {
        var json: JSONValue
        var text = ""
        var signature = ""
        var input = ""
    }

    private let context: DecodingContext
    private var blocks: [(index: Int, block: Block)] = []
    private var usage = Counts()
    private var stopReason: String?
    private var responseID: String?
    private var isFinished = false

    /// Cumulative counts; later events overwrite the members they carry.
    private struct Counts {
        var input = 0
        var cacheRead = 0
        var cacheWrite = 0
        var output = 0

        mutating func take(_ json: JSONValue?) {
            input = json?["input_tokens"]?.int ?? input
            cacheRead = json?["cache_read_input_tokens"]?.int ?? cacheRead
            cacheWrite = json?["cache_creation_input_tokens"]?.int ?? cacheWrite
            output = json?["output_tokens"]?.int ?? output
        }
    }

    private static let events: Set<String> = [
        "message", "message_start", "content_block_start", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop", "error", "ping",
    ]

    init(context: DecodingContext) {
        self.context = context
    }

    mutating func receive(_ event: SSEEvent) throws(AttemptFailure) -> [DecoderOutput] {
        // The API reserves the right to new events, so what has another name is not even looked at.
        guard !isFinished, !event.data.isEmpty, Self.events.contains(event.type) else { return [] }
        guard event.data != Array("[DONE]".utf8) else { return [] }
        let json = try context.object(event)
        // An event without a name is called "message" by the standard; that says nothing of what it holds.
        let name = event.type == "message" ? "" : event.type
        switch json["type"]?.string ?? (json["error"] != nil ? "error" : name) {
        case "message_start":
            responseID = json["message"]?["id"]?.string
            usage.take(json["message"]?["usage"])
            return []
        case "content_block_start":
            return start(index: json["index"]?.int ?? blocks.count, json["content_block"] ?? .null)
        case "content_block_delta":
            return try delta(index: json["index"]?.int, json["delta"] ?? .null)
        case "message_delta":
            stopReason = json["delta"]?["stop_reason"]?.string ?? stopReason
            usage.take(json["usage"])
            return []
        case "message_stop":
            return [.finished(close())]
        case "message":
            // A gateway that does not stream.
            responseID = json["id"]?.string
            stopReason = json["stop_reason"]?.string
            usage.take(json["usage"])
            let said = (json["content"]?.array ?? []).enumerated().flatMap { start(index: $0.offset, $0.element) }
            return said + [.finished(close())]
        case "error":
            throw FailureClassifier.inStream(json["error"] ?? .null)
        default:
            return []
        }
    }

    mutating func finish() throws(AttemptFailure) -> [DecoderOutput] {
        guard !isFinished else { return [] }
        throw .cut()
    }

    private mutating func start(index: Int, _ json: JSONValue) -> [DecoderOutput] {
        var block = Block(json: json)
        var outputs: [DecoderOutput] = []
        if let text = json["text"]?.string, !text.isEmpty {
            block.text = text
            outputs.append(.text(text))
        }
        if let text = json["thinking"]?.string, !text.isEmpty {
            block.text = text
            outputs.append(.reasoning(text))
        }
        block.signature = json["signature"]?.string ?? ""
        blocks.append((index, block))
        return outputs
    }

    private mutating func delta(index: Int?, _ json: JSONValue) throws(AttemptFailure) -> [DecoderOutput] {
        let place = index == nil ? blocks.indices.last : blocks.lastIndex { $0.index == index }
        guard let place else { throw .malformed("a delta belongs to no content block") }
        switch json["type"]?.string {
        case "text_delta":
            let text = json["text"]?.string ?? ""
            blocks[place].block.text += text
            return text.isEmpty ? [] : [.text(text)]
        case "thinking_delta":
            let text = json["thinking"]?.string ?? ""
            blocks[place].block.text += text
            return text.isEmpty ? [] : [.reasoning(text)]
        case "signature_delta":
            blocks[place].block.signature += json["signature"]?.string ?? ""
        case "input_json_delta":
            blocks[place].block.input += json["partial_json"]?.string ?? ""
        default:
            break
        }
        return []
    }

    private mutating func close() -> ModelResponse {
        isFinished = true
        var ids: Set<String> = []
        let items = blocks.compactMap { item($0.block, ids: &ids) }
        let counts = TokenUsage(
            inputTokens: usage.input + usage.cacheRead + usage.cacheWrite, cachedInputTokens: usage.cacheRead,
            cacheWriteInputTokens: usage.cacheWrite, outputTokens: usage.output)
        return context.response(items: items, usage: counts, stop: stop, responseID: responseID)
    }

    private func item(_ block: Block, ids: inout Set<String>) -> ConversationItem? {
        switch block.json["type"]?.string {
        case "text":
            return block.text.isEmpty ? nil : ConversationItem(.assistant(block.text))
        case "thinking":
            let kept: JSONValue = [
                "type": "thinking", "thinking": .string(block.text), "signature": .string(block.signature),
            ]
            // Without a signature the API would refuse it.
            return ConversationItem(.reasoning(block.text), blob: block.signature.isEmpty ? nil : context.blob(kept))
        case "tool_use":
            return call(block, ids: &ids)
        default:
            // Redacted thinking, hosted tools: kept unread.
            return ConversationItem(.reasoning(""), blob: context.blob(block.json))
        }
    }

    private func call(_ block: Block, ids: inout Set<String>) -> ConversationItem {
        let sent = block.json["id"]?.string ?? ""
        let id = !sent.isEmpty && ids.insert(sent).inserted ? sent : context.makeCallID()
        let name = block.json["name"]?.string ?? ""
        let given = block.json["input"]?.object ?? JSONObject()
        let arguments = block.input.isEmpty && !given.isEmpty ? JSONValue.object(given).text : block.input
        let call = ToolCall(
            id: id, name: name, input: FreeformTool.input(name: name, arguments: arguments, tools: context.tools))
        let kept: JSONValue = [
            "type": "tool_use", "id": .string(id), "name": .string(name), "input": call.argumentsObject,
        ]
        return ConversationItem(.toolCall(call), blob: context.blob(kept))
    }

    private var stop: StopReason {
        switch stopReason {
        case "max_tokens": .incomplete("max_output_tokens")
        case "model_context_window_exceeded", "refusal", "pause_turn": .incomplete(stopReason ?? "")
        default: .completed
        }
    }
}
