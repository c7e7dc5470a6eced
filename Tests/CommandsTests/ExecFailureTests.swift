import Basics
import Glibc
import Journal
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(2))) struct ExecBadInputTests {
    /// What is wrong, the arguments, and what the message has to name.
    static let cases: [(name: String, arguments: [String], status: Int32, names: String)] = [
        ("unknown flag", ["--frobnicate", "x"], 64, "frobnicate"),
        ("two prompts", ["fix", "it"], 64, "lockgate exec \"fix it\""),
        ("unknown sandbox mode", ["-s", "loose", "x"], 64, "workspace-write"),
        ("contradicting modes", ["-s", "read-only", "--yolo", "x"], 64, "contradict"),
        ("bad budget", ["--budget", "usd=much", "x"], 64, "positive number"),
        ("bad override", ["-c", "novalue", "x"], 64, "key=value"),
        ("unknown key", ["-c", "sandbox_mod=x", "x"], 1, "sandbox_mode"),
        ("missing directory", ["-C", "/nonexistent/dir", "x"], 1, "/nonexistent/dir"),
        ("missing image", ["-i", "/nonexistent.png", "x"], 1, "/nonexistent.png"),
        ("missing schema", ["--output-schema", "/nonexistent.json", "x"], 1, "/nonexistent.json"),
        ("unwritable last message", ["-o", "/nonexistent/dir/file", "x"], 1, "/nonexistent/dir"),
        (
            "unknown session", ["resume", "01a20573-1eb5-7e8d-a9a2-e0099cc351e0", "x"], 1,
            "01a20573-1eb5-7e8d-a9a2-e0099cc351e0"
        ),
        ("no session yet", ["resume", "--last", "x"], 1, "no session"),
        ("unknown provider", ["-c", "model_provider=nobody", "x"], 1, "nobody"),
        ("empty prompt", ["  "], 2, "prompt"),
    ]

    @Test(arguments: cases.indices)
    func badInputIsOneMessageWithItsRemedyAndNothingIsSent(_ index: Int) async throws {
        let (name, arguments, status, names) = Self.cases[index]
        try await ExecFixture.with([]) { fixture in
            let run = try await fixture.exec(arguments)
            // The argument parser's own code for wrong usage becomes 2 in the end; see Lockgate.exitCode.
            #expect(run.status == (status == 64 ? 2 : status), "\(name): \(run.errorText)")
            #expect(run.errorText.contains(names), "\(name): \(run.errorText)")
            #expect(fixture.server.requests.isEmpty, "\(name)")
            #expect(fixture.journals.isEmpty, "\(name)")
        }
    }

    @Test func aFolderThatIsNoRepositoryIsRefusedUntilToldOtherwise() async throws {
        try await ExecFixture.with([]) { fixture in
            try await TemporaryFolder.with { folder in
                let run = try await fixture.exec(["go"], in: folder.path)
                #expect(run.status == 1)
                #expect(run.errorText.contains("--skip-git-repo-check"))
                #expect(try await fixture.exec(["--skip-git-repo-check", "go"], in: folder.path).status == 0)
            }
        }
    }

    @Test func aMissingKeyNamesItsVariable() async throws {
        try await ExecFixture.with([]) { fixture in
            let run = try await fixture.exec(["go"], environment: ["LAB_KEY": nil])
            #expect(run.status == 1)
            #expect(run.errorText.contains("LAB_KEY"))
        }
    }

    @Test func brokenConfigurationNamesFileLineAndColumn() async throws {
        try await ExecFixture.with([]) { fixture in
            try fixture.home.write("config.toml", "model = \"a\"\nsandbox_mode = \n")
            let run = try await fixture.exec(["go"])
            #expect(run.status == 1)
            #expect(run.errorText.contains("config.toml:2:"))
        }
    }

    @Test func promptsThatAreNotUTF8AreRefused() async throws {
        try await ExecFixture.with([]) { fixture in
            let run = try await fixture.exec(["-"], input: [0x66, 0xFF, 0xFE])
            #expect(run.status == 2)
            #expect(run.errorText.contains("UTF-8"))
        }
    }

    @Test func aPromptOfFiveMegabytesArrivesWhole() async throws {
        try await ExecFixture.with([.text("ok")]) { fixture in
            let prompt = String(repeating: "0123456789abcde\n", count: 327_680)
            let run = try await fixture.exec(["-"], input: Array(prompt.utf8))
            #expect(run.status == 0, "\(run.errorText)")
            #expect(fixture.server.requests[0].body["input"]?.array?.last?["content"]?[0]?["text"]?.string == prompt)
        }
    }

    @Test func aRefusedKeyIsNotTriedAgain() async throws {
        try await ExecFixture.with([.text("x").after(.always(.status(401)))]) { fixture in
            let run = try await fixture.exec(["--json", "go"])
            #expect(run.status == 1)
            #expect(fixture.server.requests.count == 1)
            #expect(run.events.last?["type"] == "turn.failed")
            #expect(run.events.last?["error"]?["code"] == "model.unauthorized")
        }
    }
}

@Suite(.timeLimit(.minutes(2))) struct ExecInterruptionTests {
    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
    func aSignalEndsTheRunAndItsCommandAndTheJournalIsWhole(_ signal: Int32, _ status: Int32) async throws {
        try await ExecFixture.with([ExecFixture.longCommand]) { fixture in
            let run = try fixture.start("--json", "-s", "workspace-write", "go")
            await fixture.server.waitForRequests(1)
            try await run.waitForOutput { $0.contains("item.started") }
            let begin = ContinuousClock.now
            run.signal(signal)
            let result = try await run.result()
            #expect(result.status == status)
            #expect(ContinuousClock.now - begin < .seconds(20))
            #expect(result.events.last?["error"]?["code"] == "turn.interrupted")
            #expect(result.items("command_execution").count == 1)
            let reader = try JournalReader(path: try #require(fixture.journals.first))
            #expect(reader.tornBytes == 0)
            #expect(reader.records.dropLast().last?.payload["type"] == "turn.failed")
            #expect(reader.records.last?.type == "seal")
        }
    }

    @Test func aKilledRunResumesWithAllThatWasPrinted() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("echo first"), ExecFixture.longCommand, .text("Resumed."),
        ]) { fixture in
            let run = try fixture.start("--json", "-s", "workspace-write", "go")
            await fixture.server.waitForRequests(2)
            while run.outputSoFar.split(separator: "\n").filter({ $0.contains("item.started") }).count < 2 {
                await Task.yield()
            }
            run.signal(SIGKILL)
            let killed = try await run.result()
            #expect(killed.status == 128 + SIGKILL)
            let id = try #require(killed.events[0]["thread_id"]?.string)
            let recorded = try JournalReader(path: fixture.journals[0]).records
                .filter { $0.type == "event" }.map { $0.payload["item"] }
            for event in killed.events.dropFirst(2) { #expect(recorded.contains(event["item"])) }

            let resumed = try await fixture.exec(["--json", "resume", id, "go on"])
            #expect(resumed.status == 0, "\(resumed.errorText)")
            #expect(resumed.events[0]["thread_id"]?.string == id)
            let input = fixture.server.requests[2].body["input"]?.array ?? []
            let outputs = input.filter { $0["type"] == "function_call_output" }.map { $0["output"]?.string ?? "" }
            #expect(outputs.count == 2)
            #expect(outputs[0].contains("first"))
            #expect(outputs[1].contains("interrupted"))
        }
    }

    @Test func aSessionInUseIsRefused() async throws {
        try await ExecFixture.with([ExecFixture.longCommand]) { fixture in
            let run = try fixture.start("--json", "-s", "workspace-write", "go")
            await fixture.server.waitForRequests(1)
            let second = try await fixture.exec(["resume", "--last", "go on"])
            #expect(second.status == 1)
            #expect(second.errorText.contains("in use"))
            run.signal(SIGTERM)
            _ = try await run.result()
        }
    }

    @Test func anEphemeralRunWritesNothingAndWorksWithAReadOnlyHome() async throws {
        try await ExecFixture.with([.text("ok")]) { fixture in
            chmod(fixture.home.path, 0o555)
            defer { chmod(fixture.home.path, 0o755) }
            try await TemporaryFolder.with { scratch in
                let run = try await ProgramRun.run(
                    "lockgate", ["exec", "--ephemeral", "go"], in: fixture.repository.path,
                    environment: fixture.environment, scratch: scratch)
                #expect(run.status == 0, "\(run.errorText)")
                #expect(fixture.journals.isEmpty)
            }
        }
    }
}
