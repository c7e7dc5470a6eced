import Basics
import Glibc
import Journal
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(2))) struct ExecRunTests {
    @Test(arguments: WireDialect.allCases)
    func aCommandRunsInTheSandboxAndTheStreamHasCodexsShape(_ dialect: WireDialect) async throws {
        try await ExecFixture.with(
            [
                .init(
                    text: ["Look", "ing."], calls: [.init("exec_command", ["cmd": "echo hi; echo bad >&2; exit 3"])]),
                .text("Done."),
            ],
            dialect: dialect
        ) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            #expect(
                run.events.map { $0["type"]?.string } == [
                    "thread.started", "turn.started", "item.completed", "item.started", "item.completed",
                    "item.completed", "turn.completed",
                ])
            #expect(run.events.allSatisfy { $0["timestamp"]?.string != nil })
            #expect(run.items("agent_message").map { $0["text"] } == ["Looking.", "Done."])
            let command = try #require(run.items("command_execution").first)
            #expect(command["command"] == "echo hi; echo bad >&2; exit 3")
            #expect(command["aggregated_output"] == "hi\nbad\n")
            #expect(command["exit_code"] == 3)
            #expect(command["status"] == "failed")
            #expect(run.events.last?["usage"]?["output_tokens"]?.int ?? 0 > 0)
            #expect(fixture.server.connections == 1)
        }
    }

    @Test func theKeyReachesTheProviderAndNoCommand() async throws {
        try await ExecFixture.with([ExecFixture.shell("env"), .text("Done.")]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(fixture.server.requests[0].header("authorization") == "Bearer \(ExecFixture.key)")
            #expect(!run.text.contains(ExecFixture.key))
            #expect(!fixture.server.requests[1].bytes.contains(Array(ExecFixture.key.utf8)))
        }
    }

    @Test func theAgentCommitsInsideTheSandbox() async throws {
        try await ExecFixture.with([
            .call("apply_patch", ["input": "*** Begin Patch\n*** Add File: src/a.txt\n+one\n*** End Patch"]),
            ExecFixture.shell("git add -A && git commit -qm 'Add a' && git log --oneline | head -1"),
            .text("Committed."),
        ]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0, "\(run.text)")
            #expect(try fixture.repository.git("log", "--format=%s", "-1") == "Add a\n")
            let change = try #require(run.items("file_change").first)
            #expect(change["changes"]?[0]?["kind"] == "add")
            #expect(change["status"] == "completed")
            let started = run.events.first { $0["type"] == "item.started" && $0["item"]?["type"] == "file_change" }
            #expect(started?["item"]?["status"] == "in_progress")
        }
    }

    @Test func requestsOnlyEverAppend() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("true"), ExecFixture.shell("false"), .text("Done."),
        ]) { fixture in
            _ = try await fixture.exec(["-s", "workspace-write", "go"])
            let bodies = fixture.server.requests.map(\.body)
            for (earlier, later) in zip(bodies, bodies.dropFirst()) {
                let before = earlier["input"]?.array ?? []
                #expect(Array((later["input"]?.array ?? []).prefix(before.count)) == before)
                #expect(earlier["instructions"] == later["instructions"])
                #expect(earlier["tools"] == later["tools"])
            }
        }
    }

    @Test func aReadOnlySessionDeclinesAChangeAndExitsWithFour() async throws {
        try await ExecFixture.with([
            .call("write_file", ["path": "a.txt", "content": "x"]), ExecFixture.shell("touch b.txt"),
            .text("Could not."),
        ]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "read-only", "go"])
            #expect(run.status == 4)
            let denial = try #require(run.events.first { $0["type"] == "effect.denied" })
            #expect(denial["verdict"]?["rule"] == "sandbox_mode = \"read-only\"")
            #expect(denial["verdict"]?["grant"] == "-s workspace-write")
            #expect(run.items("file_change").first?["status"] == "declined")
            #expect(run.items("command_execution").first?["status"] == "failed")
            #expect(try fixture.repository.git("status", "--porcelain") == "")
        }
    }

    @Test func aRefusalInsideACommandIsExplainedToEverybody() async throws {
        try await ExecFixture.with([ExecFixture.shell("touch /var/tmp/lockgate-x"), .text("Could not.")]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 4)
            let denials = try #require(run.items("command_execution").first?["denials"]?.array)
            #expect(
                denials == [
                    [
                        "kind": "path", "target": "/var/tmp/lockgate-x", "operation": "write",
                        "certainty": "confirmed", "rule": "sandbox_mode = \"workspace-write\"",
                        "origin": "command line (--sandbox)",
                        "reason": "it is outside the workspace and every other writable folder",
                        "grant": "--add-dir /var/tmp", "grantable_root": "/var/tmp",
                    ]
                ])
            let event = try #require(run.events.first { $0["type"] == "effect.denied" })
            #expect(event["effect"]?["kind"] == "access")
            #expect(event["effect"]?["target"] == "/var/tmp/lockgate-x")
            #expect(event["verdict"]?["grant"] == "--add-dir /var/tmp")
            #expect(run.events.last?["denials"] == 1)
            // The model gets the reason and no way to grant it.
            let answer = fixture.server.requests[1].body["input"]?.array?.last?["output"]?.string ?? ""
            #expect(answer.contains("- write /var/tmp/lockgate-x: it is outside the workspace"))
            #expect(!answer.contains("--add-dir"))
            let journal = String(decoding: try PosixFile.read(fixture.journals[0], limit: 1 << 22), as: UTF8.self)
            let outcome = try #require(
                journal.split(separator: "\n").first {
                    $0.contains("\"effect.finished\"") && $0.contains("\"denials\"")
                })
            #expect(outcome.contains("/var/tmp/lockgate-x"))
        }
    }

    @Test func aGrantTakenFromADenialWorks() async throws {
        // A folder of its own: what other programs do in a shared one would be this session's business.
        let folder = "/var/tmp/lockgate-grant-\(getpid())"
        try PosixFile.makeDirectory(folder)
        defer { rmdir(folder) }
        try await ExecFixture.with([
            ExecFixture.shell("touch \(folder)/y && rm \(folder)/y"), .text("Did."),
        ]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "--add-dir", folder, "go"])
            #expect(run.status == 0, "\(run.text)")
        }
    }

    @Test func peopleReadOneLineForARefusal() async throws {
        try await ExecFixture.with([ExecFixture.shell("git ls-remote https://example.invalid/x"), .text("No.")]) {
            fixture in
            let run = try await fixture.exec(["-s", "workspace-write", "go"])
            let lines = run.errorText.split(separator: "\n").filter { $0.contains("refused:") }
            #expect(
                lines == [
                    "  refused: connect example.invalid: commands have no network · rule network.mode = \"off\" (built-in default) · to allow: --network on"
                ])
        }
    }

    @Test func aGuessIsShownAndNotCounted() async throws {
        try await ExecFixture.with([ExecFixture.shell("mount -t tmpfs none /mnt"), .text("No.")]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0)
            let denials = run.items("command_execution").first?["denials"]?.array ?? []
            #expect(denials.map { $0["certainty"] } == ["inferred"])
            #expect(!run.events.contains { $0["type"] == "effect.denied" })
        }
    }

    @Test func whatACommandLeavesThatRunsByItselfIsShown() async throws {
        let step = ExecFixture.shell("mkdir .vscode && echo {} > .vscode/tasks.json && git init -q sub")
        try await ExecFixture.with([step, .text("Done.")]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0, "\(run.text)")
            let path = fixture.repository.path
            let expected: JSONValue = [
                ["path": .string("\(path)/.vscode/tasks.json"), "kind": "added", "run_by": "VS Code"],
                ["path": .string("\(path)/sub/.git/config"), "kind": "added", "run_by": "git"],
            ]
            #expect(run.items("command_execution").first?["sensitive_changes"] == expected)
            #expect(run.events.first { $0["type"] == "sensitive_changes" }?["changes"] == expected)
        }
        try await ExecFixture.with([step, .text("Done.")]) { fixture in
            let run = try await fixture.exec(["-s", "workspace-write", "go"])
            #expect(run.errorText.contains("look before you go on: what programs run by themselves has changed (2)"))
            #expect(
                run.errorText.contains(
                    "look: added \(fixture.repository.path)/sub/.git/config · git would run or obey it"))
        }
    }

    @Test func aFileThatRunsByItselfIsWrittenOnlyWithAGrant() async throws {
        let steps: [ScriptedStep] = [
            .call("write_file", ["path": ".devcontainer/devcontainer.json", "content": "{}"]), .text("Done."),
        ]
        try await ExecFixture.with(steps + steps) { fixture in
            let refused = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(refused.status == 4)
            let verdict = try #require(refused.events.first { $0["type"] == "effect.denied" }?["verdict"])
            #expect(verdict["rule"] == "protected: .devcontainer")
            let path = "\(fixture.repository.path)/.devcontainer/devcontainer.json"
            #expect(verdict["grant"] == .string("-c 'filesystem.allow_auto_run=[\"\(path)\"]'"))
            let allowed = try await fixture.exec([
                "--json", "-s", "workspace-write", "-c", "filesystem.allow_auto_run=[\"\(path)\"]", "go",
            ])
            #expect(allowed.status == 0, "\(allowed.text)")
            #expect(
                allowed.items("file_change").first?["sensitive_changes"] == [
                    ["path": .string(path), "kind": "added", "run_by": "dev containers"]
                ])
        }
    }

    @Test func aProjectHasPackageCachesOfItsOwnAndTheRestOfTheHomeStaysHidden() async throws {
        let script = "mkdir -p $PIP_CACHE_DIR && touch $PIP_CACHE_DIR/x && test ! -s $LOCKGATE_HOME/config.toml"
        try await ExecFixture.with(
            [ExecFixture.shell(script + " && test -z \"$(ls $LOCKGATE_HOME/sessions)\""), .text("Done.")],
            files: ["setup.py": ""]
        ) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.items("command_execution").first?["exit_code"] == 0, "\(run.text)")
            let header = try #require(JournalReader(path: fixture.journals[0]).records.first)
            #expect(header.payload["toolchains"] == [["name": "python", "marker": "setup.py"]])
        }
    }

    @Test func aCheckThatFailsGoesBackToTheAgentUntilItPasses() async throws {
        try await ExecFixture.with([
            .text("I did it."), .call("write_file", ["path": "ok", "content": "1"]), .text("Now."),
        ]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "--check", "test -e ok", "go"])
            #expect(run.status == 0, "\(run.text)")
            #expect(run.events.filter { $0["type"] == "check" }.map { $0["exit_code"] } == [1, 0])
        }
    }

    @Test func aCheckThatNeverPassesFailsTheRun() async throws {
        try await ExecFixture.with([]) { fixture in
            let run = try await fixture.exec(
                ["--json", "-s", "workspace-write", "--check", "false", "--check-attempts", "2", "go"])
            #expect(run.status == 1)
            #expect(run.events.last?["error"]?["code"] == "check.failed")
        }
    }

    @Test func theTokenBudgetEndsTheRunWithThree() async throws {
        let steps = Array(repeating: ExecFixture.shell("true"), count: 50)
        try await ExecFixture.with(steps) { fixture in
            let run = try await fixture.exec(["--json", "--budget", "tokens=1", "go"])
            #expect(run.status == 3)
            #expect(fixture.server.requests.isEmpty, "no answer fits")
        }
    }

    @Test func theLastMessageGoesToItsFileAndToStandardOutput() async throws {
        try await ExecFixture.with([.text("The answer.")]) { fixture in
            let path = fixture.home.at("last.txt")
            let run = try await fixture.exec(["-o", path, "go"])
            #expect(run.text == "The answer.\n")
            #expect(try PosixFile.read(path, limit: 100) == Array("The answer.".utf8))
        }
    }

    @Test func promptsComeFromArgumentInputOrBoth() async throws {
        try await ExecFixture.with([]) { fixture in
            _ = try await fixture.exec(["from argument"])
            _ = try await fixture.exec(["-"], input: Array("from dash".utf8))
            _ = try await fixture.exec([], input: Array("from pipe".utf8))
            _ = try await fixture.exec(["both"], input: Array("attached".utf8))
            let prompts = fixture.server.requests.map { $0.body["input"]?.array?.last?["content"]?[0]?["text"]?.string }
            #expect(prompts == ["from argument", "from dash", "from pipe", "both\n\n<stdin>\nattached\n</stdin>"])
        }
    }

    @Test func fiftyMegabytesOfOutputAreShortenedForModelAndStream() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("head -c 50000000 /dev/zero | tr '\\0' 'x' | fold -w 100"), .text("Done."),
        ]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0)
            #expect(run.output.count < 400_000)
            #expect(fixture.server.requests[1].bytes.count < fixture.server.requests[0].bytes.count + 14_000)
            let item = try #require(run.items("command_execution").first)
            #expect((item["omitted_bytes"]?.int ?? 0) > 49_000_000)
        }
    }

    @Test func anOutputSchemaIsSentStrictly() async throws {
        try await ExecFixture.with([.text("{}")]) { fixture in
            try fixture.home.write("schema.json", #"{"type":"object","properties":{}}"#)
            _ = try await fixture.exec(["--output-schema", fixture.home.at("schema.json"), "go"])
            let format = fixture.server.requests[0].body["text"]?["format"]
            #expect(format?["type"] == "json_schema")
            #expect(format?["schema"]?["type"] == "object")
        }
    }
}
