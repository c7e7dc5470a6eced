import Basics
import Wire

/// Claude Code's transcripts: one message a line, an answer's blocks on lines of their own.
enum ClaudeTranscript {
    static func take(_ line: JSONValue, line number: Int, into session: inout ForeignSession) {
        let kind = line["type"]?.string
        guard kind == "user" || kind == "assistant" else {
            if kind == nil { session.cannotRead(number, "a line without a type") } else { session.skipped += 1 }
            return
        }
        // What a subagent said, and what the program told the model by itself, is not the conversation.
        guard line["isSidechain"] != true, line["isMeta"] != true else {
            session.skipped += 1
            return
        }
        let time = line["timestamp"]?.string
        session.id = session.id ?? line["sessionId"]?.string
        session.cwd = session.cwd ?? line["cwd"]?.string
        session.version = session.version ?? line["version"]?.string
        if session.began == nil { session.began = time.flatMap(ForeignReader.moment) }
        guard let message = line["message"], let content = message["content"] else {
            return session.cannotRead(number, "a message without content")
        }
        if line["isCompactSummary"] == true { session.entries.removeAll() }
        let blocks = content.array ?? [["type": "text", "text": content]]
        if kind == "assistant" {
            if let model = message["model"]?.string, model != "<synthetic>" { session.model = model }
            for block in blocks { answer(block, time, number, &session) }
        } else {
            said(blocks, time, number, &session)
        }
    }

    private static func answer(_ block: JSONValue, _ time: String?, _ number: Int, _ session: inout ForeignSession) {
        switch block["type"]?.string {
        case "text":
            if let text = block["text"]?.string, !text.isEmpty { session.add(.assistant(text), time) }
        case "thinking":
            if let text = block["thinking"]?.string, !text.isEmpty { session.add(.reasoning(text), time) }
        case "tool_use":
            guard let id = block["id"]?.string, let name = block["name"]?.string, let input = block["input"] else {
                return session.cannotRead(number, "a call without id, name or input")
            }
            session.add(.toolCall(ToolCall(id: id, name: name, input: .function(arguments: input.text))), time)
        default: session.skipped += 1
        }
    }

    private static func said(_ blocks: [JSONValue], _ time: String?, _ number: Int, _ session: inout ForeignSession) {
        var parts: [ContentPart] = []
        for block in blocks {
            if block["type"] == "tool_result" {
                guard let id = block["tool_use_id"]?.string else {
                    session.cannotRead(number, "a result without its call")
                    continue
                }
                let content = block["content"] ?? ""
                let texts = content.array?.compactMap(part) ?? [.text(content.string ?? content.text)]
                session.add(
                    .toolResult(ToolResult(callID: id, parts: texts, isError: block["is_error"] == true)), time)
            } else if let part = part(block) {
                parts.append(part)
            } else {
                session.skipped += 1
            }
        }
        if !parts.isEmpty { session.add(.user(parts), time) }
    }

    private static func part(_ block: JSONValue) -> ContentPart? {
        if let text = block["text"]?.string { return .text(text) }
        guard let source = block["source"], source["type"] == "base64", let type = source["media_type"]?.string,
            let data = source["data"]?.string
        else { return nil }
        return ForeignReader.image("data:\(type);base64,\(data)")
    }
}
