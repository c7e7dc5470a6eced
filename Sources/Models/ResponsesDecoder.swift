import Basics
import Wire

/// Reads a Responses stream.
///
/// Every item comes whole in its `response.output_item.done` and again in the closing event; deltas are for showing
/// alone. So a damaged event in between costs nothing, as long as the closing event confirms all items.
struct ResponsesDecoder: StreamDecoder {
    private let context: DecodingContext
    private var done: [JSONValue] = []
    private var responseID: String?
    private var damaged: AttemptFailure?
    private var isFinished = false

    init(context: DecodingContext) {
        self.context = context
    }

    mutating func receive(_ event: SSEEvent) throws(AttemptFailure) -> [DecoderOutput] {
        guard !isFinished, !event.data.isEmpty, event.data != Array("[DONE]".utf8) else { return [] }
        let json: JSONValue
        do throws(AttemptFailure) {
            json = try context.object(event)
        } catch {
            damaged = error
            return []
        }
        switch Self.type(json, event) {
        case "response.created", "response.in_progress":
            responseID = json["response"]?["id"]?.string ?? responseID
            return []
        case "response.output_text.delta", "response.refusal.delta":
            return json["delta"]?.string.map { [.text($0)] } ?? []
        case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
            return json["delta"]?.string.map { [.reasoning($0)] } ?? []
        case "response.reasoning_summary_part.added":
            return (json["summary_index"]?.int ?? 0) > 0 ? [.reasoning("\n\n")] : []
        case "response.output_item.done":
            if let item = json["item"], item.object != nil { done.append(item) }
            return []
        case "response.completed", "response.done":
            return [.finished(try close(json, stop: .completed))]
        case "response.incomplete":
            let reason = (json["response"] ?? json)["incomplete_details"]?["reason"]?.string ?? "unknown"
            return [.finished(try close(json, stop: .incomplete(reason)))]
        case "response.failed":
            throw FailureClassifier.inStream(json["response"]?["error"] ?? json["error"] ?? .null)
        case "response.cancelled":
            throw .cut("the provider cancelled the response")
        case "error":
            throw FailureClassifier.inStream(json["error"]?.object != nil ? json["error"] ?? json : json)
        default:
            return []
        }
    }

    mutating func finish() throws(AttemptFailure) -> [DecoderOutput] {
        guard !isFinished else { return [] }
        throw damaged ?? .cut()
    }

    /// The event's type.
    ///
    /// A gateway that does not stream answers with the response object alone, and its own errors
    /// may come without a type.
    private static func type(_ json: JSONValue, _ event: SSEEvent) -> String {
        if let type = json["type"]?.string { return type }
        if json["object"]?.string == "response" { return "response." + (json["status"]?.string ?? "completed") }
        if let error = json["error"], !error.isNull { return "error" }
        return event.type
    }

    private mutating func close(_ json: JSONValue, stop: StopReason) throws(AttemptFailure) -> ModelResponse {
        let response = json["response"] ?? json
        let listed = response["output"]?.array ?? []
        if damaged != nil, listed.count < done.count || listed.isEmpty { throw damaged ?? .cut() }
        isFinished = true
        let items = listed.count > done.count ? listed : done
        return context.response(
            items: items.map(item), usage: Self.usage(response["usage"] ?? .null), stop: stop,
            responseID: response["id"]?.string ?? responseID)
    }

    private func item(_ json: JSONValue) -> ConversationItem {
        switch json["type"]?.string {
        case "message":
            return ConversationItem(.assistant(Self.text(json["content"], separator: "")), blob: context.blob(json))
        case "reasoning":
            let summary = Self.text(json["summary"], separator: "\n\n")
            return ConversationItem(
                .reasoning(summary.isEmpty ? Self.text(json["content"], separator: "\n\n") : summary),
                blob: context.blob(json))
        case "function_call":
            return call(json)
        case "custom_tool_call":
            let call = ToolCall(
                id: callID(json), name: json["name"]?.string ?? "", input: .custom(json["input"]?.string ?? ""))
            return ConversationItem(.toolCall(call), blob: context.blob(json))
        default:
            // What this version does not know (hosted tools) is kept unread, since the provider wants it back.
            return ConversationItem(.reasoning(""), blob: context.blob(json))
        }
    }

    private func call(_ json: JSONValue) -> ConversationItem {
        let name = json["name"]?.string ?? ""
        let arguments =
            switch json["arguments"] {
            case .string(let text)?: text
            case .object(let object)?: JSONValue.object(object).text
            default: ""
            }
        let call = ToolCall(
            id: callID(json), name: name,
            input: FreeformTool.input(name: name, arguments: arguments, tools: context.tools))
        var kept = json
        kept["call_id"] = .string(call.id)
        if json["arguments"]?.string == nil || !ToolCall.isObject(arguments) {
            kept["arguments"] = .string(call.safeArguments)
        }
        return ConversationItem(.toolCall(call), blob: context.blob(kept))
    }

    private func callID(_ json: JSONValue) -> String {
        let id = json["call_id"]?.string ?? json["id"]?.string ?? ""
        return id.isEmpty ? context.makeCallID() : id
    }

    private static func text(_ content: JSONValue?, separator: String) -> String {
        (content?.array ?? []).compactMap { $0["text"]?.string ?? $0["refusal"]?.string }.joined(separator: separator)
    }

    private static func usage(_ json: JSONValue) -> TokenUsage {
        TokenUsage(
            inputTokens: json["input_tokens"]?.int ?? 0,
            cachedInputTokens: json["input_tokens_details"]?["cached_tokens"]?.int ?? 0,
            outputTokens: json["output_tokens"]?.int ?? 0,
            reasoningOutputTokens: json["output_tokens_details"]?["reasoning_tokens"]?.int ?? 0)
    }
}
