import Basics
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct SandboxCheckTests {
    private func check(
        _ arguments: [String], in folder: TemporaryFolder, files: [String: String] = [:]
    ) async throws -> ProgramRun.Result {
        try folder.makeFolder("project")
        try folder.makeFolder("home")
        for (name, text) in files { try folder.write("project/\(name)", text) }
        let environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.at("home"), "LC_ALL": "C.UTF-8",
            "SOME_TOKEN": "secret",
        ]
        return try await ProgramRun.run(
            "lockgate", ["sandbox", "check"] + arguments, in: folder.at("project"), environment: environment,
            scratch: folder)
    }

    @Test func whatWorksInsideIsSaidToWork() async throws {
        try await TemporaryFolder.with { folder in
            let run = try await check(["--json", "--", "touch", "a"], in: folder)
            #expect(run.status == 0, "\(run.errorText)")
            let report = try #require(run.events.first)
            #expect(report["outcome"] == "works")
            #expect(report["outside"] == .null)
            #expect(try folder.names("project") == ["a"])
        }
    }

    @Test func whatTheSandboxBreaksIsListedWithTheGrantThatMendsIt() async throws {
        try await TemporaryFolder.with { folder in
            let file = "/var/tmp/lockgate-check-\(PathText.name(folder.path))"
            let command = ["--", "sh", "-c", "touch \(file) && rm \(file)"]
            let run = try await check(["--json", "--yes"] + command, in: folder)
            #expect(run.status == 1)
            let report = try #require(run.events.first)
            #expect(report["outcome"] == "broken")
            #expect(report["outside"]?["exit_code"] == 0)
            #expect(report["denials"]?[0]?["target"] == .string(file))
            #expect(report["denials"]?[0]?["grant"] == "--allow-write /var/tmp")
            #expect(report["withheld_variables"] == ["SOME_TOKEN"])
            // The grant is the whole difference.
            let mended = try await ProgramRun.run(
                "lockgate", ["sandbox", "check", "--json", "--allow-write", "/var/tmp"] + command,
                in: folder.at("project"),
                environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.at("home")], scratch: folder)
            #expect(mended.status == 0, "\(mended.text)\(mended.errorText)")
        }
    }

    @Test func nothingRunsOutsideWithoutAWord() async throws {
        try await TemporaryFolder.with { folder in
            let run = try await check(["--", "sh", "-c", "echo $LOCKGATE_SANDBOX >> seen; exit 3"], in: folder)
            #expect(run.status == 1)
            #expect(try folder.text("project/seen") == "workspace-write\n")
            #expect(run.text.contains("fails inside; --yes compares with a run outside"))
        }
    }

    @Test func aFailureOfBothIsNotTheSandboxs() async throws {
        try await TemporaryFolder.with { folder in
            let run = try await check(["--yes", "--", "false"], in: folder)
            #expect(run.text.contains("fails alike inside and outside: not the sandbox"))
        }
    }

    @Test func theCommandIsGuessedFromTheProject() async throws {
        try await TemporaryFolder.with { folder in
            let run = try await check(["--json"], in: folder, files: ["Makefile": "all:\n\ttouch made\n"])
            let report = try #require(run.events.first)
            #expect(report["command"] == "make")
            #expect(report["toolchains"] == [["name": "make", "marker": "Makefile"]])
        }
    }

    @Test func withoutACommandOrAnythingToGuessFromItIsAnError() async throws {
        try await TemporaryFolder.with { folder in
            let run = try await check([], in: folder)
            #expect(run.status == 2)
            #expect(run.errorText.contains("lockgate sandbox check -- CMD"))
        }
    }
}
