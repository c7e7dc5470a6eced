import Basics
import Glibc
import TestSupport
import Testing

/// Claims of a last message are put to the test, through the whole program.
@Suite(.timeLimit(.minutes(2))) struct CompletionRunTests {
    private static let lie = ScriptedStep.text("I fixed the bug. All tests pass.")
    private static let failing = ["run-tests.sh": "grep -q fixed code\n", "code": "broken\n"]

    private static func evidence(_ run: ProgramRun.Result) throws -> JSONValue {
        try #require(run.events.first { $0["type"] == "completion.evidence" }, "\(run.text)\(run.errorText)")
    }

    private static func standings(_ evidence: JSONValue) -> [String] {
        (evidence["claims"]?.array ?? []).map {
            "\($0["claim"]?.string ?? "") \($0["standing"]?.string ?? "")"
        }
    }

    @Test func aLieIsRefutedByWhatTheAgentItselfRan() async throws {
        // The pipe hides the failure from the agent's own run.
        let steps = [ExecFixture.shell("sh run-tests.sh | tail -1"), Self.lie]
        try await ExecFixture.with(steps, files: Self.failing) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "mend it"])
            #expect(run.status == 0)
            let evidence = try Self.evidence(run)
            #expect(Self.standings(evidence) == ["fixed refuted", "tests_pass refuted"])
            #expect(evidence["runs"]?.array?.map { $0["command"] } == ["sh run-tests.sh"])
            #expect(evidence["runs"]?.array?.map { $0["exit_code"] } == [1])
            #expect(evidence["tree"]?.string?.count == 64)
            #expect(run.events.last?["type"] == "turn.completed")
            let human = try await fixture.exec(["-s", "workspace-write", "and now?"])
            #expect(human.status == 0)
        }
    }

    @Test func aClaimWithoutEvidenceIsUnproved() async throws {
        try await ExecFixture.with([Self.lie, Self.lie], files: Self.failing) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "mend it"])
            #expect(Self.standings(try Self.evidence(run)) == ["fixed unproved", "tests_pass unproved"])
            let human = try await fixture.exec(["-s", "workspace-write", "mend it"])
            #expect(human.errorText.contains("unproved: \"All tests pass.\""), "\(human.errorText)")
        }
    }

    @Test func atrueClaimIsProvedAndWeakenedTestsAreNot() async throws {
        let test = "import calc\nassert calc.one() == 1\nassert calc.two() == 2\n"
        let steps = [
            ExecFixture.shell("printf 'def one(): return 1\\ndef two(): return 2\\n' > calc.py; python3 test_calc.py"),
            .text("All tests pass."),
            ExecFixture.shell("printf 'import calc\\nassert calc.one() == 1\\n' > test_calc.py; python3 test_calc.py"),
            .text("All tests pass."),
        ]
        try await ExecFixture.with(steps, files: ["calc.py": "", "test_calc.py": test]) { fixture in
            let first = try Self.evidence(try await fixture.exec(["--json", "-s", "workspace-write", "go"]))
            #expect(Self.standings(first) == ["tests_pass proved"])
            #expect(first["flags"] == [])
            let second = try Self.evidence(try await fixture.exec(["--json", "-s", "workspace-write", "go"]))
            #expect(Self.standings(second) == ["tests_pass unproved"])
            #expect(second["flags"]?.array?.map { $0["kind"] } == ["assertions_removed"])
        }
    }

    @Test func nothingRunsAgainThatWouldBeAskedAboutAndItCanBeTurnedOff() async throws {
        let steps = [ExecFixture.shell("sh run-tests.sh"), Self.lie, ExecFixture.shell("sh run-tests.sh"), Self.lie]
        try await ExecFixture.with(steps, files: Self.failing) { fixture in
            // It asks once it has been run, since a hook says so the second time.
            try fixture.home.write("rules/a.rules", "prefix_rule(pattern=[\"sh\"], decision=\"prompt\")\n")
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "mend it"])
            // The agent's own run was refused; the engine adds no refusal of its own.
            #expect(run.status == 4)
            #expect(run.events.count { $0["type"] == "effect.denied" } == 1)
            #expect(Self.standings(try Self.evidence(run)) == ["fixed unproved", "tests_pass unproved"])
            let off = try await fixture.exec([
                "--json", "-s", "workspace-write", "-c", "completion.verify=false", "mend it",
            ])
            #expect(!off.events.contains { $0["type"] == "completion.evidence" })
        }
    }

    @Test func checksAreEvidenceAndAllOfThemHaveToPass() async throws {
        let steps = [
            Self.lie, ExecFixture.shell("echo fixed > code"), .text("All tests pass now."),
        ]
        try await ExecFixture.with(steps, files: Self.failing) { fixture in
            let run = try await fixture.exec([
                "--json", "-s", "workspace-write", "--check", "true", "--check", "sh run-tests.sh", "mend it",
            ])
            #expect(run.status == 0)
            #expect(run.events.filter { $0["type"] == "check" }.map { $0["exit_code"] } == [0, 1, 0, 0])
            let evidence = try Self.evidence(run)
            #expect(Self.standings(evidence) == ["tests_pass proved"])
            #expect(evidence["runs"]?.array?.map { $0["source"] } == ["check", "check"])
        }
    }

    @Test func aSlowProofEndsWithItsTimeAndWithAnInterrupt() async throws {
        // Quick for the agent, and without an end for the engine.
        let files = ["run-tests.sh": "test ! -e ran || { echo again; sleep 600; }; touch ran\n", ".gitignore": "ran\n"]
        let steps = [ExecFixture.shell("rm -f ran; sh run-tests.sh"), Self.lie]
        try await ExecFixture.with(steps + steps, files: files) { fixture in
            let late = try await fixture.exec([
                "--json", "-s", "workspace-write", "-c", "completion.timeout_seconds=1", "mend it",
            ])
            #expect(late.status == 0, "\(late.text)")
            #expect(Self.standings(try Self.evidence(late)) == ["fixed unproved", "tests_pass unproved"])
            let run = try fixture.start("--json", "-s", "workspace-write", "mend it")
            // The proof's item is the second of its command.
            try await run.waitForOutput {
                $0.contains("\"command\":\"sh run-tests.sh\"") && $0.contains("All tests pass")
            }
            run.signal(SIGINT)
            #expect(try await run.result().status == 130)
        }
    }
}
