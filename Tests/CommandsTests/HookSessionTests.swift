import Basics
import Glibc
import TestSupport
import Testing

/// Hooks of a session's own moments, and which files count.
@Suite("Hooks of a session", .timeLimit(.minutes(3)))
struct HookSessionTests {
    @Test("run at its beginning, at the prompt, before its end and at its end")
    func moments() async throws {
        let steps: [ScriptedStep] = [.text("First."), .text("Second."), .text("Third.")]
        try await ExecFixture.with(steps) { fixture in
            let stop =
                "cat >> stops; echo >> stops; " + HookFixture.answer(["decision": "block", "reason": "run the tests"])
            try fixture.home.write(
                "hooks.json",
                HookFixture.json([
                    ("SessionStart", "startup", "echo you are on a boat", [:]),
                    ("SessionStart", "resume", "echo welcome back", [:]),
                    (
                        "UserPromptSubmit", nil,
                        HookFixture.answer([
                            "hookSpecificOutput": ["additionalContext": "it is late"], "systemMessage": "noted",
                        ]), [:]
                    ),
                    ("Stop", nil, stop, [:]), ("SessionEnd", nil, "cat > end", [:]),
                ]))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            #expect(
                run.hooks.map { $0["event"] } == ["SessionStart", "UserPromptSubmit", "Stop", "Stop", "SessionEnd"])
            #expect(run.hooks.map { $0["message"] } == [nil, "noted", nil, nil, nil])
            let first = fixture.server.requests[0].body["input"]?.text ?? ""
            #expect(first.contains("you are on a boat") && first.contains("it is late"))
            // One objection is heard, the second is not: two requests in all.
            #expect(fixture.server.requests.count == 2)
            #expect(fixture.lastInput.contains("<hook_prompt>\\nrun the tests\\n</hook_prompt>"))
            #expect(run.items("agent_message").map { $0["text"] } == ["First.", "Second."])
            let stops = try PosixFile.read(fixture.repository.path + "/stops", limit: 1 << 16).split(separator: 0x0A)
                .map { try JSONValue(parsing: $0) }
            #expect(stops.map { $0["stop_hook_active"] } == [false, true])
            #expect(stops.map { $0["last_assistant_message"] } == ["First.", "Second."])
            let end = try JSONValue(parsing: PosixFile.read(fixture.repository.path + "/end", limit: 1 << 16))
            #expect(end["reason"] == "other")

            let again = try await fixture.exec(["--json", "resume", "--last", "on"])
            #expect(again.status == 0, "\(again.errorText)")
            let resumed = fixture.server.requests.last?.body["input"]?.text ?? ""
            #expect(resumed.contains("welcome back"))
        }
    }

    @Test("can refuse a prompt, and nothing is sent", arguments: ["exit 2", "exit 1", "sleep 9"])
    func prompt(_ command: String) async throws {
        try await ExecFixture.with([.text("No.")]) { fixture in
            let more: JSONObject = ["fail": "closed", "timeout": 0.2]
            try fixture.home.write("hooks.json", HookFixture.json("UserPromptSubmit", command, more: more))
            let run = try await fixture.exec(["--json", "go"])
            #expect(run.status == 1)
            #expect(run.events.last?["type"] == "turn.failed")
            #expect(run.events.last?["error"]?["code"] == "hook.blocked")
            #expect(fixture.server.requests.isEmpty)
        }
    }

    @Test("that somebody waits for get three seconds, whatever they ask for")
    func bounded() async throws {
        try await ExecFixture.with([.text("Done.")]) { fixture in
            try fixture.home.write("hooks.json", HookFixture.json("SessionEnd", "sleep 90", more: ["timeout": 80]))
            let run = try await fixture.exec(["--json", "go"])
            #expect(run.status == 0)
            #expect(run.hooks.map { $0["failure"]?["message"] } == ["it was killed after 3 s"])
            #expect(run.hooks.map { $0["verdict"] } == ["pass"])
        }
    }

    @Test("run around a compaction")
    func compaction() async throws {
        let steps: [ScriptedStep] = [
            .call("exec_command", ["cmd": "seq 4000", "max_output_tokens": 8000]), .text("A summary."), .text("Done."),
        ]
        try await ExecFixture.with(
            steps, settings: "model_auto_compact_token_limit = 3000\ntool_output_token_limit = 20000"
        ) { fixture in
            try fixture.home.write(
                "hooks.json",
                HookFixture.json([
                    ("PreCompact", "auto", "cat > before", [:]), ("PostCompact", nil, "true", [:]),
                    ("PreCompact", "manual", "exit 2", [:]),
                ]))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            let events = run.events.compactMap {
                $0["type"] == "hook" ? $0["event"]?.string : $0["type"] == "compacted" ? "compacted" : nil
            }
            #expect(events.prefix(3) == ["PreCompact", "compacted", "PostCompact"])
            let input = try JSONValue(parsing: PosixFile.read(fixture.repository.path + "/before", limit: 1 << 16))
            #expect(input["trigger"] == "auto")
        }
    }

    @Test("are read from TOML as well, and those of all files run")
    func toml() async throws {
        let settings = """
            [[hooks.PreToolUse]]
            matcher = "Bash"
            [[hooks.PreToolUse.hooks]]
            type = "command"
            command = "echo stop it >&2; exit 2"
            [[hooks.UserPromptSubmit]]
            hooks = [{ type = "command", command = "true" }, { type = "command", command = "true" }]

            """
        try await ExecFixture.with([ExecFixture.shell("touch made"), .text("Could not.")], settings: settings) {
            fixture in
            try fixture.home.write("hooks.json", HookFixture.json("UserPromptSubmit", "true"))
            let run = try await fixture.exec([
                "--json", "-s", "workspace-write", "-c",
                "hooks.Stop=[{ hooks = [{ type = \"command\", command = \"true\" }] }]", "go",
            ])
            #expect(run.status == 4, "\(run.errorText)")
            #expect(
                run.hooks.map { $0["event"] } == [
                    "UserPromptSubmit", "UserPromptSubmit", "UserPromptSubmit", "PreToolUse", "Stop",
                ])
            #expect(run.hooks[3]["origin"]?.string == fixture.home.at("config.toml:5:3"))
            #expect(run.hooks[3]["reason"] == "stop it")
        }
    }

    /// What is written where, and what the refusal says.
    static let broken: [(file: String, text: String, message: String)] = [
        (
            "hooks.json", "{\"hooks\": {\"PreToolUse\": [}}",
            "hooks.json:1:27: not valid JSON: unexpected character\n  1 | {\"hooks\""
        ),
        (
            "hooks.json", "{\"hooks\":\n {\"PreTooluse\": []}}",
            "hooks.json:2:3: unknown event PreTooluse; did you mean PreToolUse?"
        ),
        (
            "work.config.toml", "\n[[hooks.PreToolUse]]\nhooks = [{ type = \"command\", comand = \"x\" }]\n",
            "work.config.toml:3:30: unknown field comand; did you mean command?"
        ),
        ("work.config.toml", "[hooks]\nPreToolUse = 3\n", "work.config.toml:2:1: expected a list"),
        ("work.config.toml", "hooks = 3\n", "work.config.toml:1:1: expected a table"),
        ("work.config.toml", "[hooks.Stop]\nmatcher = \"x\"\n", "work.config.toml:1:2: expected a list"),
    ]

    @Test("that cannot be read keep the run from starting", arguments: broken)
    func brokenFiles(_ file: String, _ text: String, _ message: String) async throws {
        try await ExecFixture.with([.text("No.")]) { fixture in
            try fixture.home.write("work.config.toml", "")
            try fixture.home.write(file, text)
            let run = try await fixture.exec(["-p", "work", "go"])
            #expect(run.status == 1)
            #expect(run.errorText.contains(message), "\(run.errorText)")
            #expect(run.errorText.contains("fix:"))
            #expect(fixture.server.requests.isEmpty)
            #expect(fixture.journals.isEmpty)
        }
    }

    @Test("of a project run once they were reviewed, in exactly that content, and their allow permits nothing")
    func project() async throws {
        let remove = ExecFixture.shell("rm README.md")
        let steps = [remove, .text("Could not."), remove, .text("Could not.")]
        let hooks = HookFixture.json([
            ("PreToolUse", "Bash", ": > ran; " + HookFixture.decision("allow"), [:])
        ])
        let files = ["README.md": "# Test\n", ".lockgate/hooks.json": hooks]
        try await ExecFixture.with(steps, files: files) { fixture in
            try fixture.home.write("rules/default.rules", "prefix_rule(pattern=[\"rm\"], decision=\"prompt\")\n")
            let ran = fixture.repository.path + "/ran"
            func exec() async throws -> ProgramRun.Result {
                try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            }
            let untrusted = try await exec()
            #expect(untrusted.status == 4)
            #expect(untrusted.hooks.isEmpty)
            let warning = try #require(untrusted.items("error").first)["message"]?.string ?? ""
            #expect(warning.contains(".lockgate/hooks.json ignored: the project is not trusted"))
            #expect(access(ran, F_OK) != 0)

            func trust() async throws -> ProgramRun.Result {
                try await ProgramRun.run(
                    "lockgate", ["trust", "--yes"], in: fixture.repository.path, environment: fixture.environment,
                    scratch: fixture.home)
            }
            #expect(try await trust().status == 0)
            let trusted = try await exec()
            #expect(trusted.hooks.map { $0["verdict"] } == ["allow"])
            #expect(trusted.hooks.map { $0["layer"] } == ["project"])
            #expect(access(ran, F_OK) == 0)
            // The project's own word is no permission.
            #expect(access(fixture.repository.path + "/README.md", F_OK) == 0)

            #expect(unlink(ran) == 0)
            try PosixFile.replace(
                fixture.repository.path + "/.lockgate/hooks.json",
                with: Array(hooks.replacing("ran", with: "ran2").utf8),
                mode: 0o644)
            let changed = try await exec()
            #expect(changed.status == 5)
            #expect(changed.hooks.isEmpty)
            #expect(changed.errorText.contains(".lockgate/hooks.json (changed)"))
            #expect(access(ran, F_OK) != 0 && access(ran + "2", F_OK) != 0)
        }
    }
}
