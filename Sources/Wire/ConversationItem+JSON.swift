package import Basics

/// The journal's form of conversation items; what resume reads back.
extension ConversationItem {
    package var json: JSONValue {
        var object: JSONObject
        switch content {
        case .user(let parts): object = ["kind": "user", "parts": .array(parts.map(\.json))]
        case .developer(let text): object = ["kind": "developer", "text": .string(text)]
        case .assistant(let text): object = ["kind": "assistant", "text": .string(text)]
        case .reasoning(let text): object = ["kind": "reasoning", "text": .string(text)]
        case .toolCall(let call):
            object = ["kind": "tool_call", "call_id": .string(call.id), "name": .string(call.name)]
            switch call.input {
            case .function(let arguments): object["arguments"] = .string(arguments)
            case .custom(let input): object["input"] = .string(input)
            }
        case .toolResult(let result):
            object = [
                "kind": "tool_result", "call_id": .string(result.callID), "parts": .array(result.parts.map(\.json)),
                "is_error": .bool(result.isError), "is_custom": .bool(result.isCustom),
            ]
        }
        if let blob {
            object["blob"] = [
                "dialect": .string(blob.dialect.rawValue), "provider": .string(blob.provider), "json": blob.json,
            ]
        }
        return .object(object)
    }

    /// Reads what `json` writes; nil for anything else.
    package init?(json: JSONValue) {
        func parts() -> [ContentPart]? {
            guard let array = json["parts"]?.array else { return nil }
            let parts = array.compactMap(ContentPart.init(json:))
            return parts.count == array.count ? parts : nil
        }
        let content: Content
        switch json["kind"]?.string {
        case "user":
            guard let parts = parts() else { return nil }
            content = .user(parts)
        case "developer": content = .developer(json["text"]?.string ?? "")
        case "assistant": content = .assistant(json["text"]?.string ?? "")
        case "reasoning": content = .reasoning(json["text"]?.string ?? "")
        case "tool_call":
            guard let id = json["call_id"]?.string, let name = json["name"]?.string else { return nil }
            if let arguments = json["arguments"]?.string {
                content = .toolCall(ToolCall(id: id, name: name, input: .function(arguments: arguments)))
            } else if let input = json["input"]?.string {
                content = .toolCall(ToolCall(id: id, name: name, input: .custom(input)))
            } else {
                return nil
            }
        case "tool_result":
            guard let id = json["call_id"]?.string, let parts = parts() else { return nil }
            content = .toolResult(
                ToolResult(
                    callID: id, parts: parts, isError: json["is_error"]?.bool ?? false,
                    isCustom: json["is_custom"]?.bool ?? false))
        default: return nil
        }
        var blob: ProviderBlob?
        if let stored = json["blob"], let dialect = stored["dialect"]?.string.flatMap(WireDialect.init(rawValue:)),
            let provider = stored["provider"]?.string, let body = stored["json"]
        {
            blob = ProviderBlob(dialect: dialect, provider: provider, json: body)
        }
        self.init(content, blob: blob)
    }
}

extension ContentPart {
    package var json: JSONValue {
        switch self {
        case .text(let text): ["text": .string(text)]
        case .image(let url, let detail): ["image": .string(url), "detail": .optional(detail)]
        }
    }

    package init?(json: JSONValue) {
        if let text = json["text"]?.string {
            self = .text(text)
        } else if let url = json["image"]?.string {
            self = .image(url: url, detail: json["detail"]?.string)
        } else {
            return nil
        }
    }
}
