import Basics
import Wire

extension TranscriptEntry {
    /// All of its words, for searching.
    package var searchText: String {
        switch self {
        case .prompt(let text, _), .message(let text), .continuation(let text), .reasoning(let text): text
        case .banner(let facts): "\(facts.cwd)\n\(facts.model)"
        case .command(let command):
            [command.command, command.aggregatedOutput, command.reason ?? ""].joined(separator: "\n")
        case .change(let report): (report.changes.map(\.path) + [report.diff]).joined(separator: "\n")
        case .tool(let call):
            [call.tool, call.arguments.text, call.result ?? "", call.error ?? ""].joined(separator: "\n")
        case .plan(let entries): entries.map(\.text).joined(separator: "\n")
        case .note(let note): ([note.text] + note.details).joined(separator: "\n")
        case .turnEnd: ""
        }
    }

    /// Bytes that it takes in memory, about.
    var byteCount: Int {
        let base = 200
        switch self {
        case .prompt(let text, _), .message(let text), .continuation(let text), .reasoning(let text):
            return base + text.utf8.count
        case .command(let command): return base + command.command.utf8.count + command.aggregatedOutput.utf8.count
        case .change(let report): return base + report.diff.utf8.count + report.changes.count * 100
        case .tool(let call): return base + call.arguments.text.utf8.count + (call.result?.utf8.count ?? 0)
        case .plan(let entries): return base + entries.reduce(0) { $0 + $1.text.utf8.count + 20 }
        case .banner, .note, .turnEnd: return base * 2
        }
    }
}
