import Basics
import TestSupport
import Testing

/// Hooks as files state them, and what a run shows of theirs.
enum HookFixture {
    /// A `hooks.json` with one hook.
    ///
    /// - Parameter more: further fields of the hook.
    static func json(
        _ event: String, matcher: String? = nil, _ command: String, more: JSONObject = [:]
    ) -> String {
        json([(event, matcher, command, more)])
    }

    /// A `hooks.json` with several.
    static func json(_ hooks: [(event: String, matcher: String?, command: String, more: JSONObject)]) -> String {
        var events: JSONObject = [:]
        for hook in hooks {
            var handler: JSONObject = ["type": "command", "command": .string(hook.command)]
            for (key, value) in hook.more.members { handler[key] = value }
            var group: JSONObject = ["hooks": [.object(handler)]]
            if let matcher = hook.matcher { group["matcher"] = .string(matcher) }
            events[hook.event] = .array((events[hook.event]?.array ?? []) + [.object(group)])
        }
        return JSONValue.object(["hooks": .object(events)]).text
    }

    /// A shell line that prints this answer.
    static func answer(_ json: JSONValue) -> String {
        "printf '%s' '\(json.text.replacing("'", with: "'\\''"))'"
    }

    /// A decision before a tool.
    static func decision(_ decision: String, _ reason: String = "because", more: JSONObject = [:]) -> String {
        var specific: JSONObject = [
            "hookEventName": "PreToolUse", "permissionDecision": .string(decision),
            "permissionDecisionReason": .string(reason),
        ]
        for (key, value) in more.members { specific[key] = value }
        return answer(["hookSpecificOutput": .object(specific)])
    }
}

extension ExecFixture {
    /// The last thing that the model was given.
    var lastInput: String { (server.requests.last?.body["input"]?.array?.last ?? .null).text }
}

extension ProgramRun.Result {
    /// The runs of hooks.
    var hooks: [JSONValue] { events.filter { $0["type"] == "hook" } }
    var denials: [JSONValue] { events.filter { $0["type"] == "effect.denied" } }
}
