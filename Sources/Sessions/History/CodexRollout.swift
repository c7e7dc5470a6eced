import Basics
import Wire

/// Codex's rollouts: `{timestamp, type, payload}` a line; older ones hold the items themselves.
enum CodexRollout {
    static func take(_ line: JSONValue, line number: Int, into session: inout ForeignSession) {
        let time = line["timestamp"]?.string
        if session.began == nil { session.began = time.flatMap(ForeignReader.moment) }
        guard let payload = line["payload"] else {
            // A file of the first form: its first line is the header, the others are items.
            if session.id == nil, line["type"] == nil, let id = line["id"]?.string {
                session.id = id
            } else {
                item(line, time, number, &session)
            }
            return
        }
        switch line["type"]?.string {
        case "session_meta":
            // A fork's file holds the headers of its parents as well; the first is its own.
            guard session.id == nil else { return }
            session.id = payload["id"]?.string
            session.cwd = payload["cwd"]?.string
            session.version = payload["cli_version"]?.string
            if let began = payload["timestamp"]?.string.flatMap(ForeignReader.moment) { session.began = began }
        case "turn_context":
            session.model = payload["model"]?.string ?? session.model
            session.cwd = session.cwd ?? payload["cwd"]?.string
        case "response_item": item(payload, time, number, &session)
        case "compacted": compaction(payload, time, number, &session)
        default: session.skipped += 1
        }
    }

    /// A summary replaces what was said so far; the person's own words and the summary stay.
    private static func compaction(
        _ payload: JSONValue, _ time: String?, _ number: Int, _ session: inout ForeignSession
    ) {
        if let history = payload["replacement_history"]?.array {
            session.entries.removeAll()
            for old in history { item(old, time, number, &session) }
        } else if let message = payload["message"]?.string, !message.isEmpty {
            session.entries.removeAll { if case .user = $0.item.content { false } else { true } }
            session.add(.user([.text(message)]), time)
        } else {
            session.cannotRead(number, "a compaction without its summary")
        }
    }

    private static func item(_ item: JSONValue, _ time: String?, _ number: Int, _ session: inout ForeignSession) {
        switch item["type"]?.string {
        case "message": message(item, time, number, &session)
        case "reasoning":
            let summary = (item["summary"]?.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
            if !summary.isEmpty { session.add(.reasoning(summary), time) }
        case "function_call":
            guard let id = item["call_id"]?.string, let name = item["name"]?.string,
                let arguments = item["arguments"]?.string
            else { return session.cannotRead(number, "a call without id, name or arguments") }
            session.add(.toolCall(ToolCall(id: id, name: name, input: .function(arguments: arguments))), time)
        case "custom_tool_call":
            guard let id = item["call_id"]?.string, let name = item["name"]?.string, let input = item["input"]?.string
            else { return session.cannotRead(number, "a call without id, name or input") }
            session.add(.toolCall(ToolCall(id: id, name: name, input: .custom(input))), time)
        case "local_shell_call":
            guard let id = item["call_id"]?.string ?? item["id"]?.string, let action = item["action"] else {
                return session.cannotRead(number, "a command without its id or action")
            }
            session.add(
                .toolCall(ToolCall(id: id, name: "local_shell", input: .function(arguments: action.text))), time)
        case "function_call_output", "custom_tool_call_output":
            guard let id = item["call_id"]?.string, let output = item["output"] else {
                return session.cannotRead(number, "a result without its call or output")
            }
            let result = ToolResult(
                callID: id, parts: parts(ofOutput: output), isError: output["success"] == false,
                isCustom: item["type"] == "custom_tool_call_output")
            session.add(.toolResult(result), time)
        case nil: session.cannotRead(number, "an item without a type")
        default: session.skipped += 1
        }
    }

    private static func message(_ item: JSONValue, _ time: String?, _ number: Int, _ session: inout ForeignSession) {
        let parts = (item["content"]?.array ?? []).compactMap(part)
        guard !parts.isEmpty else { return session.cannotRead(number, "a message without text") }
        let text = parts.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: "\n")
        switch item["role"]?.string {
        case "assistant": session.add(.assistant(text), time)
        case "user":
            // Its instructions and surroundings were another program's; a fork is told its own.
            guard !text.hasPrefix("<environment_context>"), !text.hasPrefix("<user_instructions>"),
                !text.hasPrefix("# AGENTS.md instructions")
            else {
                session.skipped += 1
                return
            }
            session.add(.user(parts), time)
        default: session.skipped += 1
        }
    }

    private static func part(_ json: JSONValue) -> ContentPart? {
        if let text = json["text"]?.string { return .text(text) }
        return ForeignReader.image(json["image_url"]?.string, detail: json["detail"]?.string)
    }

    /// Text, a list of parts, or an object with its content.
    private static func parts(ofOutput output: JSONValue) -> [ContentPart] {
        if let text = output.string { return [.text(text)] }
        if let array = output.array ?? output["content"]?.array { return array.compactMap(part) }
        return [.text(output["content"]?.string ?? output.text)]
    }
}
