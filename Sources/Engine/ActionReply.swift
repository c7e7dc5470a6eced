import Basics
import Wire

/// What a model's text means in the session's tool mode.
///
/// In `native` mode text is text. In the constrained modes the whole text is one action, and this reads it.
struct ActionReply: Hashable {
    var calls: [ToolCall] = []
    /// The final message, when the text ends the turn.
    var message = ""
    /// What people see of it; nil for nothing.
    var shown: String?

    /// - Parameter number: counts requests; makes the call's id.
    init(_ text: String, mode: ToolMode, number: Int) {
        guard mode != .native else {
            message = text
            shown = text
            return
        }
        guard let action = try? JSONValue(parsing: text), let kind = action["action"]?.string else {
            message = text
            shown = text
            return
        }
        shown = action["thought"]?.string
        if kind == "finish" {
            message = action["message"]?.string ?? shown ?? ""
            shown = message
            return
        }
        var arguments = action.object ?? JSONObject()
        arguments["action"] = nil
        arguments["thought"] = nil
        calls = [
            ToolCall(id: "action_\(number)", name: kind, input: .function(arguments: JSONValue.object(arguments).text))
        ]
    }

    static let repeatRefusal =
        "Refused: you did exactly this already, and doing it again changes nothing. Do something else."

    /// A result as the user message that a model without tool calls reads.
    static func resultParts(_ result: ToolResult, of call: ToolCall) -> [ContentPart] {
        [.text("Result of \(call.name):\n")] + result.parts
    }

    static func checkFailure(command: String, result: (exitCode: Int, output: String), mode: ToolMode) -> String {
        """
        The work is done when this command succeeds, and it does not yet:
        $ \(command)
        exit code \(result.exitCode)
        \(result.output)
        Find the cause, mend it, and say when you are done.
        """
    }
}
