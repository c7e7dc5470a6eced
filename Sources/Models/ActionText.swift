import Basics
import Wire

/// Calls in a conversation whose tools are not declared (`ToolMode.schema`, `.grammar`).
enum ActionText {
    /// What stands for a call in such a history: nothing after an assistant text, which is the JSON that the call was
    /// read from; else the call as one JSON object.
    static func standIn(for call: ToolCall, at index: Int, in items: [ConversationItem]) -> String? {
        let before = items[..<index].last { if case .toolCall = $0.content { false } else { true } }
        if case .assistant = before?.content { return nil }
        return JSONValue.object(["name": .string(call.name), "arguments": call.argumentsObject]).text
    }
}
