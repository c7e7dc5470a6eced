package import Wire

/// The gate's decision on a command with everything that led to it: what `lockgate explain -- CMD` shows.
package struct CommandDecision: Sendable, Hashable {
    /// One command that would run, with the rules about it.
    package struct Part: Sendable, Hashable {
        package var command: FoundCommand
        /// In the order of the rule files, with whether they match for certain.
        package var rules: [RuleMatch]
        /// Why it runs without a question where everything else is asked about; nil when it does not.
        package var covered: String?
        /// The grants that cover it.
        package var grants: [Grant]
        /// Whether it is a reason to ask: a rule prompts for it or may hold it back, or no rule allows it where one has
        /// to.
        package var isOpen: Bool
    }

    package struct RuleMatch: Sendable, Hashable {
        package var rule: CommandRules.Prefix
        package var isCertain: Bool
    }

    package var verdict: Verdict
    package var parts: [Part]
    package var analysis: ShellAnalysis
    /// The grants that answered what would have been asked; empty where nothing would, or a question stays.
    package var grants: [Grant] = []
    /// Whether an answer may be kept for the next time. Never where the command may be one that is forbidden: what is
    /// not known of it can be something else then.
    package var isGrantable: Bool
}

extension AccessPolicy {
    /// Decides on a command. `verdict(on:)` is this function's verdict, so an explanation cannot tell another story
    /// than the gate.
    ///
    /// A rule that forbids wins over one that prompts, and that over one that allows. Where words or whole commands are
    /// not known, whatever might match a rule that forbids or prompts is asked about. An allow skips the question that
    /// `approval_policy` would have asked, never the sandbox.
    ///
    /// Grants answer what would be asked, and nothing else: a rule that forbids, or may forbid, stands above them.
    /// - Parameter cwd: where it would run; nil matches no grant for one whole command line.
    package func decision(onCommand argv: [String], in cwd: String? = nil) -> CommandDecision {
        let analysis = ShellAnalysis(argv: argv)
        let parts = analysis.commands.map { command in
            let matches = rules.prefixes.compactMap { rule -> CommandDecision.RuleMatch? in
                switch rules.match(rule, command.words) {
                case .no: nil
                case .maybe: CommandDecision.RuleMatch(rule: rule, isCertain: false)
                case .yes: CommandDecision.RuleMatch(rule: rule, isCertain: true)
                }
            }
            let covered = coverage(of: command, matches)
            let needsRule = approvalPolicy.value == .untrusted && command.role == .runs && covered == nil
            return CommandDecision.Part(
                command: command, rules: matches, covered: covered, grants: grants.filter { $0.rule.covers(command) },
                isOpen: needsRule || matches.contains { $0.rule.decision != .allow })
        }
        var decision = CommandDecision(
            verdict: verdict(parts, analysis), parts: parts, analysis: analysis,
            isGrantable: isGrantable(parts, analysis))
        guard decision.verdict.decision == .ask else { return decision }
        decision.grants = grants(answering: decision, argv: argv, cwd: cwd)
        if let grant = decision.grants.first {
            decision.verdict = Verdict(.allow, rule: grant.rule.text, origin: grant.origin)
        } else if approvalPolicy.value == .never {
            decision.verdict = decision.verdict.refused(
                because: "approval_policy = \"never\" (\(approvalPolicy.origin)) refuses it")
        }
        return decision
    }

    private func verdict(_ parts: [CommandDecision.Part], _ analysis: ShellAnalysis) -> Verdict {
        for decision in [CommandRules.Decision.forbidden, .prompt] {
            for part in parts {
                guard let match = part.rules.first(where: { $0.isCertain && $0.rule.decision == decision }) else {
                    continue
                }
                let why = match.rule.justification.map { ": \($0)" } ?? ""
                return Verdict(
                    decision == .forbidden ? .deny : .ask, rule: match.rule.text, origin: match.rule.origin,
                    reason: decision == .forbidden
                        ? "\(part.command.shown) is forbidden by a rule\(why)"
                        : "\(part.command.shown) is to be asked about\(why)",
                    grant: "change the rule at \(match.rule.origin)")
            }
        }
        let restricting = rules.prefixes.filter { $0.decision != .allow }.max { $0.decision < $1.decision }
        if let restricting {
            for part in parts {
                guard let match = part.rules.first(where: { $0.rule.decision != .allow }) else { continue }
                return Verdict(
                    .ask, rule: match.rule.text, origin: match.rule.origin,
                    reason: "\(part.command.shown) may be a command that a rule holds back",
                    grant: "write the command out, without \(part.command.unknown)")
            }
            if let doubt = analysis.doubts.first {
                return Verdict(
                    .ask, rule: restricting.text, origin: restricting.origin,
                    reason: "what would run cannot be read from the command, and a rule holds commands back: \(doubt)",
                    grant: "write the command in a plainer way")
            }
        }
        return approvalPolicy.value == .untrusted ? untrustedVerdict(parts, analysis) : allowed
    }

    /// The verdict where everything is asked about that no rule allows and that does more than read.
    private func untrustedVerdict(_ parts: [CommandDecision.Part], _ analysis: ShellAnalysis) -> Verdict {
        func ask(_ reason: String, _ grant: String?) -> Verdict {
            Verdict(
                .ask, rule: "approval_policy = \"untrusted\"", origin: approvalPolicy.origin, reason: reason,
                grant: grant)
        }
        if let part = parts.first(where: { $0.command.role == .runs && $0.covered == nil }) {
            let prefix = part.command.argv.map { CommandRules.Prefix.smallest($0).text }
            let isAllowed = part.rules.contains { $0.isCertain && $0.rule.decision == .allow }
            let beyond = part.command.extras.first ?? part.command.unknown
            return isAllowed
                ? ask("a rule allows \(part.command.shown), but not that it goes further: \(beyond)", nil)
                : ask("no rule allows \(part.command.shown)", prefix)
        }
        if let beyond = (analysis.doubts + analysis.extras).first {
            return ask("the command line does more than rules can allow: \(beyond)", nil)
        }
        let rule = parts.lazy.compactMap { $0.rules.first { $0.isCertain } }.first?.rule
        return rule.map { Verdict(.allow, rule: $0.text, origin: $0.origin) } ?? allowed
    }

    private func coverage(of command: FoundCommand, _ matches: [CommandDecision.RuleMatch]) -> String? {
        guard let argv = command.argv, command.extras.isEmpty else { return nil }
        if let match = matches.first(where: { $0.isCertain && $0.rule.decision == .allow }) {
            return "allowed by the rule at \(match.rule.origin)"
        }
        return ReadingCommands.contains(argv) ? "only reads" : nil
    }
}

extension FoundCommand {
    /// What is not known in it, for messages.
    fileprivate var unknown: String {
        for case .unknown(let reason) in words { return reason }
        return "what is not known"
    }
}

extension CommandRules.Prefix {
    /// The narrowest rule worth granting: the program and, where there is one, its subcommand.
    static func smallest(_ argv: [String]) -> CommandRules.Prefix {
        let count = argv.count > 1 && !argv[1].hasPrefix("-") ? 2 : 1
        return CommandRules.Prefix(
            pattern: argv.prefix(count).map { [$0] }, decision: .allow, justification: nil, origin: .builtIn)
    }
}

extension Verdict {
    /// The verdict of a run in which nobody can be asked.
    package var unattended: Verdict {
        decision == .ask ? refused(because: "nobody can be asked in this run") : self
    }

    /// The same verdict as a refusal, with one more reason.
    package func refused(because reason: String) -> Verdict {
        var verdict = self
        verdict.decision = .deny
        verdict.reason += "; \(reason)"
        return verdict
    }
}

/// Commands that only read and start nothing, whatever their arguments. Options that write or run something keep others
/// out: `git status` runs core.fsmonitor, `rg` has --pre, `sort` and `uniq` write files.
enum ReadingCommands {
    private static let names: Set<String> = [
        "basename", "cat", "cut", "dirname", "echo", "expr", "false", "grep", "head", "id", "ls", "nl", "pwd",
        "realpath", "rev", "seq", "stat", "tail", "tr", "true", "uname", "wc", "whoami",
    ]

    /// By name alone: a path may lead to any file.
    static func contains(_ argv: [String]) -> Bool { argv.first.map(names.contains) ?? false }
}
