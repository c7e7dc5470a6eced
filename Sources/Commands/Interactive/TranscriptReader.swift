import Basics
import Journal
import TUI
import Wire

/// A session's records as the conversation that its screen showed.
struct TranscriptReader {
    private(set) var entries: [TranscriptEntry] = []
    /// The last words before the model was asked: what stands before them is context.
    private var prompt: String?
    private var isAsked = false
    private var checkpoint: TurnCheckpoint?

    init(records: [JournalRecord]) {
        for record in records { take(record) }
        flushPrompt()
    }

    private mutating func take(_ record: JournalRecord) {
        let payload = record.payload
        switch record.type {
        case "effect.requested": if payload["effect"]?["kind"] == "model" { flushPrompt() }
        case "conversation": take(words: payload)
        case "compaction": take(words: payload["items"]?.array?.last ?? .null)
        case "history": for item in payload["items"]?.array ?? [] { take(past: item) }
        case "imported": take(past: payload["item"] ?? .null)
        case "event": take(event: payload["type"]?.string ?? "", payload)
        default: return
        }
    }

    /// An item that was said elsewhere: in the session that this one was forked from, or in another program.
    private mutating func take(past item: JSONValue) {
        guard let words = ConversationText(item), !words.text.isEmpty else { return }
        switch words.kind {
        case .user: entries.append(.prompt(words.text, isSteering: false))
        case .assistant: entries.append(.message(words.text))
        case .reasoning: entries.append(.reasoning(words.text))
        case .call:
            let arguments = (try? JSONValue(parsing: words.text)) ?? .string(words.text)
            entries.append(
                .tool(.init(tool: words.tool ?? "?", arguments: arguments, status: .completed)))
        case .result, .developer: break
        }
    }

    private mutating func take(words item: JSONValue) {
        guard !isAsked, item["kind"] == "user" else { return }
        prompt = (item["parts"]?.array ?? []).map { $0["text"]?.string ?? "[image]" }.joined(separator: "\n")
    }

    private mutating func flushPrompt() {
        if let prompt { entries.append(.prompt(prompt, isSteering: false)) }
        prompt = nil
        isAsked = true
    }

    private mutating func take(event: String, _ payload: JSONValue) {
        switch event {
        case "turn.started": isAsked = false
        case "item.completed": entry(payload["item"] ?? .null).map { entries.append($0) }
        case "checkpoint":
            checkpoint = TurnCheckpoint(
                turn: payload["turn"]?.int ?? 0, before: "", after: "", changes: [],
                changed: payload["changed"]?.int ?? 0, repositoryChanged: payload["repository_changed"]?.bool ?? false,
                durationMilliseconds: 0)
        case "turn.completed":
            flushPrompt()
            entries.append(
                .turnEnd(
                    .init(
                        milliseconds: payload["duration_ms"]?.int ?? 0, commands: payload["commands"]?.int ?? 0,
                        denials: payload["denials"]?.int ?? 0, cost: payload["cost_usd"]?.double,
                        checkpoint: checkpoint)))
            checkpoint = nil
        case "turn.failed":
            flushPrompt()
            let error = payload["error"]
            let isInterrupted = error?["code"] == "turn.interrupted"
            entries.append(
                .note(
                    .init(
                        isInterrupted ? .info : .failure,
                        isInterrupted ? "Interrupted." : error?["message"]?.string ?? "?",
                        details: error?["remedy"]?.string.map { ["fix: \($0)"] } ?? [])))
        case "error": entries.append(.note(.init(.warning, payload["message"]?.string ?? "?")))
        case "effect.denied" where payload["effect"]?["kind"] != "access":
            let verdict = payload["verdict"]
            entries.append(
                .note(
                    .init(
                        .refusal, "Refused: \(verdict?["reason"]?.string ?? "?")",
                        details: ["rule \(verdict?["rule"]?.string ?? "?") (\(verdict?["origin"]?.string ?? "?"))"])))
        case "approval":
            guard payload["answered_by"] != "never" else { return }
            let isYes = payload["answer"]?["decision"] == "approve"
            let who = payload["answered_by"]?.string ?? "?"
            let scope = payload["answer"]?["scope"]?.string.map { " (\($0))" } ?? ""
            entries.append(
                .note(.init(isYes ? .approval : .refusal, "\(isYes ? "Approved" : "Refused") by \(who)\(scope).")))
        case "compacted": entries.append(.note(.init(.info, "The conversation was summarised.")))
        default: return
        }
    }

    private func entry(_ item: JSONValue) -> TranscriptEntry? {
        let status = item["status"]?.string.flatMap(ThreadItem.Status.init(rawValue:)) ?? .completed
        switch item["type"]?.string {
        case "agent_message": return item["text"]?.string.map(TranscriptEntry.message)
        case "reasoning": return item["text"]?.string.map(TranscriptEntry.reasoning)
        case "error": return .note(.init(.warning, item["message"]?.string ?? "?"))
        case "command_execution":
            var command = ThreadItem.CommandExecution(
                command: item["command"]?.string ?? "?", cwd: item["cwd"]?.string ?? "", status: status)
            command.aggregatedOutput = item["aggregated_output"]?.string ?? ""
            command.exitCode = item["exit_code"]?.int
            command.durationMilliseconds = item["duration_ms"]?.int
            command.reason = item["reason"]?.string
            command.signal = item["signal"]?.string
            command.terminal = item["terminal"]?.int
            return .command(command)
        case "file_change":
            let changes = (item["changes"]?.array ?? []).compactMap { change -> FileChangeSummary? in
                guard let path = change["path"]?.string,
                    let kind = change["kind"]?.string.flatMap(FileChangeSummary.Kind.init(rawValue:))
                else { return nil }
                return FileChangeSummary(path: path, kind: kind, movedTo: change["moved_to"]?.string)
            }
            return .change(
                ThreadItem.FileChangeReport(
                    changes: changes, status: status, diff: item["diff"]?.string ?? "", reason: item["reason"]?.string))
        case "todo_list":
            return .plan(
                (item["items"]?.array ?? []).map {
                    ThreadItem.TodoEntry(text: $0["text"]?.string ?? "", completed: $0["completed"] == true)
                })
        case "mcp_tool_call":
            var call = ThreadItem.BuiltInToolCall(
                tool: item["tool"]?.string ?? "?", arguments: item["arguments"] ?? .null, status: status)
            call.server = item["server"]?.string ?? "lockgate"
            call.error = item["error"]?["message"]?.string
            call.result = item["result"]?["content"]?.array?.first?["text"]?.string
            return .tool(call)
        default: return nil
        }
    }
}
