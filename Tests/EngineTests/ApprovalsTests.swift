import Basics
import Glibc
import Policy
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Engine

@Suite(.timeLimit(.minutes(5))) struct ApprovalsTests {
    private func bench(
        _ reviewer: (any Reviewer)?, approval: ApprovalPolicy = .untrusted, rules: String = "",
        storage: MemoryGrants = MemoryGrants(), session: [Grant] = [],
        _ body: (ApprovalBench) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            let path = try #require(PosixFile.canonical(folder.path))
            try await body(
                try ApprovalBench(
                    in: path, reviewer: reviewer, approval: approval, rules: rules, storage: storage, session: session))
        }
    }

    @Test func aYesForOnceRunsOnceAndIsAskedAgain() async throws {
        let reviewer = ScriptedReviewer.always(.approve(.once), message: "fine")
        try await bench(reviewer) { bench async throws in
            #expect(try await bench.run("touch x") == nil)
            #expect(try await bench.run("touch x") == nil)
            #expect(reviewer.requests.count == 2)
            let record = try #require(bench.records.first)
            #expect(record.approver == .user)
            #expect(record.answer == ApprovalAnswer(.approve(.once), message: "fine"))
            #expect(record.request.verdict.decision == .ask)
            #expect(record.request.verdict.rule == "approval_policy = \"untrusted\"")
            #expect(record.request.reach.commands == ["touch x"])
            #expect(bench.gate.tally.commands == 2 && bench.gate.tally.denials == 0)
            #expect(try bench.book.active().isEmpty)
        }
    }

    @Test func aNoIsARefusalWithRuleOriginAndWords() async throws {
        try await bench(ScriptedReviewer.always(.deny, message: "not today")) { bench async throws in
            let verdict = try #require(try await bench.run("touch x"))
            #expect(verdict.decision == .deny)
            #expect(verdict.rule == "approval_policy = \"untrusted\"")
            #expect(verdict.reason == "no rule allows touch x; the user refused it: not today")
            #expect(bench.events.map(\.type) == ["approval", "effect.denied"])
        }
    }

    @Test func anAbortEndsTheTurn() async throws {
        try await bench(ScriptedReviewer.always(.abort)) { bench async throws in
            await #expect(throws: LockgateError.self) { try await bench.run("touch x") }
            #expect(bench.events.map(\.type) == ["approval", "effect.denied"])
        }
    }

    @Test func aReviewerThatFailsOrAnswersWhatWasNotOfferedHasSaidNo() async throws {
        struct Broken: Error {}
        let failing = ScriptedReviewer { _, _ in throw Broken() }
        try await bench(failing) { bench async throws in
            let verdict = try await bench.run("touch x")
            #expect(verdict?.reason.contains("no answer could be had") == true)
        }
        try await bench(ScriptedReviewer.always(.approve(.user))) { bench async throws in
            let verdict = try await bench.run("touch x")
            #expect(verdict?.reason.contains("was not offered") == true)
            #expect(bench.storage.all.isEmpty)
        }
    }

    @Test func withoutAReviewerTheAnswerIsNoAndIsShown() async throws {
        try await bench(nil) { bench async throws in
            let verdict = try await bench.run("touch x")
            #expect(verdict?.reason.hasSuffix("; nobody can be asked in this run") == true)
            #expect(bench.records.map(\.approver) == [.never])
        }
    }

    @Test func whatIsForbiddenOrRefusedByPolicyIsNeverPut() async throws {
        let reviewer = ScriptedReviewer.always(.approve(.once))
        let rules = "prefix_rule(pattern=[\"rm\"], decision=\"forbidden\")"
        try await bench(reviewer, rules: rules) { bench async throws in
            #expect(try await bench.run("rm x")?.decision == .deny)
            #expect(try await bench.run("sudo rm x; touch y")?.decision == .deny)
        }
        try await bench(reviewer, approval: .never, rules: "prefix_rule(pattern=[\"ls\"], decision=\"prompt\")") {
            bench async throws in
            #expect(try await bench.run("ls x")?.decision == .deny)
        }
        #expect(reviewer.requests.isEmpty)
    }

    @Test func onRequestAsksOnlyWhatRulesPromptFor() async throws {
        let reviewer = ScriptedReviewer.always(.deny)
        try await bench(
            reviewer, approval: .onRequest, rules: "prefix_rule(pattern=[\"git\", \"push\"], decision=\"prompt\")"
        ) { bench async throws in
            #expect(try await bench.run("touch x; rm -rf y") == nil)
            #expect(try await bench.run("git push")?.decision == .deny)
            #expect(reviewer.requests.count == 1)
        }
    }

    // MARK: Grants

    @Test func aGrantForTheSessionAnswersFromThenOn() async throws {
        let reviewer = ScriptedReviewer.always(.approve(.session))
        try await bench(reviewer) { bench async throws in
            for script in ["npm install a", "npm install b && ls", "cd x; npm install c"] {
                _ = try await bench.run(script)
            }
            #expect(reviewer.requests.map(\.reach.commands) == [["npm install a"], ["cd x", "npm install c"]])
            #expect(bench.records.map(\.approver) == [.user, .grant, .user])
            #expect(bench.storage.all.isEmpty)
            let grant = try #require(bench.records.first?.grants.first)
            #expect(grant.rule == .prefix(["npm", "install"]))
            #expect(grant.scope == .session && grant.expires == nil && grant.project == ApprovalBench.project)
            // A session that is gone on with finds it again, in its own project alone.
            let later = GrantBook(storage: MemoryGrants(), project: ApprovalBench.project, session: [grant])
            #expect(try later.active() == [grant])
            let elsewhere = GrantBook(
                storage: MemoryGrants(), project: ProjectIdentity(root: "/other", inode: 7), session: [grant])
            #expect(try elsewhere.active().isEmpty)
        }
    }

    @Test func aGrantForTheProjectIsKeptWithItsExpiry() async throws {
        let reviewer = ScriptedReviewer.always(.approve(.project))
        try await bench(reviewer) { bench async throws in
            #expect(try await bench.run("touch x") == nil)
            #expect(try await bench.run("touch x") == nil)
            #expect(reviewer.requests.count == 1)
            let kept = try #require(bench.storage.all.first)
            #expect(
                kept.rule
                    == .exact(
                        ExactCommand(
                            argv: ["/bin/bash", "-c", "touch x"], cwd: bench.folder,
                            files: reviewer.requests[0].offers[2].rules.first?.files ?? [])))
            #expect(kept.project == ApprovalBench.project)
            let days = try #require(kept.expires).milliseconds - kept.created.milliseconds
            #expect(abs(days - 30 * 86_400_000) < 60_000)
            // After that it counts no more, and neither in another folder that took the project's place.
            let expires = try #require(kept.expires)
            #expect(try bench.book.active(at: expires).isEmpty)
            let impostor = GrantBook(storage: bench.storage, project: ProjectIdentity(root: "/project", inode: 8))
            #expect(try impostor.active().isEmpty)
            // Revoked, it is asked again.
            bench.storage.state.withLock { $0 = [] }
            #expect(try await bench.run("touch x") == nil)
            #expect(reviewer.requests.count == 2)
        }
    }

    @Test func theUsersScopeIsOfferedForPrefixesAlone() async throws {
        let reviewer = ScriptedReviewer.always(.deny)
        try await bench(reviewer) { bench async throws in
            _ = try await bench.run("npm install x")
            _ = try await bench.run("touch x")
            #expect(
                reviewer.requests.map { $0.offers.map(\.scope) } == [
                    [.once, .session, .project, .user], [.once, .session, .project],
                ])
            #expect(reviewer.requests[0].offers[0].rules.isEmpty)
        }
    }

    @Test func aDamagedStoreLetsNothingThrough() async throws {
        try await bench(ScriptedReviewer.always(.approve(.once)), storage: MemoryGrants(isBroken: true)) {
            bench async throws in
            await #expect(throws: LockgateError.self) { try await bench.run("touch x") }
            #expect(bench.gate.tally.commands == 0)
        }
    }

    @Test func aChangeOfFilesIsAskedAboutWithItsDiffAndGrantedForItsFolder() async throws {
        let reviewer = ScriptedReviewer { _, number in
            ApprovalAnswer(number == 1 ? .deny : number == 2 ? .approve(.once) : .approve(.session))
        }
        try await bench(reviewer) { bench async throws in
            #expect(try await bench.change("a", "b", diff: "-x")?.reason.hasSuffix("the user refused it") == true)
            #expect(try await bench.change("a", diff: "-x") == nil)
            #expect(try await bench.change("a", diff: "-y") == nil)
            #expect(try await bench.change("c", diff: "-z") == nil)
            #expect(reviewer.requests.map(\.diff) == ["-x", "-x", "-y"])
            let request = try #require(reviewer.requests.first)
            #expect(request.reach.writes == ["\(bench.folder)/a", "\(bench.folder)/b"])
            #expect(request.offers.map(\.scope) == [.once, .session, .project])
            #expect(request.offers[1].rules == [.changes(root: bench.folder)])
            #expect(bench.records.map(\.approver) == [.user, .user, .user, .grant])
            // What the policy refuses is not put to anybody.
            #expect(try await bench.change(".git/config", diff: "")?.decision == .deny)
            #expect(reviewer.requests.count == 3)
        }
    }

    @Test func whatIsTypedIntoACommandIsAskedAboutUnderUntrusted() async throws {
        func type(_ input: String, _ bench: ApprovalBench) async throws -> Bool {
            let effect = Effect.writeInput(terminal: 3, bytes: input.utf8.count)
            let passage = try await bench.gate.pass(effect, item: nil, context: EffectContext(input: input)) {
                (0, [:])
            }
            if case .ran = passage { return true }
            return false
        }
        let reviewer = ScriptedReviewer { _, number in ApprovalAnswer(number == 1 ? .approve(.once) : .deny) }
        try await bench(reviewer) { bench async throws in
            #expect(try await type("", bench))
            #expect(try await type("\u{3}", bench))
            #expect(reviewer.requests.isEmpty)
            #expect(try await type("ls\n", bench))
            #expect(try await !type("rm\n", bench))
            #expect(try await !type("\u{3}\n", bench))
            #expect(reviewer.requests.map(\.input) == ["ls\n", "rm\n", "\u{3}\n"])
            #expect(reviewer.requests.allSatisfy { $0.offers == [.once] })
            #expect(Set(reviewer.requests.map(\.binding)).count == 3)
        }
        try await bench(reviewer, approval: .onRequest) { bench async throws in
            #expect(try await type("rm\n", bench))
        }
    }

    @Test func whatAStageBetweenAsksIsAnsweredByNoGrantAndCountsOnce() async throws {
        let reviewer = ScriptedReviewer { _, number in ApprovalAnswer(number < 3 ? .approve(.once) : .deny) }
        let grant = Grant(scope: .session, rule: .prefix(["npm", "install"]), project: ApprovalBench.project)
        try await bench(reviewer, session: [grant]) { bench async throws in
            let effect = Effect.runCommand(
                argv: ["npm", "install"], display: "npm install", cwd: bench.folder)
            func clear(_ judged: Verdict?) async throws -> Verdict {
                try await bench.approvals.clear(
                    effect, item: nil, context: EffectContext(), policy: bench.gate.policy, judged: judged
                ).verdict
            }
            let policys = try bench.approvals.verdict(on: effect, context: EffectContext(), policy: bench.gate.policy)
            #expect(policys.origin == grant.origin)
            #expect(try await clear(nil) == policys)
            #expect(reviewer.requests.isEmpty)
            let asked = Verdict(.ask, rule: "hook", origin: .builtIn, reason: "the hook asks")
            #expect(try await clear(asked) == Verdict(.allow, rule: "hook", origin: .builtIn))
            #expect(try await clear(asked).decision == .allow)
            #expect(try await clear(asked).decision == .deny)
            #expect(reviewer.requests.allSatisfy { $0.offers == [.once] && $0.verdict == asked })
            let refused = Verdict(.deny, rule: "hook", origin: .builtIn, reason: "no")
            #expect(try await clear(refused) == refused)
            #expect(reviewer.requests.count == 3)
        }
    }

    // MARK: Several questions

    @Test func equalQuestionsAreAskedOnceAndAnsweredTogether() async throws {
        let gate = AsyncStream<Void>.makeStream()
        let reviewer = ScriptedReviewer { _, _ in
            for await _ in gate.stream { break }
            return ApprovalAnswer(.approve(.once))
        }
        try await bench(reviewer) { bench async throws in
            try await withThrowingTaskGroup(of: Verdict?.self) { group in
                for _ in 0..<6 { group.addTask { try await bench.run("touch x") } }
                // Every one of them has to be at the question before it is answered.
                while await bench.waiting < 6 { await Task.yield() }
                gate.continuation.yield()
                for try await verdict in group { #expect(verdict == nil) }
            }
            #expect(reviewer.requests.count == 1)
            #expect(bench.gate.tally.commands == 6)
            #expect(bench.records.count == 6)
        }
    }

    @Test func differentQuestionsComeOneAfterTheOtherAndAGrantSparesTheNext() async throws {
        let open = Mutex((now: 0, most: 0))
        let reviewer = ScriptedReviewer { _, _ in
            open.withLock { open in
                open.now += 1
                open.most = max(open.most, open.now)
            }
            for _ in 0..<100 { await Task.yield() }
            open.withLock { $0.now -= 1 }
            return ApprovalAnswer(.approve(.session))
        }
        try await bench(reviewer) { bench async throws in
            try await withThrowingTaskGroup(of: Verdict?.self) { group in
                for name in ["a", "b", "c", "d"] { group.addTask { try await bench.run("npm install \(name)") } }
                for try await verdict in group { #expect(verdict == nil) }
            }
            #expect(open.withLock { $0.most } == 1)
            #expect(reviewer.requests.count == 1)
            #expect(bench.records.map(\.approver.rawValue).sorted() == ["grant", "grant", "grant", "user"])
        }
    }

    @Test func aCancelledTurnLeavesNoQuestionBehind() async throws {
        let asked = AsyncStream<Void>.makeStream()
        let reviewer = ScriptedReviewer { _, number in
            guard number == 1 else { return ApprovalAnswer(.approve(.once)) }
            asked.continuation.yield()
            try await Task.sleep(for: .seconds(3600))
            return ApprovalAnswer(.approve(.once))
        }
        try await bench(reviewer) { bench async throws in
            let turn = Task { try await bench.run("touch x") }
            for await _ in asked.stream { break }
            turn.cancel()
            await #expect(throws: CancellationError.self) { try await turn.value }
            #expect(bench.gate.tally.commands == 0)
            #expect(try await bench.run("touch x") == nil)
        }
    }
}

extension GrantRule {
    fileprivate var files: [BoundFile]? { if case .exact(let command) = self { command.files } else { nil } }
}
