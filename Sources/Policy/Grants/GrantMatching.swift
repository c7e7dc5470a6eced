import Basics
package import Wire

extension GrantRule {
    /// Whether it covers one command of a command line: every word known, the first ones the rule's, nothing beyond
    /// its arguments. A path is not the name that it ends with.
    func covers(_ command: FoundCommand) -> Bool {
        guard case .prefix(let words) = self, let argv = command.argv, command.extras.isEmpty else { return false }
        return argv.starts(with: words)
    }

    /// Whether it is about this very command line.
    func covers(argv: [String], cwd: String?) -> Bool {
        guard case .exact(let command) = self else { return false }
        return command.argv == argv && command.cwd == cwd
    }
}

extension AccessPolicy {
    /// Whether a yes about a command may be kept; see `CommandDecision.isGrantable`.
    func isGrantable(_ parts: [CommandDecision.Part], _ analysis: ShellAnalysis) -> Bool {
        if parts.contains(where: { $0.rules.contains { $0.rule.decision == .forbidden } }) { return false }
        return analysis.doubts.isEmpty || !rules.prefixes.contains { $0.decision == .forbidden }
    }

    /// The grants that together answer a question: one for the whole command line, or one for each command that it is
    /// asked for. Empty where anything stays open.
    func grants(answering decision: CommandDecision, argv: [String], cwd: String?) -> [Grant] {
        guard decision.isGrantable else { return [] }
        if let whole = grants.first(where: { $0.rule.covers(argv: argv, cwd: cwd) }) { return [whole] }
        guard decision.analysis.doubts.isEmpty, decision.analysis.extras.isEmpty else { return [] }
        var used: [Grant] = []
        for part in decision.parts where part.isOpen {
            guard let grant = part.grants.first, decision.isPlainlyStarted(part) else { return [] }
            if !used.contains(grant) { used.append(grant) }
        }
        return used
    }
}

extension CommandDecision {
    /// Whether what starts a command only starts it. Behind `sudo`, `find -exec` or `git -c` the same words are another
    /// effect.
    fileprivate func isPlainlyStarted(_ part: Part) -> Bool {
        !parts.contains { other in
            guard other.command.role == .runs, let name = other.command.words.first?.text else { return false }
            return part.command.within.contains(PathText.name(name))
        }
    }

    /// What could be kept so that the same is not asked again; nil where nothing may be.
    ///
    /// Words that say what is run, such as `npm install`, become a prefix, one for each command that is asked about.
    /// Everything else is kept as the whole command line, with the files that it depends on.
    package func rememberable(argv: [String], cwd: String, files: [BoundFile]) -> [GrantRule]? {
        guard isGrantable else { return nil }
        let whole = [GrantRule.exact(ExactCommand(argv: argv, cwd: cwd, files: files))]
        guard analysis.doubts.isEmpty, analysis.extras.isEmpty else { return whole }
        var rules: [GrantRule] = []
        for part in parts where part.isOpen {
            guard part.command.extras.isEmpty, isPlainlyStarted(part),
                let words = part.command.argv.flatMap(PrefixWords.of)
            else {
                return whole
            }
            let rule = GrantRule.prefix(words)
            if !rules.contains(rule) { rules.append(rule) }
        }
        return rules.isEmpty ? whole : rules
    }
}
