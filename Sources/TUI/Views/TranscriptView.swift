import Basics
import Terminal
import Text
import Wire

/// Entries of the conversation as lines.
struct TranscriptView {
    let width: Int
    /// Whether all of it is shown: whole outputs, diffs and reasoning.
    var isExpanded = false
    /// The session's folder, to which paths are given.
    var folder = ""

    private var inner: Int { max(10, width - 2) }

    /// An entry with the blank line before it, if it needs one.
    func lines(_ entry: TranscriptEntry, after previous: TranscriptEntry?) -> [StyledLine] {
        let lines = lines(entry)
        guard let previous, !lines.isEmpty else { return lines }
        if case .continuation = entry { return lines }
        return entry.isCompact && previous.isCompact && !previous.hasBlock ? lines : [.empty] + lines
    }

    func lines(_ entry: TranscriptEntry) -> [StyledLine] {
        switch entry {
        case .prompt(let text, let isSteering): prompt(text, isSteering)
        case .message(let text), .continuation(let text):
            indented(MarkdownView(width: inner).lines(MarkdownDocument(text).blocks))
        case .reasoning(let text): reasoning(text)
        case .command(let command): self.command(command)
        case .change(let report): change(report)
        case .tool(let call): tool(call)
        case .plan(let entries): plan(entries)
        case .note(let note): self.note(note)
        case .turnEnd(let facts): end(facts)
        case .banner(let facts): banner(facts)
        }
    }

    private func banner(_ facts: SessionFacts) -> [StyledLine] {
        func fact(_ name: String, _ text: String, _ style: CellStyle = .plain) -> [StyledLine] {
            StyledLine([
                Span(name + String(repeating: " ", count: max(1, 10 - name.count)), Theme.dim), Span(text, style),
            ])
            .wrapped(to: width, indent: StyledLine(String(repeating: " ", count: 10)))
        }
        var lines = [StyledLine([Span("≋ Lockgate", Theme.heading), Span(" \(facts.version)", Theme.dim)])]
        lines += fact("folder", facts.cwd)
        lines += fact("model", "\(facts.model) via \(facts.provider)")
        lines += fact(
            "may", "\(facts.sandboxMode.rawValue) · network \(facts.network.rawValue) · \(facts.approvals)")
        lines += fact("held by", facts.enforcement, facts.isReduced ? Theme.warning : .plain)
        if facts.isUntrusted { lines += fact("trust", "the folder's own settings are not obeyed", Theme.warning) }
        return lines
    }

    private func indented(_ lines: [StyledLine]) -> [StyledLine] {
        lines.map { $0.isEmpty ? $0 : StyledLine("  ") + $0 }
    }

    private func texts(_ text: String, _ style: CellStyle, lead: StyledLine, indent: String) -> [StyledLine] {
        var lines: [StyledLine] = []
        for part in text.lines {
            let head = lines.isEmpty ? lead : StyledLine(indent)
            lines += (head + StyledLine(part, style)).wrapped(to: width, indent: StyledLine(indent))
        }
        return lines
    }

    private func prompt(_ text: String, _ isSteering: Bool) -> [StyledLine] {
        var lead = StyledLine("› ", Theme.heading)
        if isSteering { lead.append("(while it worked) ", Theme.dim) }
        return texts(clipped(text, to: isExpanded ? nil : 12), Theme.prompt, lead: lead, indent: "  ")
    }

    private func reasoning(_ text: String) -> [StyledLine] {
        guard isExpanded else {
            let first = text.lines.first { !$0.allSatisfy(\.isWhitespace) } ?? ""
            let more = text.lines.count > 1 ? " …" : ""
            let plain = MarkdownInline.runs(first).map(\.text).joined()
            return [
                (StyledLine("  ∴ ", Theme.dim) + StyledLine(plain + more, CellStyle(.standard, [.dim, .italic]))).cut(
                    to: width)
            ]
        }
        return texts(text, CellStyle(.standard, [.dim, .italic]), lead: StyledLine("  ∴ ", Theme.dim), indent: "    ")
    }

    // MARK: - Work

    private func command(_ command: ThreadItem.CommandExecution) -> [StyledLine] {
        let isGood = command.status == .completed && (command.exitCode ?? 0) == 0
        let mark: (String, CellStyle) =
            switch command.status {
            case .inProgress: ("◆ ", Theme.accent)
            case .declined: ("⊘ ", Theme.bad)
            case .completed where isGood: ("✓ ", Theme.good)
            case .completed, .failed: ("✗ ", Theme.bad)
            }
        var lines = texts(
            clipped(command.command, to: isExpanded ? nil : 6), .bold,
            lead: StyledLine(mark.0, mark.1) + StyledLine("$ ", Theme.accent), indent: "    ")
        lines += output(command.aggregatedOutput, isGood: isGood)
        var facts: [(String, CellStyle)] = []
        switch command.status {
        case .declined: facts.append(("not run", Theme.bad))
        case .inProgress: facts.append(("goes on in the background (terminal \(command.terminal ?? 0))", Theme.dim))
        case .completed, .failed:
            if let signal = command.signal {
                facts.append(("ended by \(signal)", Theme.bad))
            } else if let code = command.exitCode, code != 0 {
                facts.append(("exit \(code)", Theme.bad))
            } else if !isGood {
                facts.append(("failed", Theme.bad))
            }
        }
        if let reason = command.reason { facts.append((reason, Theme.dim)) }
        if let time = command.durationMilliseconds, time >= 1000 || !isGood || isExpanded {
            facts.append((Amounts.duration(time), Theme.dim))
        }
        if isExpanded { facts.append(("in \(command.cwd)", Theme.dim)) }
        if !facts.isEmpty {
            var line = StyledLine("  └ ", Theme.dim)
            for (index, fact) in facts.enumerated() {
                if index > 0 { line.append(" · ", Theme.dim) }
                line.append(fact.0.oneLine, fact.1)
            }
            lines += line.wrapped(to: width, indent: StyledLine("    "))
        }
        for denial in command.denials { lines += self.denial(denial) }
        for change in command.sensitiveChanges { lines += sensitive(change) }
        return lines
    }

    /// A success shows little of what it printed, a failure its end.
    private func output(_ text: String, isGood: Bool) -> [StyledLine] {
        var all = text.lines
        if all.last?.isEmpty == true { all.removeLast() }
        let (head, tail) = isGood ? (2, 2) : (2, 8)
        var shown = all
        if !isExpanded, all.count > head + tail + 1 {
            shown = all.prefix(head) + ["… \(all.count - head - tail) more lines (Ctrl-T shows all)"] + all.suffix(tail)
        }
        return shown.flatMap { text -> [StyledLine] in
            let line = StyledLine("  │ ", Theme.dim) + StyledLine(String(text).replacing("\r", with: ""), Theme.dim)
            return isExpanded ? line.broken(at: width) : [line.cut(to: width)]
        }
    }

    private func change(_ report: ThreadItem.FileChangeReport) -> [StyledLine] {
        let isDone = report.status == .completed
        var lines: [StyledLine] = []
        let (added, removed) = DiffView.counts(report.diff)
        for change in report.changes {
            let verb =
                switch change.kind {
                case .add: "added"
                case .delete: "deleted"
                case .update: change.movedTo == nil ? "edited" : "moved"
                }
            var line = StyledLine(isDone ? "± " : "⊘ ", isDone ? Theme.accent : Theme.bad)
            line.append("\(verb) ", Theme.dim)
            line.append(short(change.path), .bold)
            if let target = change.movedTo { line.append(" → \(short(target))", .bold) }
            if report.changes.count == 1, added + removed > 0 {
                line.append("  +\(added)", Theme.added)
                line.append(" −\(removed)", Theme.removed)
            }
            lines += line.wrapped(to: width, indent: StyledLine("    "))
        }
        if isDone {
            lines += DiffView(width: inner, limit: isExpanded ? nil : 24, showsNames: report.changes.count > 1).lines(
                report.diff
            ).map {
                StyledLine("  ") + $0
            }
        }
        if let reason = report.reason {
            lines += texts(reason, Theme.bad, lead: StyledLine("  └ ", Theme.dim), indent: "    ")
        }
        for change in report.sensitiveChanges { lines += sensitive(change) }
        return lines
    }

    /// A path as seen from the session's folder.
    private func short(_ path: String) -> String {
        folder.isEmpty ? path.oneLine : PathText.relative(path, to: folder).oneLine
    }

    private func tool(_ call: ThreadItem.BuiltInToolCall) -> [StyledLine] {
        let isBad = call.error != nil || call.status == .failed || call.status == .declined
        var line = StyledLine(isBad ? "✗ " : "• ", isBad ? Theme.bad : Theme.accent)
        line.append(call.name.oneLine, .bold)
        line.append(" \(Self.words(call.arguments))", Theme.dim)
        var lines = isExpanded ? line.wrapped(to: width, indent: StyledLine("    ")) : [line.cut(to: width)]
        if let error = call.error {
            lines += texts(error, Theme.bad, lead: StyledLine("  └ ", Theme.dim), indent: "    ")
        }
        if isExpanded, let result = call.result { lines += output(result, isGood: true) }
        return lines
    }

    /// Arguments as `name value`, without JSON's marks where they are short texts.
    static func words(_ arguments: JSONValue) -> String {
        guard let object = arguments.object else { return arguments.text.oneLine }
        return object.members.map { name, value in
            let text = value.string ?? value.text
            return object.members.count == 1 ? text.oneLine : "\(name)=\(text.oneLine)"
        }.joined(separator: " ")
    }

    func plan(_ entries: [ThreadItem.TodoEntry]) -> [StyledLine] {
        let next = entries.firstIndex { !$0.completed }
        let done = entries.count { $0.completed }
        var lines = [
            StyledLine([
                Span("☰ ", Theme.accent), Span("Plan", .bold), Span("  \(done) of \(entries.count)", Theme.dim),
            ])
        ]
        for (index, entry) in entries.enumerated() {
            let style =
                entry.completed ? CellStyle(.standard, [.dim, .struck]) : index == next ? CellStyle.bold : .plain
            let lead = entry.completed ? Span("  ✓ ", Theme.good) : Span(index == next ? "  ▸ " : "  ○ ", Theme.accent)
            lines += StyledLine([lead, Span(entry.text.oneLine, style)]).wrapped(to: width, indent: StyledLine("    "))
        }
        return lines
    }

    // MARK: - Words about the work

    private func note(_ note: TranscriptEntry.Note) -> [StyledLine] {
        let (mark, style): (String, CellStyle) =
            switch note.kind {
            case .info: ("· ", Theme.dim)
            case .warning: ("! ", Theme.warning)
            case .failure: ("✗ ", Theme.bad)
            case .refusal: ("⊘ ", Theme.bad)
            case .approval: ("✓ ", Theme.dim)
            }
        let isQuiet = note.kind == .info || note.kind == .approval
        var lines = texts(note.text, isQuiet ? Theme.dim : .plain, lead: StyledLine(mark, style), indent: "  ")
        for detail in note.details { lines += texts(detail, Theme.dim, lead: StyledLine("  "), indent: "    ") }
        return lines
    }

    private func denial(_ denial: EffectDenial) -> [StyledLine] {
        let verdict = denial.verdict
        let title = denial.isCertain ? "refused " : "probably refused "
        let details =
            "\(verdict.reason) · rule \(verdict.rule) (\(verdict.origin))"
            + (verdict.grant.map { " · to allow: \($0)" } ?? "")
        let line = StyledLine([
            Span("  ⊘ ", denial.isCertain ? Theme.bad : Theme.warning),
            Span(title, denial.isCertain ? Theme.bad : Theme.warning),
            Span(denial.summary.oneLine, .bold), Span(": \(details.oneLine)", Theme.dim),
        ])
        return line.wrapped(to: width, indent: StyledLine("    "))
    }

    private func sensitive(_ change: SensitiveChange) -> [StyledLine] {
        StyledLine([
            Span("  ! look: ", Theme.warning), Span("\(change.kind.rawValue) \(change.path.oneLine)", .bold),
            Span(" · \(change.runner.oneLine) would run or obey it", Theme.dim),
        ]).wrapped(to: width, indent: StyledLine("    "))
    }

    private func end(_ facts: TranscriptEntry.TurnFacts) -> [StyledLine] {
        var parts = [Amounts.duration(facts.milliseconds)]
        if facts.commands > 0 { parts.append(Amounts.count(facts.commands, "command")) }
        if facts.denials > 0 { parts.append("\(facts.denials) refused") }
        if let cost = facts.cost, cost > 0 { parts.append("\(Amounts.money(cost)) so far") }
        if let checkpoint = facts.checkpoint {
            let files = Amounts.count(checkpoint.changed, "file")
            parts.append(
                "\(files) changed\(checkpoint.repositoryChanged ? ", and the repository" : "") · /undo takes it back")
        }
        return StyledLine("─ \(parts.joined(separator: " · "))", Theme.dim).wrapped(to: width, indent: StyledLine("  "))
    }

    private func clipped(_ text: String, to count: Int?) -> String {
        let lines = text.lines
        guard let count, lines.count > count + 1 else { return text }
        return (lines.prefix(count) + ["… \(lines.count - count) more lines"]).joined(separator: "\n")
    }
}

extension TranscriptEntry {
    /// Work stands close together; words have room around them.
    /// Whether an output or a diff hangs below it, which what follows would look like a part of.
    var hasBlock: Bool {
        switch self {
        case .command(let command): !command.aggregatedOutput.isEmpty
        case .change(let report): !report.diff.isEmpty
        default: false
        }
    }

    var isCompact: Bool {
        switch self {
        case .command, .change, .tool, .reasoning: true
        case .note(let note): note.kind == .approval || note.kind == .refusal
        case .prompt, .message, .continuation, .plan, .turnEnd, .banner: false
        }
    }
}

extension StringProtocol {
    /// Lines, also of texts from systems that end them with a return and a feed, which Swift takes for one character.
    var lines: [String] {
        split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }).map { String($0) }
    }

    /// White space of any kind as single spaces, so that a text keeps to its line.
    var oneLine: String {
        contains(where: \.isNewline) ? split(whereSeparator: \.isNewline).joined(separator: " ⏎ ") : String(self)
    }
}
