import Basics
import Glibc
import TestSupport
import Testing
import Wire

/// Several attempts at one task, through the whole program.
@Suite(.timeLimit(.minutes(2))) struct AttemptsRunTests {
    /// Answers by what the request says of its attempt, since attempts run side by side.
    private static func answer(_ request: CapturedRequest, _ work: (Int) -> String) -> ScriptedStep {
        let text = String(decoding: request.bytes, as: UTF8.self)
        if text.contains("function_call_output") { return .text("All tests pass.") }
        let number = (1...9).first { text.contains("-\($0)</cwd>") } ?? 0
        return ExecFixture.shell(work(number))
    }

    static func with(
        _ work: @escaping @Sendable (Int) -> String, _ body: (ExecFixture) async throws -> Void
    ) async throws {
        try await withScriptedModel(answering: { request, _ in answer(request, work) }) { server in
            try await GitRepository.with(["code": "broken\n"]) { repository in
                try await TemporaryFolder.with { home in
                    try home.write(
                        "config.toml",
                        """
                        model = "scripted"
                        model_provider = "lab"
                        [prices.scripted]
                        input = 1
                        output = 1
                        [model_providers.lab]
                        base_url = "\(server.baseURL)"
                        wire_api = "responses"
                        env_key = "LAB_KEY"
                        """)
                    try await body(
                        ExecFixture(repository: repository, home: home, server: server, dialect: .responses))
                }
            }
        }
    }

    @Test func ofFourThePassingOneIsPickedAndCanBeApplied() async throws {
        try await Self.with({ $0 == 3 ? "echo fixed > code" : "echo try-\($0) > code" }) { fixture in
            let run = try await fixture.exec([
                "--json", "-s", "workspace-write", "--attempts", "4", "--check", "grep -q fixed code",
                "--check-attempts", "1", "mend it",
            ])
            #expect(run.status == 0, "\(run.text)\(run.errorText)")
            let end = try #require(run.events.last)
            #expect(end["type"] == "attempts.completed" && end["picked"] == 3)
            let rows = (end["attempts"]?.array ?? []).map {
                "\($0["attempt"]?.int ?? 0) \($0["standing"]?.string ?? "") \($0["checks_passed"]?.int ?? -1) \($0["changed_lines"]?.int ?? -1)"
            }
            #expect(rows == ["1 failed 0 2", "2 failed 0 2", "3 passed 1 2", "4 failed 0 2"])
            #expect(try fixture.repository.folder.text("code") == "broken\n")
            let shown = try await fixture.lockgate("attempts")
            #expect(shown.text.contains("\n*  3"), "\(shown.text)\(shown.errorText)")
            let applied = try await fixture.lockgate("apply", "--attempt", "3", "--yes")
            #expect(applied.status == 0, "\(applied.errorText)")
            #expect(try fixture.repository.folder.text("code") == "fixed\n")
        }
    }

    @Test func ofThosePassingTheSmallestChangeIsPicked() async throws {
        try await Self.with({ $0 == 1 ? "echo fixed > code; seq 9 > more" : "echo fixed > code" }) { fixture in
            let run = try await fixture.exec([
                "-s", "workspace-write", "--attempts", "2", "--check", "grep -q fixed code", "mend it",
            ])
            #expect(run.status == 0 && run.text == "All tests pass.\n", "\(run.errorText)")
            #expect(run.errorText.contains("\n*  2"), "\(run.errorText)")
        }
    }

    @Test func ofAKilledRunNothingIsLost() async throws {
        try await Self.with({ "echo fixed-\($0) > code" }) { fixture in
            let arguments = [
                "--json", "-s", "workspace-write", "--check", "grep -q fixed code", "--attempts", "3", "go",
            ]
            let before = try fixture.repository.git("status", "--porcelain")
            for lines in 1...7 {
                let run = try ProgramRun(
                    "lockgate", ["exec"] + arguments, in: fixture.repository.path, environment: fixture.environment,
                    scratch: fixture.home)
                // Killed while worktrees are made, while attempts run, and between their ends.
                if lines > 1 { try await run.waitForOutput { $0.split(separator: "\n").count >= lines - 1 } }
                run.signal(SIGKILL)
                let printed = try await run.result().events
                #expect(try fixture.repository.git("status", "--porcelain") == before)
                #expect(try fixture.repository.folder.text("code") == "broken\n")
                guard lines > 1 else { continue }
                let shown = try await fixture.lockgate("attempts", "--json")
                let group = try JSONValue(parsing: shown.output)
                #expect(
                    group["ended"] == false && group["attempts"]?.array?.count == 3, "\(shown.text)\(shown.errorText)")
                for ended in printed where ended["type"] == "attempt.completed" {
                    let number = try #require(ended["attempt"]?.int)
                    #expect(group["attempts"]?.array?[number - 1]["standing"] == "passed")
                }
            }
            let run = try await fixture.exec(arguments)
            #expect(run.status == 0, "\(run.text)\(run.errorText)")
            let applied = try await fixture.lockgate("apply", "--attempt", "2", "--yes")
            #expect(applied.status == 0, "\(applied.text)\(applied.errorText)")
            #expect(try fixture.repository.folder.text("code") == "fixed-2\n")
            let mixed = try await fixture.lockgate("apply", "--attempt", "2", "code", "--yes")
            #expect(mixed.status == 2, "\(mixed.errorText)")
            // What was left can be removed like any other.
            let removed = try await fixture.lockgate("worktree", "gc", "--days", "0")
            #expect(removed.status == 0, "\(removed.errorText)")
            _ = try fixture.repository.git("fsck", "--full", "--strict")
        }
    }

    @Test func theBudgetIsSharedAndNothingPassesWithoutAnyCheck() async throws {
        try await Self.with({ _ in "echo fixed > code" }) { fixture in
            let unchecked = try await fixture.exec(["--attempts", "2", "mend it"])
            #expect(unchecked.status == 2, "\(unchecked.errorText)")
            // One command for all of them.
            let run = try await fixture.exec([
                "--json", "-s", "workspace-write", "--attempts", "3", "--budget", "commands=1", "--check", "false",
                "mend it",
            ])
            #expect(run.status == 3, "\(run.text)")
            #expect(run.events.last?["picked"] == .null)
            let commands = fixture.server.requests.count {
                String(decoding: $0.bytes, as: UTF8.self).contains("budget of 1 commands")
            }
            #expect(commands <= 3)
        }
    }
}
