import Basics
import Glibc
import Synchronization
import Wire

/// `exec` for people: progress on standard error, the agent's last message on standard output.
final class HumanRenderer: Sendable {
    private struct State {
        var isStreaming = false
        /// While a person is asked something the terminal is theirs.
        var isAsking = false
        /// What happened meanwhile, to be shown after the answer.
        var held: [ThreadEvent] = []
        /// What of the message under way was shown, so that the finished message is not printed twice.
        var streamed = ""
        var running: [String: String] = [:]
        var started = ContinuousClock.now
        var activity = "thinking"
        var spinnerShown = false
        var frame = 0
        var lastMessage = ""
        var failed = false
        /// For the summary at the end.
        var sensitive: [SensitiveChange] = []
        var checkpoint: TurnCheckpoint?
        var worktree: WorktreePlace?
        var evidence: CompletionEvidence?
        var staged: StagedSummary?
    }

    private let style: TerminalStyle
    private let state = Mutex(State())
    private static let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    /// Lines of a command's output that are shown; the journal has them all.
    private static let outputLines = 12

    init(style: TerminalStyle) {
        self.style = style
    }

    /// Draws the spinner until cancelled; only on a terminal.
    func spin() async {
        guard style.isTerminal else { return }
        while !Task.isCancelled {
            state.withLock { state in
                guard !state.isStreaming, !state.isAsking else { return }
                state.frame += 1
                let seconds = (ContinuousClock.now - state.started).components.seconds
                guard seconds >= 1 else { return }
                write(
                    "\r\u{1B}[K\(style.cyan(Self.frames[state.frame % 10])) \(state.activity) \(style.dim("\(seconds)s"))"
                )
                state.spinnerShown = true
            }
            try? await Task.sleep(for: .milliseconds(120))
        }
        state.withLock { clearSpinner(&$0) }
    }

    /// Leaves the terminal to a question, or takes it back.
    func pause(_ isAsking: Bool) {
        state.withLock { state in
            clearSpinner(&state)
            endStream(&state)
            state.isAsking = isAsking
            state.started = .now
            let held = state.held
            state.held = []
            for event in held { show(event, &state) }
        }
    }

    /// The model's words as they arrive.
    func live(_ event: ModelEvent) {
        guard style.isTerminal else { return }
        state.withLock { state in
            switch event {
            case .textDelta(let text):
                if !state.isStreaming {
                    clearSpinner(&state)
                    state.isStreaming = true
                }
                state.streamed += text
                write(TerminalStyle.harmless(text))
            case .reasoningDelta: state.activity = "reasoning"
            case .sending: break
            case .retrying:
                if state.isStreaming {
                    write("\n\(style.dim("(the response broke off; what stands above is void)"))\n")
                }
                state.isStreaming = false
                state.streamed = ""
            }
        }
    }

    func show(_ event: ThreadEvent, at time: WallTime) {
        state.withLock { state in
            if state.isAsking { state.held.append(event) } else { show(event, &state) }
        }
    }

    private func show(_ event: ThreadEvent, _ state: inout State) {
        clearSpinner(&state)
        switch event {
        case .threadStarted(let id): line(style.dim("session \(id)"))
        case .turnStarted(let turn):
            line(
                style.dim(
                    "\(turn.model) via \(turn.provider) · \(turn.sandboxMode.rawValue) · network \(turn.network.rawValue) · \(turn.cwd)"
                ))
            state.started = .now
        case .itemStarted(let item): begin(item, &state)
        case .itemUpdated(let item): update(item)
        case .itemCompleted(let item): complete(item, &state)
        case .turnCompleted(let summary):
            finish(summary)
            for text in style.summary(of: state.sensitive) { line(text) }
            for text in state.evidence.map(style.lines(for:)) ?? [] { line(text) }
            undo(state)
            for text in style.lines(for: state.staged) { line(text) }
        case .turnFailed(_, let message, let remedy):
            state.failed = true
            endStream(&state)
            line("\(style.red("failed:")) \(TerminalStyle.harmless(message))")
            if let remedy { line("  \(style.bold("fix:")) \(remedy)") }
            undo(state)
            for text in style.lines(for: state.staged) { line(text) }
        case .error(let message): line("\(style.yellow("!")) \(TerminalStyle.harmless(message))")
        // The command's own lines have told it.
        case .effectDenied(_, .access, _): break
        case .sensitiveChanges(_, let changes): state.sensitive.append(contentsOf: changes)
        case .effectDenied(_, _, let verdict):
            line("\(style.red("refused:")) \(TerminalStyle.harmless(verdict.reason))")
            line(
                style.dim(
                    "  rule \(verdict.rule) (\(verdict.origin))"
                        + (verdict.grant.map { " · to allow: \($0)" } ?? "")))
        case .approval(let record):
            if let text = style.line(for: record) { line(text) }
        case .budget(let budget):
            line(style.line(for: budget))
        case .compacted(let before, let after):
            line(style.dim("the conversation was summarised: about \(before) to \(after) tokens"))
        case .checkpoint(let checkpoint): state.checkpoint = checkpoint
        case .completion(let evidence): state.evidence = evidence
        case .worktree(let place):
            state.worktree = place
            line(style.dim("worktree \(place.name) on \(place.branch) · ports from \(place.portBase)"))
        case .staged(let summary): state.staged = summary
        case .hook(let run): for text in style.lines(for: run) { line(text) }
        case .check(let report):
            let verdict =
                report.exitCode == 0 ? style.green("passes") : style.red("fails (exit \(report.exitCode))")
            line("check \(verdict): \(report.command)")
        }
    }

    private func begin(_ item: ThreadItem, _ state: inout State) {
        endStream(&state)
        state.started = .now
        switch item.kind {
        case .commandExecution(let command):
            state.activity = "running"
            line("\(style.cyan("$")) \(style.bold(TerminalStyle.harmless(command.command)))")
        case .fileChange: state.activity = "changing files"
        case .toolCall(let call):
            state.activity = call.tool
            line(
                "\(style.cyan("•")) \(TerminalStyle.harmless(call.name)) \(style.dim(TerminalStyle.harmless(String(call.arguments.text.prefix(120)))))"
            )
        default: break
        }
    }

    private func update(_ item: ThreadItem) {
        if case .todoList(let entries) = item.kind { plan(entries) }
    }

    private func complete(_ item: ThreadItem, _ state: inout State) {
        state.started = .now
        state.activity = "thinking"
        switch item.kind {
        case .agentMessage(let text):
            state.lastMessage = text
            if state.isStreaming, state.streamed == text {
                endStream(&state)
            } else if !text.isEmpty {
                endStream(&state)
                line(TerminalStyle.harmless(text))
            }
        case .reasoning(let text): line(style.dim(TerminalStyle.harmless(text)))
        case .commandExecution(let command): result(of: command)
        case .fileChange(let report):
            for change in report.changes {
                let sign = change.kind == .add ? "A" : change.kind == .delete ? "D" : "M"
                line(
                    "\(style.cyan(sign)) \(TerminalStyle.harmless(change.path))"
                        + (change.movedTo.map { " -> \($0)" } ?? ""))
            }
            for text in style.lines(for: report.sensitiveChanges) { line(text) }
            if report.status == .completed {
                diff(report.diff)
            } else if let reason = report.reason {
                line(style.red("  not changed: ") + TerminalStyle.harmless(reason))
            }
        case .toolCall(let call):
            if let error = call.error { line(style.red("  " + TerminalStyle.harmless(error))) }
        case .todoList(let entries): plan(entries)
        case .error(let message): line("\(style.yellow("!")) \(TerminalStyle.harmless(message))")
        }
    }

    private func result(of command: ThreadItem.CommandExecution) {
        let output = TerminalStyle.harmless(command.aggregatedOutput)
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
            output.hasSuffix("\n") ? 1 : 0)
        if !output.isEmpty {
            // One line more is shown sooner than counted.
            let hidden = lines.count > Self.outputLines + 1 ? lines.count - Self.outputLines : 0
            for text in lines.prefix(hidden > 0 ? Self.outputLines / 2 : lines.count) {
                line(style.dim("  \(text)"))
            }
            if hidden > 0 {
                line(style.dim("  … \(hidden) more lines …"))
                for text in lines.suffix(Self.outputLines / 2) { line(style.dim("  \(text)")) }
            }
        }
        let time = command.durationMilliseconds.map { " \($0) ms" } ?? ""
        switch command.status {
        case .completed where command.exitCode == 0: line(style.dim("  ✓\(time)"))
        case .completed, .failed:
            let how = command.signal.map { "ended by \($0)" } ?? "exit \(command.exitCode ?? -1)"
            line(style.red("  ✗ \(how)") + style.dim(time))
        case .declined: line(style.red("  ✗ not run"))
        case .inProgress: line(style.dim("  goes on in the background (terminal \(command.terminal ?? 0))"))
        }
        for text in style.lines(for: command.denials) + style.lines(for: command.sensitiveChanges) { line(text) }
    }

    private func diff(_ diff: String) {
        let lines = diff.split(separator: "\n")
        for text in lines.prefix(60) {
            let shown = "  " + TerminalStyle.harmless(String(text))
            line(text.hasPrefix("+") ? style.green(shown) : text.hasPrefix("-") ? style.red(shown) : style.dim(shown))
        }
        if lines.count > 60 { line(style.dim("  … \(lines.count - 60) more lines …")) }
    }

    private func plan(_ entries: [ThreadItem.TodoEntry]) {
        for entry in entries {
            line("  \(entry.completed ? style.green("✓") : "·") \(TerminalStyle.harmless(entry.text))")
        }
    }

    private func finish(_ summary: ThreadEvent.TurnSummary) {
        let usage = summary.usage
        var parts = ["\(Self.seconds(summary.durationMilliseconds))"]
        parts.append("\(summary.commands) command\(summary.commands == 1 ? "" : "s")")
        parts.append("\(usage.inputTokens) tokens in (\(usage.cachedInputTokens) cached), \(usage.outputTokens) out")
        parts.append(summary.cost.map { "$\(Self.money($0))" } ?? "price unknown")
        if summary.denials > 0 { parts.append(style.red("\(summary.denials) refused")) }
        line(style.dim(parts.joined(separator: " · ")))
    }

    /// What the turn changed, and how to take it back.
    private func undo(_ state: State) {
        guard let checkpoint = state.checkpoint else { return }
        if let losses = checkpoint.losses {
            line("\(style.red("look:")) this turn \(TerminalStyle.harmless(losses.text)); all of it can be taken back")
        }
        if let text = checkpoint.notKeptText {
            line("\(style.red("look:")) this turn \(TerminalStyle.harmless(text))")
        }
        let files = "\(checkpoint.changed) file\(checkpoint.changed == 1 ? "" : "s") changed"
        let what = checkpoint.repositoryChanged ? "\(files), and the repository" : files
        if let worktree = state.worktree {
            let verb = "lockgate worktree"
            line(style.dim("\(what) · see: \(verb) diff \(worktree.name) · take over: \(verb) merge \(worktree.name)"))
        } else {
            line(style.dim("\(what) · see: lockgate diff t\(checkpoint.turn) · take back: lockgate undo"))
        }
    }

    private func endStream(_ state: inout State) {
        guard state.isStreaming else { return }
        write("\n")
        state.isStreaming = false
        state.streamed = ""
    }

    private func clearSpinner(_ state: inout State) {
        guard state.spinnerShown else { return }
        write("\r\u{1B}[K")
        state.spinnerShown = false
    }

    private func line(_ text: String) { write(text + "\n") }

    private func write(_ text: String) {
        // A closed standard error must not end the work.
        try? PosixFile.writeAll(STDERR_FILENO, Array(text.utf8))
    }

    static func seconds(_ milliseconds: Int) -> String {
        milliseconds < 60_000
            ? "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
            : "\(milliseconds / 60_000) min \(milliseconds / 1000 % 60) s"
    }

    /// Four digits after the point: a request often costs less than a cent.
    static func money(_ usd: Double) -> String {
        let units = Int64((usd * 10_000).rounded())
        let fraction = String(units % 10_000)
        return "\(units / 10_000)." + String(repeating: "0", count: 4 - fraction.utf8.count) + fraction
    }
}
