import Basics
import Engine
import Policy
import TestSupport
import Testing
import Wire

@testable import Engine

/// Grants for what the sandbox refused a command.
@Suite struct DenialOfferTests {
    private let command = Effect.runCommand(argv: ["touch", "/srv/f"], display: "touch /srv/f", cwd: "/w")

    private func denial(
        _ root: String?, certainty: EffectDenial.Certainty = .confirmed
    ) -> EffectDenial {
        EffectDenial(
            .write, .path("\(root ?? "/x")/f"), certainty: certainty,
            verdict: Verdict(.deny, rule: "sandbox_mode", origin: .builtIn, reason: "outside"), root: root)
    }

    private func with(
        _ reviewer: ScriptedReviewer, approval: ApprovalPolicy = .onRequest,
        _ body: (ApprovalBench, String) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            let path = try #require(PosixFile.canonical(folder.path))
            try await body(try ApprovalBench(in: path, reviewer: reviewer, approval: approval), path)
        }
    }

    @Test func aYesCountsInItsScope() async throws {
        for (scope, next) in [(Grant.Scope.session, 1), (.project, 1), (.once, 0)] {
            let reviewer = ScriptedReviewer.always(.approve(scope))
            try await with(reviewer) { bench, root async throws in
                #expect(try await bench.gate.offer([denial(root)], of: command, item: "i") == [root])
                #expect(try bench.book.writableRoots(forRunning: ["touch", "/srv/f"], in: "/w") == [root])
                #expect(try bench.book.writableRoots(forRunning: ["touch", "/srv/f"], in: "/w").count == next)
                #expect(bench.storage.all.map(\.rule) == (scope == .project ? [.writes(root: root)] : []))
                #expect(bench.records.map(\.answer.decision) == [.approve(scope)])
                let request = try #require(reviewer.requests.first)
                #expect(request.effect == .access(.write, .path(root)))
                #expect(request.offers.map(\.scope) == [.once, .session, .project])
                #expect(request.reach == EffectReach(commands: ["touch /srv/f"], writes: [root]))
            }
        }
    }

    @Test func aGrantForOnceIsForThisVeryCommand() async throws {
        try await with(.always(.approve(.once))) { bench, root async throws in
            _ = try await bench.gate.offer([denial(root)], of: command, item: "i")
            #expect(try bench.book.writableRoots(forRunning: ["rm", "/srv/f"], in: "/w") == [])
            #expect(try bench.book.writableRoots(forRunning: ["touch", "/srv/f"], in: "/elsewhere") == [])
            #expect(try bench.book.writableRoots(forRunning: ["touch", "/srv/f"], in: "/w") == [root])
        }
    }

    @Test func aNoIsNotAskedAboutAgain() async throws {
        let reviewer = ScriptedReviewer.always(.deny)
        try await with(reviewer) { bench, root async throws in
            for _ in 0..<3 { #expect(try await bench.gate.offer([denial(root)], of: command, item: "i") == []) }
            #expect(reviewer.requests.count == 1)
            #expect(try bench.book.writableRoots(forRunning: ["touch", "/srv/f"], in: "/w") == [])
        }
    }

    /// The agent can make a command print anything.
    @Test func onlyAPersonIsAskedAndOnlyAboutWhatIsCertainAndGrantable() async throws {
        for approver in [Approver.autoReview, .command] {
            let reviewer = ScriptedReviewer(approver) { _, _ in ApprovalAnswer(.approve(.session)) }
            try await with(reviewer) { bench, root async throws in
                #expect(try await bench.gate.offer([denial(root)], of: command, item: "i") == [])
                #expect(reviewer.requests.isEmpty)
            }
        }
        let reviewer = ScriptedReviewer.always(.approve(.session))
        try await with(reviewer) { bench, root async throws in
            let denials = [denial(nil), denial(root, certainty: .inferred)]
            #expect(try await bench.gate.offer(denials, of: command, item: "i") == [])
        }
        try await with(reviewer, approval: .never) { bench, root async throws in
            #expect(try await bench.gate.offer([denial(root)], of: command, item: "i") == [])
        }
        #expect(reviewer.requests.isEmpty)
    }

    @Test func oneCommandIsAskedAboutInBounds() async throws {
        let reviewer = ScriptedReviewer.always(.deny)
        try await with(reviewer) { bench, root async throws in
            let denials = (0..<9).map { denial("\(root)/\($0)") } + [denial("\(root)/0")]
            #expect(try await bench.gate.offer(denials, of: command, item: "i") == [])
            #expect(reviewer.requests.count == 3)
        }
    }

    @Test func theTurnEndsWhereThePersonSaysSo() async throws {
        try await with(.always(.abort)) { bench, root async throws in
            await #expect(throws: LockgateError.self) {
                try await bench.gate.offer([denial(root)], of: command, item: "i")
            }
        }
    }
}
