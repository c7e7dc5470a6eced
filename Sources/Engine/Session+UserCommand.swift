import Basics
import Journal
import Wire

/// Commands that the user runs in the session.
extension Session {
    /// Runs a command of the user's own through the same gate, checkpoint and sandbox as the model's; the model reads of
    /// it with the next prompt.
    package func runUserCommand(_ command: String) async -> TurnEnd {
        let begin = ContinuousClock.now
        let before = gate.tally
        budget.beginTurn()
        checkpoints?.open("!\(command)")
        do {
            try recordSettings()
            guard let check else { throw LockgateError("command.none", "this session runs no commands") }
            let outcome = try await withDeadline { [toolHost] in
                try await check.run(command, limit: .seconds(3600), outputBytes: 16_384, host: toolHost)
            }
            try await closeCheckpoint()
            if settings.smallModel == nil {
                try appendContextOnce()
                let text = "I ran this command myself:\n\(command)\n\n\(Self.words(outcome))"
                try append(ConversationItem(.user([.text(text)])), origin: .command)
            }
            let tally = gate.tally
            try journal.sync()
            try events.emit(
                .turnCompleted(
                    ThreadEvent.TurnSummary(
                        usage: usage, cost: cost, durationMilliseconds: (ContinuousClock.now - begin).milliseconds,
                        requests: 0, commands: tally.commands - before.commands,
                        denials: tally.denials - before.denials)))
            try? journal.seal()
            return .done("")
        } catch {
            _ = try? await closeCheckpoint()
            return fail(error)
        }
    }

    private static func words(_ outcome: CommandOutcome) -> String {
        switch outcome {
        case .exited(let code, let output): "Exit code \(code).\n\(output)"
        case .stopped(let output): "It was stopped.\n\(output)"
        case .refused(let reason): "It was not run: \(reason)"
        }
    }
}
