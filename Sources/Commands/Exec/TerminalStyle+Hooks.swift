import Wire

extension TerminalStyle {
    /// What a person sees of a hook's run: nothing of one that had nothing to say.
    func lines(for run: HookRun) -> [String] {
        let name = Self.harmless(run.name)
        var lines: [String] = []
        if let failure = run.failure {
            let effect = run.verdict == .block ? "which blocks" : "and is ignored"
            lines.append(
                "\(red("hook")) \(run.event.rawValue) \(name) failed, \(effect): \(Self.harmless(failure.message))")
        } else if run.verdict != .pass {
            let reason = run.reason.map { ": \(Self.harmless($0))" } ?? ""
            lines.append("\(yellow("hook")) \(run.event.rawValue) \(name): \(run.verdict.rawValue)\(reason)")
        }
        if let message = run.message { lines.append("\(yellow("!")) \(Self.harmless(message))") }
        return lines
    }
}
