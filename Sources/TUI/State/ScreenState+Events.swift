import Basics
package import Wire

/// The session's events.
extension ScreenState {
    mutating func take(_ event: ModelEvent) {
        switch event {
        case .textDelta(let text): if let finished = turn?.take(text) { add(finished) }
        case .reasoningDelta(let text):
            turn?.reasoning += text
            // Only its end is shown; the whole comes with the item.
            if let words = turn?.reasoning, words.utf8.count > 8192 { turn?.reasoning = String(words.suffix(2048)) }
        case .sending: break
        case .retrying: if let void = turn?.discard() { add(void) }
        }
    }

    mutating func take(_ event: ThreadEvent) -> [ScreenAction] {
        switch event {
        case .threadStarted(let id): facts?.id = id.text
        case .turnStarted(let header):
            facts?.model = header.model
            facts?.provider = header.provider
            facts?.sandboxMode = header.sandboxMode
            facts?.network = header.network
        case .itemStarted(let item): turn?.items.append(item)
        case .itemUpdated(let item): update(item)
        case .itemCompleted(let item): complete(item)
        case .turnCompleted(let summary):
            add(
                .turnEnd(
                    .init(
                        milliseconds: summary.durationMilliseconds, commands: summary.commands,
                        denials: summary.denials, cost: summary.cost, checkpoint: checkpoint)))
            checkpoint = nil
        case .turnFailed(let code, let message, let remedy): fail(code, message, remedy)
        case .checkpoint(let checkpoint):
            self.checkpoint = checkpoint
            if let losses = checkpoint.losses {
                add(.note(.init(.warning, "This turn \(losses.text).", details: ["/undo brings it back"])))
            }
            if let text = checkpoint.notKeptText {
                add(.note(.init(.warning, "This turn \(text).", details: ["/undo cannot bring it back"])))
            }
        default: if let note = TranscriptEntry.Note(event) { add(.note(note)) }
        }
        return []
    }

    private mutating func update(_ item: ThreadItem) {
        if case .todoList(let entries) = item.kind { plan = entries }
        guard let index = turn?.items.firstIndex(where: { $0.id == item.id }) else { return }
        turn?.items[index] = item
    }

    private mutating func complete(_ item: ThreadItem) {
        turn?.items.removeAll { $0.id == item.id }
        switch item.kind {
        case .agentMessage(let text):
            if let rest = turn?.finish(text) { add(rest) } else if !text.isEmpty { add(.message(text)) }
        case .todoList(let entries):
            guard entries != plan || entries != lastPlan else { return }
            plan = entries
            add(.plan(entries))
        case .reasoning:
            turn?.reasoning = ""
            TranscriptEntry(item).map { add($0) }
        default: TranscriptEntry(item).map { add($0) }
        }
    }

    private var lastPlan: [ThreadItem.TodoEntry] {
        for case .plan(let entries) in entries.suffix(50).reversed() { return entries }
        return []
    }

    private mutating func fail(_ code: String, _ message: String, _ remedy: String?) {
        var details = remedy.map { ["fix: \($0)"] } ?? []
        if let checkpoint {
            details.append("\(Amounts.count(checkpoint.changed, "file")) changed until then · /undo takes it back")
        }
        checkpoint = nil
        if code == "turn.interrupted" {
            add(.note(.init(.info, "Interrupted. Say what to do instead.", details: details)))
        } else {
            add(.note(.init(.failure, message, details: details)))
        }
    }
}

extension TranscriptEntry.Note {
    /// What an event says by itself; nil for those that items tell.
    package init?(_ event: ThreadEvent) {
        switch event {
        case .error(let message): self.init(.warning, message)
        // The command's own lines have told it.
        case .effectDenied(_, .access, _): return nil
        case .effectDenied(_, _, let verdict):
            let grant = verdict.grant.map { " · to allow: \($0)" } ?? ""
            self.init(
                .refusal, "Refused: \(verdict.reason)", details: ["rule \(verdict.rule) (\(verdict.origin))\(grant)"])
        case .approval(let record): self.init(record)
        case .budget(let budget):
            func amount(_ value: Double) -> String {
                if budget.name == "usd" { return Amounts.money(value) }
                return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
            }
            let consequence =
                switch budget.action {
                case "lower_effort": "; the model is asked for less reasoning from here"
                case "cheaper_model": "; the cheaper model takes over"
                case "warn": ""
                default: "; stopped"
                }
            self.init(
                .warning,
                "Budget: \(amount(budget.spent)) of \(amount(budget.limit)) \(budget.name) for the \(budget.scope.rawValue)\(consequence)",
                details: ["\(budget.origin)"])
        case .compacted(let before, let after):
            self.init(
                .info,
                "The conversation was summarised: about \(Amounts.tokens(before)) to \(Amounts.tokens(after)) tokens.")
        case .check(let report):
            let verdict = report.exitCode == 0 ? "passes" : "fails (exit \(report.exitCode))"
            self.init(report.exitCode == 0 ? .approval : .failure, "The check \(verdict): \(report.command)")
        case .hook(let run):
            if let failure = run.failure {
                let effect = run.verdict == .block ? "which blocks" : "and is ignored"
                self.init(.warning, "Hook \(run.event.rawValue) \(run.name) failed, \(effect): \(failure.message)")
            } else if run.verdict != .pass {
                self.init(
                    .info, "Hook \(run.event.rawValue) \(run.name): \(run.verdict.rawValue)",
                    details: run.reason.map { [$0] } ?? [])
            } else if let message = run.message {
                self.init(.warning, message)
            } else {
                return nil
            }
        case .staged(let staged):
            let files = "\(Amounts.count(staged.changed, "file")) staged, none applied"
            self.init(
                .info, staged.repositoryChanged ? "\(files); the repository too" : files,
                details: ["see: \(staged.diffCommand) · apply: \(staged.applyCommand)"])
        case .completion(let evidence):
            guard !evidence.claims.isEmpty else { return nil }
            let isProved = evidence.claims.allSatisfy { $0.standing == .proved }
            self.init(
                isProved ? .approval : .warning,
                isProved ? "What it claims is proved." : "Not all that it claims is proved.",
                details: evidence.claims.map { "\($0.standing.rawValue): \($0.text) (\($0.reason))" })
        default: return nil
        }
    }

    private init?(_ record: ApprovalRecord) {
        guard case .approve(let scope) = record.answer.decision else {
            guard record.approver != .never else { return nil }
            let who = record.approver == .user ? "You said no" : "\(record.approver.rawValue) said no"
            self.init(.refusal, record.answer.message.isEmpty ? "\(who)." : "\(who): \(record.answer.message)")
            return
        }
        let reach =
            switch scope {
            case .once: "once"
            case .session: "for this session"
            case .project: "for this project"
            case .user: "for all projects"
            }
        let who =
            switch record.approver {
            case .user: "You approved it \(reach)."
            case .grant: "Granted before, \(reach)."
            default: "Approved by \(record.approver.rawValue), \(reach)."
            }
        self.init(
            .approval, who,
            details: record.grants.map { "\(GrantWords.text($0.rule)) · \($0.expiry) · \($0.revocation)" })
    }
}
