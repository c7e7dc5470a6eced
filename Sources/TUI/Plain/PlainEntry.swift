import Basics
import Terminal
import Text
import Wire

/// An entry of the conversation as lines that are read aloud: words where the screen has signs and colours.
struct PlainEntry {
    private static let outputLines = 20

    static func lines(_ entry: TranscriptEntry) -> [String] {
        switch entry {
        case .prompt(let text, let isSteering): labelled(isSteering ? "You, meanwhile" : "You", text)
        case .message(let text): labelled("Agent", text)
        case .continuation(let text): text.lines
        case .banner(let facts):
            [
                "Lockgate \(facts.version) in \(facts.cwd)",
                "Model \(facts.model) via \(facts.provider). \(facts.sandboxMode.rawValue), network \(facts.network.rawValue), "
                    + "\(facts.approvals), \(facts.enforcement).",
            ]
        case .reasoning(let text): labelled("Thinking", text)
        case .command(let command): lines(command)
        case .change(let report): lines(report)
        case .tool(let call):
            ["Tool \(call.tool.oneLine) \(call.status.rawValue): \(call.arguments.text.oneLine)"]
                + (call.error.map { ["Error: \($0.oneLine)"] } ?? [])
        case .plan(let entries):
            ["Plan:"] + entries.map { "\($0.completed ? "done" : "open"): \($0.text.oneLine)" }
        case .note(let note): ["\(word(note.kind))\(note.text.oneLine)"] + note.details.flatMap(\.lines)
        case .turnEnd(let facts): [turnEnd(facts)]
        }
    }

    private static func labelled(_ name: String, _ text: String) -> [String] {
        let lines = text.lines
        return ["\(name): \(lines[0])"] + lines.dropFirst()
    }

    private static func word(_ kind: TranscriptEntry.Note.Kind) -> String {
        switch kind {
        case .info: ""
        case .warning: "Warning: "
        case .failure: "Failed: "
        case .refusal: "Refused: "
        case .approval: "Allowed: "
        }
    }

    private static func lines(_ command: ThreadItem.CommandExecution) -> [String] {
        let end =
            switch command.status {
            case .inProgress: "runs"
            case .declined: "was not run"
            case .completed, .failed:
                command.exitCode.map { "ended with exit code \($0)" } ?? command.terminal.map {
                    "runs on as terminal \($0)"
                }
                    ?? "ended"
            }
        var lines = ["Command \(end): \(command.command.oneLine)"]
        if let reason = command.reason { lines.append("Because: \(reason.oneLine)") }
        var output = command.aggregatedOutput.lines
        if output.last?.isEmpty == true { output.removeLast() }
        if output.count > outputLines { lines.append("The last \(outputLines) of \(output.count) lines of output:") }
        lines += output.suffix(outputLines)
        for denial in command.denials {
            lines.append("The sandbox refused \(denial.target.name.oneLine): \(denial.verdict.reason.oneLine)")
            if let grant = denial.verdict.grant { lines.append("To allow it: \(grant)") }
        }
        return lines
    }

    private static func lines(_ report: ThreadItem.FileChangeReport) -> [String] {
        let (added, removed) = DiffView.counts(report.diff)
        let names = report.changes.map { "\($0.kind.rawValue) \($0.path.oneLine)" }.joined(separator: ", ")
        let verb = report.status == .completed ? "Changed" : "Not changed"
        var lines = ["\(verb): \(names), \(added) lines added, \(removed) removed"]
        if let reason = report.reason { lines.append("Because: \(reason.oneLine)") }
        return lines
    }

    private static func turnEnd(_ facts: TranscriptEntry.TurnFacts) -> String {
        var parts = ["Done after \(Amounts.elapsed(facts.milliseconds / 1000))"]
        if facts.commands > 0 { parts.append(Amounts.count(facts.commands, "command")) }
        if facts.denials > 0 { parts.append("\(facts.denials) refused") }
        if let checkpoint = facts.checkpoint {
            parts.append("\(Amounts.count(checkpoint.changed, "file")) changed, /undo takes it back")
        }
        return parts.joined(separator: ", ") + "."
    }
}
