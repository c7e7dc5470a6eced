import Basics
import Glibc
import TestSupport
import Testing
import Wire

/// Recorded sessions run again from their record alone.
@Suite(.timeLimit(.minutes(10))) struct ReplayRunTests {
    private static func lockgate(_ fixture: ExecFixture, _ arguments: [String]) async throws -> ProgramRun.Result {
        // No key, and no model that answers.
        var environment = fixture.environment
        environment["LAB_KEY"] = nil
        return try await ProgramRun.run(
            "lockgate", arguments, in: fixture.repository.path, environment: environment, scratch: fixture.home)
    }

    /// Records everything anew: `LOCKGATE_RECORD_SESSIONS=FOLDER`. Slow, so that kept samples stand for it otherwise.
    @Test(.enabled(if: getenv("LOCKGATE_RECORD_SESSIONS") != nil), arguments: ReplayScenario.all.map(\.name))
    func anySessionReplays(_ name: String) async throws {
        let folder = getenv("LOCKGATE_RECORD_SESSIONS").map { String(cString: $0) } ?? ""
        let scenario = try #require(ReplayScenario.all.first { $0.name == name })
        try await scenario.record { fixture in
            let journal = try #require(fixture.journals.first { $0.hasSuffix(".jsonl") })
            let run = try await Self.lockgate(fixture, ["replay", journal, "--save-test", "\(folder)/\(name)"])
            #expect(run.status == 0, "\(name): \(run.errorText)\(run.text)")
        }
    }

    @Test func whatAModelWantedRunsAgainInAStageAndDifferencesAreTold() async throws {
        let steps = [
            ExecFixture.shell("cat input"), ExecFixture.shell("echo by command > made; exit 3"),
            .call("write_file", ["path": "new", "content": "x\n"]), .text("Done."),
        ]
        try await ExecFixture.with(steps, files: ["input": "one\n"]) { fixture in
            _ = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            for name in ["made", "new"] { unlink("\(fixture.repository.path)/\(name)") }
            let journal = try #require(fixture.journals.first { $0.hasSuffix(".jsonl") })
            let same = try await Self.lockgate(fixture, ["replay", journal, "--execute"])
            #expect(same.status == 0, "\(same.text)\(same.errorText)")
            #expect(same.text.contains("3 of 3 actions came out the same"), "\(same.text)")
            for name in ["made", "new"] { #expect(!PosixFile.exists("\(fixture.repository.path)/\(name)")) }
            #expect(PosixFile.list("\(fixture.home.path)/stages").isEmpty)

            try fixture.repository.folder.write("input", "two\n")
            let other = try await Self.lockgate(fixture, ["replay", journal, "--execute", "--json"])
            #expect(other.status == 1, "\(other.text)\(other.errorText)")
            let run = try JSONValue(parsing: other.output)
            #expect(run["actions"]?.array?.map { $0["differs_in"] } == [["aggregated_output"], [], []])
            #expect(run["actions"]?[0]?["now"]?["aggregated_output"] == "two\n")
            #expect(fixture.server.requests.count == 4)
        }
    }

    @Test func aTurnIsAskedAgainOfAnotherModelInAForkBeforeIt() async throws {
        let steps: [ScriptedStep] = [.text("One."), .text("Two."), .text("Another two."), .text("Another one.")]
        try await ExecFixture.with(steps) { fixture in
            _ = try await fixture.exec(["--json", "first"])
            _ = try await fixture.exec(["--json", "resume", "--last", "second"])
            let journal = try #require(fixture.journals.first { $0.hasSuffix(".jsonl") })
            let recorded = try PosixFile.read(journal, limit: 1 << 20)
            let id = String(PathText.name(journal).dropLast(".jsonl".count))
            func ask(_ arguments: [String]) async throws -> ProgramRun.Result {
                try await ProgramRun.run(
                    "lockgate", ["replay", id] + arguments, in: fixture.repository.path,
                    environment: fixture.environment, scratch: fixture.home)
            }
            let second = try await ask(["--from", "2", "--model", "other-model", "--json"])
            #expect(second.status == 0, "\(second.errorText)\(second.text)")
            #expect(second.text.contains("Another two."))
            let request = try #require(fixture.server.requests.last?.body)
            #expect(request["model"] == "other-model")
            #expect(request.text.contains("first") && request.text.contains("One.") && request.text.contains("second"))
            #expect(!request.text.contains("Two."))
            let first = try await ask(["--from", "1", "-m", "other-model"])
            #expect(first.status == 0 && first.text.contains("Another one."), "\(first.errorText)")
            #expect(fixture.server.requests.last?.body.text.contains("second") == false)
            #expect(try await ask(["--from", "3", "-m", "other-model"]).errorText.contains("has 2 turns"))
            #expect(try PosixFile.read(journal, limit: 1 << 20) == recorded)
        }
    }

    @Test func aSessionReplaysIsKeptAsATestAndIsJudgedByAnotherPolicy() async throws {
        let scenario = try #require(ReplayScenario.all.first { $0.name == "patches" })
        try await scenario.record { fixture in
            let requests = fixture.server.requests.count
            let journal = try #require(fixture.journals.first { $0.hasSuffix(".jsonl") })
            let run = try await Self.lockgate(fixture, ["replay", journal, "--json"])
            #expect(run.status == 0, "\(run.text)\(run.errorText)")
            let outcome = try JSONValue(parsing: run.output)
            #expect(outcome["same"] == true && outcome["turns"] == 1)
            #expect(fixture.server.requests.count == requests)

            let kept = fixture.home.at("kept")
            #expect(try await Self.lockgate(fixture, ["replay", journal, "--save-test", kept]).status == 0)
            #expect(try await Self.lockgate(fixture, ["replay", kept]).status == 0)
            // Another session in the folder is not the one that was kept.
            try fixture.home.write("kept/expected.json", "{\"records\":1,\"turns\":1,\"stream\":\"\"}")
            let other = try await Self.lockgate(fixture, ["replay", kept])
            #expect(other.status == 1 && other.text.contains("another one than was kept"), "\(other.text)")

            try fixture.home.write("strict.toml", "sandbox_mode = \"read-only\"\n")
            let strict = try await Self.lockgate(
                fixture, ["replay", journal, "--policy", fixture.home.at("strict.toml"), "--json"])
            #expect(strict.status == 1, "\(strict.text)\(strict.errorText)")
            let review = try JSONValue(parsing: strict.output)
            #expect(review["would_have_stopped"] == true)
            let change = try #require(
                review["effects"]?.array?.first { $0["effect"]?["kind"] == "file_change" })
            #expect(change["then"]?["decision"] == "allow" && change["now"]?["decision"] == "deny")
            #expect(change["now"]?["rule"] == "sandbox_mode = \"read-only\"")
            #expect(change["now"]?["origin"]?.string?.contains("lockgate-policy") == false, "\(change)")
        }
    }
}
