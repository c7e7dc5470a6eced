import Wire

extension TerminalStyle {
    /// What waits in the session's stage, and the commands that show and apply it.
    func lines(for staged: StagedSummary?) -> [String] {
        guard let staged else { return [] }
        let files = "\(staged.changed) file\(staged.changed == 1 ? "" : "s") staged, none applied"
        let what = staged.repositoryChanged ? "\(files); the repository too" : files
        var lines = [dim("\(what) · see: \(staged.diffCommand) · apply: \(staged.applyCommand)")]
        if !staged.held.isEmpty {
            let names = staged.held.prefix(5).map(Self.harmless).joined(separator: ", ")
            lines.append(
                yellow("held back") + dim(" until named, since something runs or obeys them: \(names)")
                    + dim(staged.held.count > 5 ? " and \(staged.held.count - 5) more" : ""))
        }
        if !staged.leftOut.isEmpty {
            lines.append(dim("not applicable: \(staged.leftOut.prefix(5).map(Self.harmless).joined(separator: "; "))"))
        }
        return lines
    }
}
