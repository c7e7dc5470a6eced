import Basics
import Wire

/// A question as a person reads it: what would run, why it is asked, what it touches, and each answer with exactly
/// what it writes down.
struct ApprovalQuestion {
    let request: ApprovalRequest
    let style: TerminalStyle

    /// Lines of a script that are shown.
    private static let scriptLines = 40

    enum Choice: Sendable, Hashable {
        case offer(GrantOffer)
        case deny
        case abort
    }

    /// Whether it asks for a place that a command was refused, and not for a command.
    private var isAboutPlace: Bool { if case .access = request.effect { true } else { false } }

    /// The numbered answers, from 1.
    var choices: [Choice] { request.offers.map(Choice.offer) + [.deny, .abort] }

    var text: String {
        var lines = ["", style.bold(isAboutPlace ? "May commands write there?" : "May this run?")]
        switch request.effect {
        case .runCommand(_, let display, let cwd):
            // Marked, so that no line of it passes for one of ours.
            lines += TerminalStyle.harmless(display).split(separator: "\n", omittingEmptySubsequences: false).map {
                "\(style.dim("  │")) \($0)"
            }
            lines.append(style.dim("  in \(safe(cwd))"))
        case .changeFiles: lines.append("  a change of files")
        case .writeInput(let terminal, _):
            lines.append("  typing into terminal \(terminal): \(safe(JSONValue.string(request.input ?? "").text))")
        case .access(_, let target): lines.append("  \(safe(target.name))")
        case .callTool(let call):
            lines.append("  the tool \(safe(call.tool)) of the MCP server \(safe(call.server))")
            lines.append("  with \(safe(JSONValue.object(call.arguments).text))")
        default: lines.append("  \(safe(request.effect.json.text))")
        }
        lines.append("  why:     \(safe(request.verdict.reason))")
        lines.append(
            style.dim("           rule \(safe(request.verdict.rule))  \(safe(request.verdict.origin.description))"))
        if let reason = request.reason { lines.append("  it says: \(safe(reason))") }
        add("runs", request.reach.commands, to: &lines)
        add("writes", request.reach.writes, to: &lines)
        add("reads", request.reach.reads, to: &lines)
        add("hosts", request.reach.hosts, to: &lines)
        add("unknown", request.reach.unknown, to: &lines)
        if let diff = request.diff { lines += self.lines(of: ApprovalRequest.Script(path: "the change", text: diff)) }
        for script in request.scripts { lines += self.lines(of: script) }
        lines.append("")
        for (index, choice) in choices.enumerated() {
            lines += words(of: choice).enumerated().map { line, text in
                line == 0 ? "  \(index + 1)  \(text)" : style.dim("       \(text)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The choice that a line of input names; nil asks again. An empty line is no answer.
    func choice(_ input: String) -> Choice? {
        let words = input.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let number = Int(words[0]), choices.indices.contains(number - 1) else { return nil }
        return choices[number - 1]
    }

    private func add(_ name: String, _ values: [String], to lines: inout [String]) {
        for (index, value) in values.prefix(8).enumerated() {
            let label = index == 0 ? "\(name):" : ""
            lines.append("  \(label)\(String(repeating: " ", count: max(1, 9 - label.count)))\(safe(value))")
        }
        if values.count > 8 { lines.append("           and \(values.count - 8) more") }
    }

    private func lines(of script: ApprovalRequest.Script) -> [String] {
        let all = script.text.split(separator: "\n", omittingEmptySubsequences: false)
        var lines = ["  \(safe(script.path)):"]
        lines += all.prefix(Self.scriptLines).map { style.dim("    │ ") + safe(String($0)) }
        if all.count > Self.scriptLines { lines.append("    and \(all.count - Self.scriptLines) lines more") }
        return lines
    }

    private func words(of choice: Choice) -> [String] {
        switch choice {
        case .offer(let offer):
            let until = offer.expires.map { ", until \($0.rfc3339.prefix(10))" } ?? ""
            let title =
                switch offer.scope {
                case .once: isAboutPlace ? "yes, for one more run of this command" : "yes, this once"
                case .session: isAboutPlace ? "yes, in this session" : "yes, and not again in this session"
                case .project:
                    isAboutPlace ? "yes, in this project\(until)" : "yes, and not again in this project\(until)"
                case .user: "yes, and not again in any project\(until)"
                }
            return [title] + offer.rules.map { safe(Self.words(for: $0)) }
        case .deny: return ["no, and the agent goes on"]
        case .abort: return ["no, and the turn ends"]
        }
    }

    /// A rule as a person reads it. Those that are short are shown as they are kept; `lockgate grants list` shows all so.
    private static func words(for rule: GrantRule) -> String {
        guard case .exact(let command) = rule else { return rule.text }
        let files = command.files.count
        let bound = files == 0 ? "" : ", as long as the \(files) files and names in it stay what they are"
        return "this very command line in this folder\(bound)"
    }

    private func safe(_ text: String) -> String { TerminalStyle.harmless(text).replacing("\n", with: "⏎") }
}
