import Wire

extension TerminalStyle {
    /// What became of a turn's claims, for its end.
    func lines(for evidence: CompletionEvidence) -> [String] {
        evidence.claims.map { claim in
            let mark =
                switch claim.standing {
                case .proved: green("proved:")
                case .refuted: red("REFUTED:")
                case .unproved: yellow("unproved:")
                }
            let text = claim.text.count > 80 ? claim.text.prefix(79) + "…" : Substring(claim.text)
            return "\(mark) \"\(Self.harmless(String(text)))\"" + dim(" · \(Self.harmless(claim.reason))")
        }
            + evidence.flags.map { flag in
                "\(yellow("look at:")) \(Self.harmless(flag.path))" + dim(" · \(flag.kind.words): \(flag.detail)")
            }
    }
}

extension CompletionEvidence.Flag.Kind {
    fileprivate var words: String {
        switch self {
        case .testsRemoved: "tests removed"
        case .testsSkipped: "tests skipped"
        case .assertionsRemoved: "assertions removed"
        case .ci: "CI"
        case .auth: "authentication"
        case .lockFile: "locked versions"
        }
    }
}
