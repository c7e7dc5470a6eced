import Wire

/// How refusals and sensitive changes read on a terminal: one calm line each, with what would allow it.
extension TerminalStyle {
    func lines(for denials: [EffectDenial]) -> [String] {
        denials.map { denial in
            let verdict = denial.verdict
            let known = denial.isCertain ? red("refused:") : yellow("refused, probably:")
            let grant = verdict.grant.map { " · to allow: \($0)" } ?? ""
            return "  \(known) \(Self.harmless(denial.summary)): \(Self.harmless(verdict.reason))"
                + dim(Self.harmless(" · rule \(verdict.rule) (\(verdict.origin))\(grant)"))
        }
    }

    /// Who let an effect through; nil for a no, which is told as a refusal.
    func line(for record: ApprovalRecord) -> String? {
        guard case .approve(let scope) = record.answer.decision else { return nil }
        let who = record.approver == .grant ? "granted before" : "approved by \(record.approver.rawValue)"
        let kept = record.grants.map(\.id).joined(separator: ", ")
        let message = record.answer.message.isEmpty ? "" : ": \(record.answer.message)"
        return dim(Self.harmless("  \(who), \(scope.rawValue)\(kept.isEmpty ? "" : " (\(kept))")\(message)"))
    }

    func lines(for changes: [SensitiveChange]) -> [String] {
        changes.map { change in
            "  \(yellow("look:")) \(change.kind.rawValue) \(Self.harmless(change.path))\(dim(" · \(change.runner) would run or obey it"))"
        }
    }

    /// What to look at before anything outside the sandbox is used on the project again; empty without changes.
    func summary(of changes: [SensitiveChange]) -> [String] {
        guard !changes.isEmpty else { return [] }
        var latest: [String: SensitiveChange] = [:]
        for change in changes { latest[change.path] = change }
        let paths = latest.keys.sorted()
        let head = "\(yellow("look before you go on:")) what programs run by themselves has changed (\(paths.count))"
        return [head] + lines(for: paths.prefix(20).compactMap { latest[$0] })
    }
}
