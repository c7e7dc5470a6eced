import Basics
import Glibc
import TestSupport
import Testing

/// Whatever goes wrong with a hook blocks what it was asked about, and is seen.
@Suite("A hook that fails", .timeLimit(.minutes(3)))
struct HookFailureTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        var name: String
        var command: String
        var more: JSONObject = [:]
        /// The event's failure; nil where the hook itself said no.
        var failure: String?
        var verdict = "block"
        /// A part of the reason.
        var reason: String
        var testDescription: String { name }
    }

    static let attacks: [Attack] = [
        Attack(name: "exits with 1", command: "echo why >&2; exit 1", failure: "exit", reason: "exit code 1: why"),
        Attack(
            name: "exits with 3 and an allow", command: HookFixture.decision("allow") + "; exit 3", failure: "exit",
            reason: "exit code 3"),
        Attack(name: "exits with 2", command: "echo never >&2; exit 2", reason: "never"),
        Attack(name: "is not there", command: "/nowhere/hook", failure: "exit", reason: "exit code 127"),
        Attack(name: "lies in LOCKGATE_HOME", command: "\"$HOME\"/hook", failure: "exit", reason: "not LOCKGATE_HOME"),
        Attack(name: "kills itself", command: "kill -SEGV $$", failure: "signal", reason: "ended by signal 11"),
        Attack(
            name: "takes too long", command: "sleep 60", more: ["timeout": 0.2], failure: "timeout",
            reason: "killed after 200 ms"),
        Attack(
            name: "ignores its end", command: "trap '' TERM INT HUP; while :; do sleep 1; done", more: ["timeout": 0.2],
            failure: "timeout", reason: "killed after 200 ms"),
        Attack(
            name: "prints half an answer", command: "printf '{\"decision\":'", failure: "answer",
            reason: "no JSON object"),
        Attack(name: "prints words", command: "echo deny", failure: "answer", reason: "no JSON object"),
        Attack(name: "prints without end", command: "yes", failure: "oversized", reason: "more than 1 MiB"),
        Attack(name: "complains without end", command: "yes >&2", failure: "oversized", reason: "more than 1 MiB"),
        Attack(
            name: "misspells a field", command: HookFixture.answer(["decison": "block"]), failure: "answer",
            reason: "unknown field \"decison\""),
        Attack(
            name: "decides what there is not", command: HookFixture.decision("maybe"), failure: "answer",
            reason: "no permissionDecision \"maybe\""),
        Attack(
            name: "answers another event",
            command: HookFixture.answer(["hookSpecificOutput": ["hookEventName": "Stop"]]), failure: "answer",
            reason: "another event"),
        Attack(name: "denies", command: HookFixture.decision("deny", "no such thing"), reason: "no such thing"),
        // Nobody can be asked.
        Attack(
            name: "asks", command: HookFixture.decision("ask", "is that wise"), verdict: "ask",
            reason: "is that wise; nobody can be asked in this run"),
    ]

    @Test("blocks the command and is an event", arguments: attacks)
    func blocks(_ attack: Attack) async throws {
        let steps = [ExecFixture.shell("touch made"), .text("Could not.")]
        try await ExecFixture.with(steps) { fixture in
            try fixture.home.write("hook", "#!/bin/sh\nexit 0\n")
            #expect(chmod(fixture.home.at("hook"), 0o755) == 0)
            try fixture.home.write(
                "hooks.json", HookFixture.json("PreToolUse", matcher: "Bash", attack.command, more: attack.more))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 4, "\(run.errorText)")
            #expect(access(fixture.repository.path + "/made", F_OK) != 0)

            try #require(run.hooks.count == 1)
            let hook = run.hooks[0]
            #expect(hook["event"] == "PreToolUse")
            #expect(hook["verdict"]?.string == attack.verdict)
            #expect(hook["failure"]?["kind"]?.string == attack.failure)
            #expect(hook["fail"] == "closed")
            #expect(hook["origin"]?.string?.hasPrefix(fixture.home.at("hooks.json:1:")) == true)
            #expect((hook["duration_ms"]?.int ?? -1) >= 0)

            try #require(run.denials.count == 1)
            let verdict = run.denials[0]["verdict"]
            #expect(verdict?["reason"]?.string?.contains(attack.reason) == true, "\(verdict ?? .null)")
            #expect(verdict?["origin"]?.string?.hasPrefix(fixture.home.at("hooks.json:1")) == true)
            // The model is told as well, and the journal keeps the run.
            #expect(fixture.lastInput.contains("The command was not run"))
            let journal = try PosixFile.read(try #require(fixture.journals.last), limit: 1 << 24)
            #expect(String(decoding: journal, as: UTF8.self).contains("\"type\":\"hook\""))
        }
    }

    /// Failures alone: what a hook says itself counts in any case.
    @Test("that was declared open lets the command run, and is seen", arguments: attacks.filter { $0.failure != nil })
    func passesWhereDeclaredOpen(_ attack: Attack) async throws {
        let steps = [ExecFixture.shell("touch made"), .text("Done.")]
        try await ExecFixture.with(steps) { fixture in
            var more = attack.more
            more["fail"] = "open"
            try fixture.home.write("hooks.json", HookFixture.json("PreToolUse", attack.command, more: more))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            #expect(access(fixture.repository.path + "/made", F_OK) == 0)
            #expect(run.hooks.map { $0["verdict"] } == ["pass"])
            #expect(run.hooks[0]["failure"]?["kind"]?.string == attack.failure)
        }
    }

    @Test("to let the turn go on ends it, and nothing runs")
    func continueFalse() async throws {
        let steps = [ExecFixture.shell("touch made"), .text("Done.")]
        try await ExecFixture.with(steps) { fixture in
            let answer = HookFixture.answer(["continue": false, "stopReason": "enough"])
            try fixture.home.write("hooks.json", HookFixture.json("PreToolUse", answer))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 1)
            #expect(access(fixture.repository.path + "/made", F_OK) != 0)
            #expect(run.hooks.map { $0["verdict"] } == ["stop"])
            let failed = try #require(run.events.first { $0["type"] == "turn.failed" })
            #expect(failed["error"]?["code"] == "hook.stopped")
            #expect(failed["error"]?["message"]?.string?.contains("enough") == true)
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test("is shown to people, and one that has nothing to say is not")
    func shown() async throws {
        let steps = [ExecFixture.shell("touch made"), .text("Could not.")]
        try await ExecFixture.with(steps) { fixture in
            let message = HookFixture.answer(["systemMessage": "all\u{1B}[2Jgood"])
            try fixture.home.write(
                "hooks.json",
                HookFixture.json([
                    ("PreToolUse", nil, "exit 1", ["statusMessage": "guard"]),
                    ("PreToolUse", nil, "exit 1", ["statusMessage": "other", "fail": "open"]),
                    ("Stop", nil, message, [:]), ("SessionStart", nil, "true", ["statusMessage": "silent"]),
                ]))
            let run = try await fixture.exec(["-s", "workspace-write", "go"])
            #expect(run.status == 4)
            #expect(run.errorText.contains("hook PreToolUse guard failed, which blocks: exit code 1\n"))
            #expect(run.errorText.contains("hook PreToolUse other failed, and is ignored: exit code 1\n"))
            #expect(run.errorText.contains("refused: the hook \"guard\" failed, which blocks: exit code 1\n"))
            #expect(run.errorText.contains("good\n") && !run.errorText.contains("\u{1B}[2J"))
            #expect(!run.errorText.contains("silent"))
        }
    }

    @Test("leaves no process behind", arguments: [JSONObject(), ["timeout": 0.3]])
    func leavesNothing(_ more: JSONObject) async throws {
        let steps = [ExecFixture.shell("true"), .text("Done.")]
        try await ExecFixture.with(steps) { fixture in
            for isSandboxed in [true, false] {
                let marker = "lockgate-hook-\(getpid())-\(more.count)-\(isSandboxed)"
                let command =
                    "(setsid bash -c 'exec -a \(marker) sleep 80' &) ; bash -c 'exec -a \(marker) sleep 80' & "
                    + (more.isEmpty ? "exit 0" : "wait")
                var fields = more
                fields["sandbox"] = .bool(isSandboxed)
                fields["fail"] = "open"
                try fixture.home.write("hooks.json", HookFixture.json("SessionStart", command, more: fields))
                let run = try await fixture.exec(["--json", "go"])
                #expect(run.status == 0)
                #expect(run.hooks.map { $0["failure"]?["kind"] } == [more.isEmpty ? nil : "timeout"])
                let found = try OracleCommand.run(["sh", "-c", "pgrep -cf '^\(marker)' || true"], in: fixture.home)
                #expect(found.text == "0\n")
            }
        }
    }

    @Test("to end is killed with the run by an interrupt")
    func interrupted() async throws {
        let steps = [ExecFixture.shell("touch made"), .text("Done.")]
        try await ExecFixture.with(steps) { fixture in
            let marker = "lockgate-waiting-\(getpid())"
            let hooks: [(String, String?, String, JSONObject)] = [
                ("PreToolUse", nil, "echo > begun; bash -c 'exec -a \(marker) sleep 80'", [:]),
                ("Interrupt", nil, "true", [:]), ("SessionEnd", nil, "true", [:]),
            ]
            try fixture.home.write("hooks.json", HookFixture.json(hooks))
            let run = try fixture.start("--json", "-s", "workspace-write", "go")
            try await run.waitForOutput { _ in access(fixture.repository.path + "/begun", F_OK) == 0 }
            run.signal(SIGINT)
            let result = try await run.result()
            #expect(result.status == 130)
            #expect(access(fixture.repository.path + "/made", F_OK) != 0)
            #expect(result.hooks.map { $0["event"] } == ["Interrupt", "SessionEnd"])
            #expect(result.items("command_execution").map { $0["reason"] } == ["interrupted"])
            #expect(result.hooks.map { $0["verdict"] } == ["pass", "pass"])
            let found = try OracleCommand.run(["sh", "-c", "pgrep -cf '^\(marker)' || true"], in: fixture.home)
            #expect(found.text == "0\n")
        }
    }
}
