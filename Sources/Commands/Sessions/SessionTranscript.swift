import Basics
import Journal

/// A session's records as a person would tell them: what was asked, said, done and refused.
///
/// Records of types it does not know are kept with their type, so that a newer session still reads whole.
struct SessionTranscript {
    struct Entry: Hashable {
        enum Kind: String, CaseIterable {
            case turn, prompt, message, reasoning, command, change, tool, plan, approval, refusal, hook, warning, check
            case checkpoint, budget, summary, end, failure, other
        }

        var kind: Kind
        var time: String
        var text: String
        /// What belongs to it: output, a diff, a rule; each may have several lines.
        var details: [String] = []
        /// Whether it went wrong.
        var isFailed = false
    }

    private(set) var entries: [Entry] = []
    /// The last words before the model was asked: what stands before them is context, what comes later is the engine's.
    private var prompt: Entry?
    private var isAsked = false

    init(records: [JournalRecord]) {
        for record in records { take(record) }
        flushPrompt()
    }

    private mutating func take(_ record: JournalRecord) {
        let payload = record.payload
        switch record.type {
        case "session", "settings", "model.response", "review.response", "model.retry", "effect.finished", "seal",
            "redaction":
            return
        // Told by the event that answers the question.
        case "approval.requested", "grant": return
        case "effect.requested": if payload["effect"]?["kind"] == "model" { flushPrompt() }
        case "conversation": take(words: payload, record.time)
        // A small model's turn may begin with a list that ends in the prompt.
        case "compaction": take(words: payload["items"]?.array?.last ?? .null, record.time)
        case "history": for item in payload["items"]?.array ?? [] { take(past: item, record.time) }
        case "imported": take(past: payload["item"] ?? .null, payload["time"]?.string ?? record.time)
        case "event": take(event: payload["type"]?.string ?? "", payload, record.time)
        default: add(.other, record.time, record.type, [payload.text])
        }
    }

    /// An item that was said elsewhere: in the session that this one was forked from, or in another program.
    private mutating func take(past item: JSONValue, _ time: String) {
        guard let words = ConversationText(item), !words.text.isEmpty else { return }
        switch words.kind {
        case .user: add(.prompt, time, words.text)
        case .assistant: add(.message, time, words.text)
        case .reasoning: add(.reasoning, time, words.text)
        case .call: add(.tool, time, words.tool ?? "?", [words.text])
        case .result: add(.tool, time, "result", [words.text])
        case .developer: break
        }
    }

    private mutating func take(words item: JSONValue, _ time: String) {
        guard !isAsked, item["kind"] == "user" else { return }
        let parts = item["parts"]?.array ?? []
        let text = parts.map { $0["text"]?.string ?? "[image]" }.joined(separator: "\n")
        prompt = Entry(kind: .prompt, time: time, text: text)
    }

    private mutating func flushPrompt() {
        if let prompt { entries.append(prompt) }
        prompt = nil
        isAsked = true
    }

    private mutating func add(
        _ kind: Entry.Kind, _ time: String, _ text: String, _ details: [String?] = [], isFailed: Bool = false
    ) {
        entries.append(
            Entry(
                kind: kind, time: time, text: text, details: details.compactMap(\.self).filter { !$0.isEmpty },
                isFailed: isFailed))
    }

    private mutating func take(event: String, _ payload: JSONValue, _ time: String) {
        func text(_ key: String) -> String { payload[key]?.string ?? "?" }
        switch event {
        case "thread.started", "item.started", "item.updated", "sensitive_changes": return
        case "turn.started":
            isAsked = false
            add(
                .turn, time,
                "\(text("model")) via \(text("provider")) · \(text("sandbox_mode")) · network \(text("network")) · \(text("cwd"))"
            )
        case "item.completed": take(completed: payload["item"] ?? .null, time)
        case "turn.completed":
            let cost = payload["cost_usd"]?.double.map { "$\(HumanRenderer.money($0)) so far" } ?? "price unknown"
            add(
                .end, time,
                "\(HumanRenderer.seconds(payload["duration_ms"]?.int ?? 0)) · \(payload["commands"]?.int ?? 0) commands · "
                    + "\(payload["denials"]?.int ?? 0) refused · \(cost)")
        case "turn.failed":
            let remedy = payload["error"]?["remedy"]?.string
            add(
                .failure, time, payload["error"]?["message"]?.string ?? "?", [remedy.map { "fix: \($0)" }],
                isFailed: true)
        case "error": add(.warning, time, text("message"))
        case "effect.denied":
            let verdict = payload["verdict"]
            let target = payload["effect"].map(Self.words(of:)) ?? ""
            add(
                .refusal, time, verdict?["reason"]?.string ?? "refused",
                [
                    target, "rule: \(verdict?["rule"]?.string ?? "?") (\(verdict?["origin"]?.string ?? "?"))",
                    verdict?["grant"]?.string.map { "to allow: \($0)" },
                ], isFailed: true)
        case "check":
            let code = payload["exit_code"]?.int ?? -1
            add(
                .check, time, "\(text("command")): \(code == 0 ? "passes" : "fails (exit \(code))")",
                [payload["output"]?.string], isFailed: code != 0)
        case "checkpoint":
            let changes = (payload["changes"]?.array ?? []).map {
                "\($0["kind"]?.string ?? "?") \($0["path"]?.string ?? "?")"
            }
            add(
                .checkpoint, time,
                "\(payload["changed"]?.int ?? 0) files changed · lockgate undo t\(payload["turn"]?.int ?? 0)",
                [changes.joined(separator: "\n")])
        case "staged":
            let changes = (payload["changes"]?.array ?? []).map {
                "\($0["kind"]?.string ?? "?") \($0["path"]?.string ?? "?")"
            }
            add(
                .checkpoint, time,
                "\(payload["changed"]?.int ?? 0) files staged · \(payload["apply_command"]?.string ?? "lockgate apply")",
                [changes.joined(separator: "\n")])
        case "approval":
            let (request, answer) = (payload["request"], payload["answer"])
            let decision = answer?["decision"]?.string ?? "?"
            add(
                .approval, time,
                "\(decision) by \(text("answered_by")): \(Self.words(of: request?["effect"] ?? .null))",
                [
                    request?["reason"]?.string, answer?["message"]?.string,
                    answer?["scope"]?.string.map { "for: \($0)" },
                ], isFailed: decision != "approve")
        case "hook":
            let failure = payload["failure"]?["message"]?.string
            let verdict = payload["verdict"]?.string ?? payload["verdict"]?.text ?? "?"
            add(
                .hook, time, "\(text("event")): \(text("hook"))",
                [failure, payload["reason"]?.string, verdict == "null" ? nil : verdict], isFailed: failure != nil)
        case "budget":
            add(
                .budget, time,
                "\(text("budget")): \(payload["spent"]?.text ?? "?") of \(payload["limit"]?.text ?? "?")",
                isFailed: payload["exceeded"] == true)
        case "worktree": add(.other, time, "worktree \(text("name"))", ["\(text("branch")) at \(text("path"))"])
        case "completion.evidence":
            for claim in payload["claims"]?.array ?? [] {
                let standing = claim["standing"]?.string ?? "?"
                add(
                    .check, time, "\(standing): \(claim["text"]?.string ?? "?")", [claim["reason"]?.string],
                    isFailed: standing != "proved")
            }
            for flag in payload["flags"]?.array ?? [] {
                add(.warning, time, "\(flag["path"]?.string ?? "?"): \(flag["detail"]?.string ?? "?")")
            }
        case "compacted": add(.summary, time, "the conversation was summarised")
        default:
            var rest = payload
            rest["type"] = nil
            add(.other, time, event, [rest.text])
        }
    }

    private mutating func take(completed item: JSONValue, _ time: String) {
        let isFailed = ["failed", "declined"].contains(item["status"]?.string)
        let reason = item["reason"]?.string
        switch item["type"]?.string {
        case "agent_message": add(.message, time, item["text"]?.string ?? "")
        case "reasoning": add(.reasoning, time, item["text"]?.string ?? "")
        case "error": add(.warning, time, item["message"]?.string ?? "")
        case "command_execution":
            let code = item["exit_code"]?.int
            let end = item["signal"]?.string ?? code.map { "exit \($0)" } ?? item["status"]?.string ?? "?"
            add(
                .command, time, item["command"]?.string ?? "?",
                [
                    item["aggregated_output"]?.string,
                    "\(end), \(item["duration_ms"]?.int ?? 0) ms, in \(item["cwd"]?.string ?? "?")",
                    reason,
                ], isFailed: isFailed)
        case "file_change":
            let changes = (item["changes"]?.array ?? []).map {
                "\($0["kind"]?.string ?? "?") \($0["path"]?.string ?? "?")"
                    + ($0["moved_to"]?.string.map { " -> \($0)" } ?? "")
            }
            add(
                .change, time, changes.joined(separator: "\n"), [item["diff"]?.string, reason], isFailed: isFailed)
        case "todo_list":
            let lines = (item["items"]?.array ?? []).map {
                "\($0["completed"] == true ? "[x]" : "[ ]") \($0["text"]?.string ?? "")"
            }
            add(.plan, time, lines.joined(separator: "\n"))
        case "mcp_tool_call":
            let name = "\(item["server"]?.string ?? "?").\(item["tool"]?.string ?? "?")"
            add(
                .tool, time, "\(name) \(item["arguments"]?.text ?? "")", [item["error"]?["message"]?.string],
                isFailed: isFailed)
        case let other: add(.other, time, other ?? "?", [item.text])
        }
    }

    /// An effect in words.
    private static func words(of effect: JSONValue) -> String {
        switch effect["kind"]?.string {
        case nil: "?"
        case "command": (effect["argv"]?.array ?? []).compactMap(\.string).joined(separator: " ")
        case "mcp_tool": "\(effect["server"]?.string ?? "?").\(effect["tool"]?.string ?? "?")"
        case "access": "\(effect["operation"]?.string ?? "?") \(effect["target"]?.string ?? "?")"
        case "file_change": (effect["changes"]?.array ?? []).compactMap { $0["path"]?.string }.joined(separator: ", ")
        default: effect.text
        }
    }
}

extension SessionTranscript.Entry {
    var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "time": .string(time), "text": .string(text),
            "details": .array(details.map { .string($0) }), "failed": .bool(isFailed),
        ]
    }

    private static let detailLines = 12

    /// Its lines on a terminal; control characters in what came from outside do nothing.
    func text(style: TerminalStyle) -> String {
        let body = TerminalStyle.harmless(text)
        let head =
            switch kind {
            case .turn: style.dim("── \(time) · \(body)")
            case .prompt: style.bold(Self.marked("> ", body))
            case .message: body
            case .reasoning, .summary, .end, .checkpoint: style.dim(body)
            case .command: "\(isFailed ? style.red("✗") : style.green("✓")) \(style.cyan("$")) \(style.bold(body))"
            case .change: Self.marked(isFailed ? "✗ " : "± ", body)
            case .tool: "\(style.cyan("•")) \(body)"
            case .plan: Self.marked("  ", body)
            case .refusal: "\(style.red("refused:")) \(body)"
            case .approval: "\(isFailed ? style.red("asked:") : style.green("asked:")) \(body)"
            case .hook: style.dim("hook \(body)")
            case .budget: "\(style.yellow("budget")) \(body)"
            case .warning: "\(style.yellow("!")) \(body)"
            case .check: "\(isFailed ? style.red("check") : style.green("check")) \(body)"
            case .failure: "\(style.red("failed:")) \(body)"
            case .other: "· \(body)"
            }
        return ([head] + details.map { style.dim(Self.marked("    ", Self.clipped(TerminalStyle.harmless($0)))) })
            .joined(separator: "\n")
    }

    private static func marked(_ mark: String, _ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { mark + $0 }.joined(separator: "\n")
    }

    private static func clipped(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard lines.count > detailLines + 1 else { return lines.joined(separator: "\n") }
        let half = detailLines / 2
        return (lines.prefix(half) + ["… \(lines.count - detailLines) more lines …"] + lines.suffix(half))
            .joined(separator: "\n")
    }
}

extension SessionTranscript {
    func text(style: TerminalStyle) -> String { entries.map { $0.text(style: style) }.joined(separator: "\n") }
}
