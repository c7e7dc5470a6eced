import Basics
import Wire

/// Puts the claims of a turn's last message to the test, on the tree that the turn leaves.
extension Session {
    /// More commands of the agent's are not run again.
    private static let maximumReruns = 3

    /// Runs what can prove or refute the last message; nil where claims are not put to the test.
    ///
    /// The checks have just run. Without any, the test commands that the agent itself ran in this turn run again, each
    /// without the rest of its line, through the gate. What would have to be asked about does not run.
    /// - Throws: `CancellationError`, `journal.unwritable`.
    func evidence(for outcome: TurnMachine.Outcome) async throws -> CompletionEvidence? {
        guard let limit = settings.proofLimit, case .done(let message) = outcome else { return nil }
        let found = ClaimClassifier.claims(in: message)
        var evidence = CompletionEvidence(runs: lastChecks)
        var obstacles: [String] = []
        if lastChecks.isEmpty, !found.isEmpty {
            let kinds = Set(found.map { $0.kind == .buildSucceeds ? TestCommand.Kind.build : .tests })
            (evidence.runs, obstacles) = try await rerun(kinds, within: limit)
        }
        for (kind, text) in found {
            evidence.claims.append(Self.judge(kind, text, evidence.runs, obstacles))
        }
        return evidence
    }

    private static func judge(
        _ kind: CompletionEvidence.Claim.Kind, _ text: String, _ runs: [CompletionEvidence.Run], _ obstacles: [String]
    ) -> CompletionEvidence.Claim {
        let numbers = Array(runs.indices)
        var claim = CompletionEvidence.Claim(
            kind: kind, text: text, standing: .unproved, reason: "nothing was run in this turn that could tell",
            runs: numbers)
        if let failed = runs.first(where: { $0.exitCode != 0 }) {
            claim.standing = .refuted
            claim.reason = "`\(failed.command)` exits with \(failed.exitCode) on the resulting tree"
        } else if let obstacle = obstacles.first {
            claim.reason = obstacle
        } else if let last = runs.last {
            claim.standing = .proved
            claim.reason = "`\(last.command)` exits with 0 on the resulting tree"
        }
        return claim
    }

    /// Runs the agent's test commands again, the latest first.
    private func rerun(
        _ kinds: Set<TestCommand.Kind>, within limit: Duration
    ) async throws -> ([CompletionEvidence.Run], obstacles: [String]) {
        guard let check else { return ([], []) }
        var lines: [String] = []
        for command in gate.takeCommands().reversed() {
            for test in TestCommand.find(argv: command.argv, cwd: command.cwd) where kinds.contains(test.kind) {
                let line = test.line(from: settings.cwd)
                if !lines.contains(line) { lines.append(line) }
            }
        }
        var host = toolHost
        host.asks = false
        let end = ContinuousClock.now + min(limit, timeLeft)
        var runs: [CompletionEvidence.Run] = []
        var obstacles: [String] = []
        for line in lines.prefix(Self.maximumReruns) {
            let begin = ContinuousClock.now
            guard begin < end else {
                obstacles.append("there was no time left to run `\(line)` again")
                break
            }
            switch try await check.run(line, limit: end - begin, outputBytes: 2000, host: host) {
            case .exited(let code, _):
                let milliseconds = (ContinuousClock.now - begin).milliseconds
                runs.append(.init(command: line, source: .agent, exitCode: code, milliseconds: milliseconds))
            case .stopped:
                obstacles.append("`\(line)` did not end in the time that completion.timeout_seconds and budgets leave")
            case .refused:
                obstacles.append("`\(line)` was not run again: it would have to be asked about, or is refused")
            }
        }
        return (runs, obstacles)
    }

    /// What the budgets in seconds leave.
    private var timeLeft: Duration {
        let gone = ContinuousClock.now - started
        let limits = [budget.seconds(.turn), budget.seconds(.session)].compactMap(\.self)
        return limits.map { .milliseconds(Int($0.amount * 1000)) - gone }.min() ?? .seconds(86_400)
    }

    /// Adds what only the checkpoints tell: the tree, and changes that make a passing check worth less.
    func complete(_ evidence: inout CompletionEvidence?, _ checkpoint: TurnCheckpoint?) async throws {
        guard evidence != nil, let checkpoint else { return }
        evidence?.tree = checkpoint.after
        guard !checkpoint.isUnchanged, let checkpoints else { return }
        let files = try await checkpoints.changedFiles(of: checkpoint) { TestDiff.concerns($0) }
        let flags = TestDiff.flags(files)
        evidence?.flags = flags
        let weakened = flags.filter { [.testsRemoved, .testsSkipped, .assertionsRemoved].contains($0.kind) }
        guard let first = weakened.first, let claims = evidence?.claims else { return }
        for index in claims.indices where claims[index].standing == .proved {
            evidence?.claims[index].standing = .unproved
            evidence?.claims[index].reason += ", with weaker tests: \(first.path): \(first.detail)"
        }
    }
}
