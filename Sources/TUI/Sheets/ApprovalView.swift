import Basics
import Terminal
import Wire

/// The sheet that asks: what would happen, why it is asked, what it touches, and what each answer writes down.
struct ApprovalView {
    let sheet: ApprovalSheet
    /// Questions that wait behind this one.
    let waiting: Int
    /// Those of them that the same answer can be given to.
    let batch: [ApprovalRequest]
    let keymap: Keymap
    /// Whether keys answer already.
    let isArmed: Bool
    let width: Int
    let height: Int

    private var request: ApprovalRequest { sheet.request }
    private var inner: Int { max(16, width - 2) }

    var lines: [StyledLine] {
        let choices = self.choices
        var top = [title]
        top += facts
        // What is asked and the answers always stay; what belongs to it is scrolled in what is left.
        let room = max(0, height - top.count - choices.count - 2)
        let all = evidence.isEmpty ? [] : [.empty] + evidence
        if !all.isEmpty {
            let first = min(sheet.scroll, max(0, all.count - room))
            var shown = Array(all[first..<min(all.count, first + room)])
            if all.count > room, room > 1 {
                shown = Array(shown.prefix(room - 1))
                let below = all.count - first - shown.count
                shown.append(
                    StyledLine(below > 0 ? "  … \(below) more lines (\(scrolls))" : "  the end (\(scrolls))", Theme.dim)
                )
            }
            top += shown
        }
        let framed =
            top.map { StyledLine("│ ", Theme.warning) + $0 } + [StyledLine("│", Theme.warning)]
            + choices.map { StyledLine("│ ", Theme.warning) + $0 }
        let keys = [
            "\(keymap.keys(.approvalUp, .approvalDown)) and \(keymap.first(.approvalAccept)), or the number",
            "\(keymap.first(.approvalApprove)) once",
            "\(keymap.first(.approvalDeny)) no", "\(keymap.first(.approvalCancel)) ends the turn",
        ]
        let words = isArmed ? keys.joined(separator: " · ") : "a moment …"
        let hint = StyledLine("╰ \(words)", CellStyle(.yellow, .dim)).cut(to: width)
        return framed + [hint]
    }

    private var scrolls: String { keymap.keys(.approvalScrollDown, .approvalScrollUp) }

    private var title: StyledLine {
        let question =
            switch request.effect {
            case .runCommand: "May this run?"
            case .changeFiles: "May these files be changed?"
            case .writeInput: "May this be typed into a running command?"
            case .readFile: "May this file be read?"
            case .callTool: "May this tool of an MCP server be called?"
            case .askModel: "May the model be asked?"
            case .access: "May commands write there?"
            }
        var line = StyledLine(question, CellStyle(.yellow, .bold))
        if waiting > 0 { line.append("  1 of \(waiting + 1)", Theme.dim) }
        return line.cut(to: inner)
    }

    private var facts: [StyledLine] {
        var lines: [StyledLine] = []
        switch request.effect {
        case .runCommand(_, let display, let cwd):
            let all = display.lines
            for (index, text) in all.prefix(12).enumerated() {
                lines += StyledLine([Span(index == 0 ? "$ " : "  ", Theme.accent), Span(text, .bold)])
                    .wrapped(to: inner, indent: StyledLine("  "))
            }
            if all.count > 12 {
                lines.append(StyledLine("  … \(all.count - 12) more lines; all of it is below", Theme.warning))
            }
            lines.append(StyledLine("in \(cwd.oneLine)", Theme.dim).cut(to: inner))
        case .changeFiles(let changes):
            for change in changes.prefix(8) {
                lines.append(StyledLine("\(change.kind.rawValue) \(change.path.oneLine)", .bold).cut(to: inner))
            }
            if changes.count > 8 { lines.append(StyledLine("and \(changes.count - 8) more", Theme.dim)) }
        case .writeInput(let terminal, _):
            let text = JSONValue.string(request.input ?? "").text
            lines += StyledLine("terminal \(terminal): \(text)", .bold).wrapped(to: inner)
        case .access(_, let target): lines += StyledLine(target.name.oneLine, .bold).wrapped(to: inner)
        case .callTool(let call):
            lines += StyledLine(call.name.oneLine, .bold).wrapped(to: inner)
            lines += StyledLine("  \(JSONValue.object(call.arguments).text.oneLine)").wrapped(to: inner)
        case .readFile, .askModel: lines += StyledLine(request.effect.json.text, .bold).wrapped(to: inner)
        }
        if let reason = request.reason { lines += fact("it says", "“\(reason)”", CellStyle(.standard, .italic)) }
        lines += fact("asked by", "\(request.verdict.rule) (\(request.verdict.origin))")
        lines += fact("because", request.verdict.reason)
        add("runs", request.reach.commands, to: &lines)
        add("writes", request.reach.writes, to: &lines)
        add("reads", request.reach.reads, to: &lines)
        add("hosts", request.reach.hosts, to: &lines)
        add("unknown", request.reach.unknown, to: &lines)
        return lines
    }

    private func fact(_ name: String, _ text: String, _ style: CellStyle = .plain) -> [StyledLine] {
        guard !text.isEmpty else { return [] }
        let label = name + String(repeating: " ", count: max(1, 9 - name.count))
        return StyledLine([Span(label, Theme.dim), Span(text.oneLine, style)])
            .wrapped(to: inner, indent: StyledLine(String(repeating: " ", count: 9)))
    }

    private func add(_ name: String, _ values: [String], to lines: inout [StyledLine]) {
        guard !values.isEmpty else { return }
        let shown = values.prefix(6).map(\.oneLine).joined(separator: ", ")
        lines += fact(name, shown + (values.count > 6 ? ", and \(values.count - 6) more" : ""))
    }

    /// A change as a diff, scripts that the command names, and a command too long for the sheet's head.
    private var evidence: [StyledLine] {
        var lines: [StyledLine] = []
        if case .runCommand(_, let display, _) = request.effect, display.lines.count > 12 {
            lines += display.lines.flatMap { StyledLine("  \($0)").broken(at: inner) }
        }
        if let diff = request.diff { lines += DiffView(width: inner).lines(diff) }
        for script in request.scripts {
            lines.append(StyledLine("\(script.path.oneLine):", .bold).cut(to: inner))
            lines += script.text.lines.flatMap {
                StyledLine([Span("│ ", Theme.dim), Span($0, Theme.dim)]).broken(at: inner)
            }
        }
        return lines
    }

    private var choices: [StyledLine] { own + toAll }

    /// What one key would answer together, each by its name: nothing is approved that is not on the screen.
    private var toAll: [StyledLine] {
        guard !batch.isEmpty else { return [] }
        let words = "Yes, this once, to all \(batch.count + 1) that this rule asks about; these too:"
        return [StyledLine([Span("  \(keymap.first(.approvalAll)) ", Theme.dim), Span(words)]).cut(to: inner)]
            + batch.map { StyledLine("      \(Self.name($0.effect))", Theme.dim).cut(to: inner) }
    }

    private static func name(_ effect: Effect) -> String {
        switch effect {
        case .runCommand(_, let display, _): "$ \(display.oneLine)"
        case .changeFiles(let changes): changes.map { "\($0.kind.rawValue) \($0.path.oneLine)" }.joined(separator: ", ")
        default: effect.json.text
        }
    }

    private var own: [StyledLine] {
        sheet.choices.enumerated().flatMap { index, choice -> [StyledLine] in
            let isSelected = index == sheet.selected
            var line = StyledLine(isSelected ? "› " : "  ", Theme.accent)
            line.append("\(index + 1) ", Theme.dim)
            line.append(title(of: choice), isSelected ? Theme.selected : .plain)
            var lines = [line.cut(to: inner)]
            if case .offer(let offer) = choice {
                for rule in offer.rules {
                    lines += StyledLine("      writes \(GrantWords.text(rule))", Theme.dim).wrapped(
                        to: inner, indent: StyledLine("        "))
                }
            }
            return lines
        }
    }

    /// Whether it asks for a place that a command was refused, and not for a command.
    private var isAboutPlace: Bool { if case .access = request.effect { true } else { false } }

    private func title(of choice: ApprovalSheet.Choice) -> String {
        switch choice {
        case .offer(let offer):
            let until = offer.expires.map { ", until \($0.rfc3339.prefix(10))" } ?? ""
            return switch offer.scope {
            case .once: isAboutPlace ? "Yes, for one more run of this command" : "Yes, this once"
            case .session: isAboutPlace ? "Yes, in this session" : "Yes, and not again in this session"
            case .project:
                isAboutPlace ? "Yes, in this project\(until)" : "Yes, and not again in this project\(until)"
            case .user: "Yes, and not again in any project\(until)"
            }
        case .deny: return "No, and the agent goes on"
        case .abort: return "No, and the turn ends"
        }
    }

}

/// Rules as a person reads them.
enum GrantWords {
    /// The rule word for word; one that holds a whole command line says what it is bound to instead.
    static func text(_ rule: GrantRule) -> String {
        guard case .exact(let command) = rule else { return rule.text }
        let files = command.files.count
        let bound = files == 0 ? "" : ", as long as \(Amounts.count(files, "file")) that it names stay what they are"
        return "exact_command: this very line in this folder\(bound)"
    }
}
