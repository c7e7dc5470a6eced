import Basics
import Engine
import Policy
import TestSupport
import Testing
import Wire

/// What `lockgate explain -- CMD` says against what the gate does, on random policies, grants and commands.
@Suite(.timeLimit(.minutes(5))) struct ApprovalAgreementTests {
    private static let words = ["git", "push", "npm", "install", "rm", "make", "ls", "-f", "x"]
    private static let scripts = [
        "git push", "npm install x", "npm install; git push", "rm -f x", "make x", "ls $x", "sudo npm install x",
        "npm install > f", "a | git x", "eval $x", "$(rm)", "ls; x > f", "git -c a=b push", "cat x",
    ]

    private func rule(_ random: inout SeededGenerator, folder: String) -> GrantRule {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: .exact(ExactCommand(argv: ["bash", "-c", random.pick(Self.scripts)], cwd: folder))
        case 1: .prefix(random.pick([["npm", "install"], ["git", "push"], ["make"], ["rm", "-f"]]))
        default: .prefix([random.pick(Self.words)])
        }
    }

    @Test func aThousandTimesTheGateDoesWhatTheExplanationSays() async throws {
        try await TemporaryFolder.with { temporary in
            let folder = try #require(PosixFile.canonical(temporary.path))
            var random = SeededGenerator(seed: 23)
            for round in 0..<1000 {
                let rules = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    let pattern = (0...Int.random(in: 0...1, using: &random)).map { _ in
                        "\"\(random.pick(Self.words))\""
                    }
                    return "prefix_rule(pattern=[\(pattern.joined(separator: ", "))], decision=\""
                        + random.pick(["allow", "prompt", "prompt", "forbidden"]) + "\")"
                }.joined(separator: "\n")
                let storage = MemoryGrants()
                let kept = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    Grant(
                        scope: .project, rule: rule(&random, folder: folder),
                        project: random.oneIn(4) ? ProjectIdentity(root: "/other", inode: 1) : ApprovalBench.project,
                        expires: random.oneIn(4) ? WallTime(milliseconds: 1) : WallTime(milliseconds: .max / 2))
                }
                try storage.add(kept)
                let session =
                    random.oneIn(2)
                    ? []
                    : [
                        Grant(scope: .session, rule: rule(&random, folder: folder), project: ApprovalBench.project)
                    ]
                let reviewer = ScriptedReviewer.always(.deny)
                let bench = try ApprovalBench(
                    in: folder, reviewer: reviewer, approval: random.pick(ApprovalPolicy.allCases), rules: rules,
                    storage: storage, session: session)
                let argv = ["bash", "-c", random.pick(Self.scripts)]

                let explained = try bench.book.completing(bench.gate.policy).decision(onCommand: argv, in: folder)
                let refusal = try await bench.run(argv: argv)
                let asked = !reviewer.requests.isEmpty
                switch explained.verdict.decision {
                case .allow: #expect(refusal == nil && !asked, "\(round): \(rules) \(argv)")
                case .ask: #expect(refusal?.decision == .deny && asked, "\(round): \(rules) \(argv)")
                case .deny: #expect(refusal == explained.verdict && !asked, "\(round): \(rules) \(argv)")
                }
                if let refusal { #expect(refusal.rule == explained.verdict.rule) }
                #expect(bench.records.flatMap(\.grants) == (asked ? [] : explained.grants), "\(round)")
            }
        }
    }
}
