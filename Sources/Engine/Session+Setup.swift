import Wire

/// What has to be done before a session's first turn.
extension Session {
    /// The longest that a set-up may take: half an hour.
    private static let setupLimit = Duration.seconds(1800)

    /// Runs the set-up of a new worktree through the gate, as any other command.
    ///
    /// - Throws: `worktree.setup_failed` when it does not succeed; nothing is sent to a model then.
    func runSetup() async throws {
        guard let command = settings.setup, let check else { return }
        let outcome = try await check.run(command, limit: Self.setupLimit, outputBytes: 4000, host: toolHost)
        let reason: String
        switch outcome {
        case .exited(code: 0, _): return
        case .exited(let code, let output): reason = "it exits with \(code): \(output.suffix(500))"
        case .stopped: reason = "it took longer than half an hour"
        case .refused(let text): reason = text
        }
        throw LockgateError(
            "worktree.setup_failed", "worktree.setup (\(command)) did not succeed: \(reason)",
            remedy: "mend it, or run without it: -c worktree.setup=true")
    }
}
