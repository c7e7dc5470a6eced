import Basics
import Wire

extension JSONValue {
    /// An object of those members that have a value, in order.
    static func fields(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(JSONObject(members.compactMap { key, value in value.map { (key, $0) } }))
    }
}

extension JSONValue? {
    /// A value that is only there if the condition holds.
    ///
    /// A ternary with `nil` would make JSON's null of it.
    static func when(_ condition: Bool, _ value: @autoclosure () -> JSONValue) -> JSONValue? {
        guard condition else { return .none }
        return .some(value())
    }
}

extension ConversationItem {
    /// The blob's JSON if it is this provider's own, in this dialect.
    func ownBlob(_ dialect: WireDialect, _ provider: Provider) -> JSONValue? {
        guard let blob, blob.dialect == dialect, blob.provider == provider.id else { return nil }
        return blob.json
    }
}

extension ToolCall {
    /// The arguments as they may stand in a history: the raw text if it is a JSON object, else `{}`.
    ///
    /// Providers parse the history's arguments again and refuse a request over text they sent themselves. The raw
    /// text stays in `input`, for the error that the model gets to see.
    var safeArguments: String {
        switch input {
        case .function(let arguments): Self.isObject(arguments) ? arguments : "{}"
        case .custom(let text): Self.wrapped(text).text
        }
    }

    /// `safeArguments` as a value, for the dialect that sends an object.
    var argumentsObject: JSONValue {
        switch input {
        case .function(let arguments):
            (try? JSONValue(parsing: arguments)).flatMap { $0.object.map(JSONValue.object) } ?? [:]
        case .custom(let text): Self.wrapped(text)
        }
    }

    static func isObject(_ text: String) -> Bool {
        (try? JSONValue(parsing: text))?.object != nil
    }

    private static func wrapped(_ text: String) -> JSONValue {
        .object([FreeformTool.parameter: .string(text)])
    }
}

/// A freeform tool in a dialect that has functions only: a function with one string parameter.
enum FreeformTool {
    static let parameter = "input"

    static let schema: JSONValue = [
        "type": "object",
        "properties": ["input": ["type": "string", "description": "The whole input of the tool, as plain text."]],
        "required": ["input"],
        "additionalProperties": false,
    ]

    /// The input of a call by name, unwrapped if that tool is a freeform one.
    ///
    /// Empty arguments are those of a call without any. Arguments that do not fit are left as they came, for the
    /// engine's error message.
    static func input(name: String, arguments: String, tools: [ToolDefinition]) -> ToolCall.Input {
        let blank = arguments.utf8.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard !blank else { return .function(arguments: "{}") }
        for tool in tools where tool.name == name {
            guard case .custom = tool.kind else { continue }
            if let text = (try? JSONValue(parsing: arguments))?[parameter]?.string { return .custom(text) }
        }
        return .function(arguments: arguments)
    }
}

extension ToolDefinition {
    /// The parameters' schema as dialects without freeform tools get it.
    var functionSchema: JSONValue {
        switch kind {
        case .function(let parameters): parameters
        case .custom: FreeformTool.schema
        }
    }
}

extension ToolResult {
    /// The text parts, joined by line feeds.
    var text: String {
        parts.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: "\n")
    }

    var hasImages: Bool {
        parts.contains { if case .image = $0 { true } else { false } }
    }
}

extension ModelProfile {
    /// The parts with images replaced by a note for a model that takes none.
    func visible(_ parts: [ContentPart]) -> [ContentPart] {
        guard !supportsImages else { return parts }
        return parts.map { part in
            if case .image = part { .text("[image left out: this model takes no images]") } else { part }
        }
    }
}
