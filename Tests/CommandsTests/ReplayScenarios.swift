import Basics
import Glibc
import TestSupport
import Wire

/// Sessions of the whole program that hold everything a replay has to cope with.
struct ReplayScenario: Sendable {
    var name: String
    var steps: [ScriptedStep]
    var arguments: [String] = []
    /// The prompts of further runs that resume the session.
    var more: [String] = []
    var files: [String: String] = ["README.md": "# Test\n"]
    var settings = ""
    var dialect = WireDialect.responses
    var hooks: String?
    /// A review program's answer.
    var review: String?
    /// Sent to the program once the model was asked this often.
    var signal: (number: Int32, requests: Int)?
    var environment: [String: String] = [:]

    private static func shell(_ command: String) -> ScriptedStep { ExecFixture.shell(command) }

    private static let patch = """
        *** Begin Patch
        *** Update File: README.md
        @@
        -# Test
        +# Patched
        *** Add File: made
        +text
        *** Delete File: old
        *** End Patch
        """

    private static let hookFile = HookFixture.json([
        ("SessionStart", nil, "echo you are on a boat", [:]),
        (
            "UserPromptSubmit", nil,
            HookFixture.answer(["hookSpecificOutput": ["additionalContext": "it is late"], "systemMessage": "noted"]),
            [:]
        ),
        ("PreToolUse", "Bash", HookFixture.decision("deny", "not today"), [:]),
        ("PostToolUse", nil, "true", [:]),
        ("Stop", nil, HookFixture.answer(["decision": "block", "reason": "run the tests"]), [:]),
        ("SessionEnd", nil, "true", [:]),
    ])

    static let all: [ReplayScenario] = [
        ReplayScenario(name: "message", steps: [ScriptedStep(text: ["Hello."], reasoning: "Greet.")]),
        ReplayScenario(
            name: "commands", steps: [shell("echo one; ls"), shell("false"), shell("kill -9 $$"), .text("Done.")]),
        ReplayScenario(
            name: "terminal",
            steps: [
                .call("exec_command", ["cmd": "read x; echo got $x", "tty": true, "yield_time_ms": 300]),
                .call("write_stdin", ["session_id": 1, "chars": "hello\n", "yield_time_ms": 5000]), .text("Done."),
            ]),
        ReplayScenario(
            name: "mcp",
            steps: [
                .call("mcp__s__look", ["text": "seen"]), .call("mcp__s__echo", ["text": "refused"]), .text("Done."),
            ],
            settings: ToolServerRunTests.server("plain", "default_tools_approval_mode = \"writes\"")),
        ReplayScenario(
            name: "background",
            steps: [
                .call("exec_command", ["cmd": "echo begun; sleep 1; echo over", "yield_time_ms": 250]),
                shell("echo beside"), .call("write_stdin", ["session_id": 1, "yield_time_ms": 9000]), .text("Done."),
            ]),
        ReplayScenario(
            name: "patches",
            steps: [
                .call("apply_patch", ["input": .string(patch)]), .call("apply_patch", ["input": "no patch"]),
                .call("write_file", ["path": "new", "content": "x\n"]), .text("Done."),
            ], files: ["README.md": "# Test\n", "old": "gone\n"]),
        ReplayScenario(
            name: "parallel",
            steps: [
                ScriptedStep(calls: [
                    .init("read_file", ["path": "README.md"]), .init("exec_command", ["cmd": "sleep 0.2; echo slow"]),
                    .init("exec_command", ["cmd": "echo quick"]),
                ]), .text("Done."),
            ]),
        ReplayScenario(
            name: "approved", steps: [shell("touch made"), shell("touch made"), .text("Done.")],
            settings: "approval_policy = \"untrusted\"",
            review: #"{"decision": "approve", "scope": "session", "message": "fine"}"#),
        ReplayScenario(
            name: "refused", steps: [shell("touch made"), .text("Done.")],
            settings: "approval_policy = \"untrusted\"", review: #"{"decision": "deny", "message": "no"}"#),
        ReplayScenario(
            name: "aborted", steps: [shell("touch made"), .text("Done.")],
            settings: "approval_policy = \"untrusted\"", review: #"{"decision": "abort", "message": "stop"}"#),
        ReplayScenario(
            name: "denied",
            steps: [
                shell("touch /etc/never"), .call("write_file", ["path": "/etc/never", "content": "x"]), .text("Done."),
            ]),
        ReplayScenario(
            name: "compaction", steps: [shell("seq 1 2000"), .text("A summary."), shell("echo on"), .text("Done.")],
            more: ["and again"], settings: "model_auto_compact_token_limit = 1500"),
        ReplayScenario(
            name: "faults",
            steps: [
                shell("echo one").after(.status(503), .cut(afterEvents: 1)), .text("Done.").after(.status(429)),
            ]),
        ReplayScenario(name: "unauthorized", steps: [.text("x").after(.always(.status(401)))], more: ["again"]),
        ReplayScenario(
            name: "resumed", steps: [shell("echo one"), .text("First."), .text("Second."), shell("echo two")],
            more: ["go on", "and on"]),
        ReplayScenario(
            name: "staged",
            steps: [
                shell("echo x > by-command"), .call("apply_patch", ["input": .string(patch)]), .text("Done."),
            ], arguments: ["--stage"], files: ["README.md": "# Test\n", "old": "gone\n"]),
        ReplayScenario(name: "hooks", steps: [shell("ls"), .text("First."), .text("Second.")], hooks: hookFile),
        ReplayScenario(
            name: "budget", steps: Array(repeating: shell("true"), count: 6),
            arguments: ["--budget", "usd=0.01,commands=4"],
            settings: "[prices.scripted]\ninput = 0\noutput = 100\n"),
        ReplayScenario(
            name: "deadline", steps: [shell("sleep 30"), .text("Never.")], arguments: ["--budget", "seconds=1"]),
        ReplayScenario(
            name: "interrupted", steps: [shell("sleep 60"), .text("Resumed.")], more: ["go on"], signal: (SIGINT, 1)),
        ReplayScenario(
            name: "killed", steps: [shell("sleep 60"), .text("Resumed.")], more: ["go on"], signal: (SIGKILL, 1)),
        ReplayScenario(
            name: "redacted",
            steps: [shell("cat .env; echo ghp_abcdefghijklmnopqrstuvwxyz0123456789"), .text("Done.")],
            files: ["README.md": "# Test\n", ".env": "DB_PASSWORD=hunter2hunter2\n"],
            environment: ["MY_API_KEY": "correct-horse-battery-staple"]),
        ReplayScenario(
            name: "checks", steps: [.text("Done."), shell("touch made"), .text("Now it is done.")],
            arguments: ["--check", "test -e made"]),
        ReplayScenario(
            name: "claims", steps: [shell("sh run-tests.sh | tail -1"), .text("I fixed the bug. All tests pass.")],
            files: ["run-tests.sh": "grep -q fixed code\n", "code": "broken\n"]),
        ReplayScenario(
            name: "odd-answers",
            steps: [
                ScriptedStep(text: ["Half"], ending: .incomplete), ScriptedStep(),
                .call("no_such_tool", ["a": 1]), ScriptedStep(calls: [.init("exec_command", .function("{broken"))]),
                .call("update_plan", ["plan": [["step": "one", "status": "in_progress"]]]), .text("Done."),
            ]),
        ReplayScenario(
            name: "messages-dialect",
            steps: [ScriptedStep(reasoning: "Look.", calls: [.init("exec_command", ["cmd": "ls"])]), .text("Done.")],
            dialect: .messages),
        // Models that are worked with by constrained answers: actions as JSON, whole files, what is no action at all.
        ReplayScenario(
            name: "grammar-actions",
            steps: [
                .text(#"{"thought":"Write it.","action":"write_file","path":"whole.txt","content":"x\n"}"#),
                .text(#"{"action":"exec_command","cmd":"cat whole.txt; false"}"#),
                .text("No action, but plain words that end the turn."),
                .text(#"{"action":"finish","message":"Resumed."}"#),
            ], more: ["go on"], settings: "tool_mode = \"grammar\"", dialect: .chat),
        ReplayScenario(name: "chat-dialect", steps: [shell("ls"), .text("Done.")], dialect: .chat),
    ]

    /// Runs the session and hands its home to `body`.
    func record(_ body: (ExecFixture) async throws -> Void) async throws {
        try await ExecFixture.with(steps, dialect: dialect, files: files, settings: settings) { fixture in
            var flags = ["--json", "-s", "workspace-write"] + arguments
            if let hooks { try fixture.home.write("hooks.json", hooks) }
            if let review {
                try fixture.home.write("review.sh", "#!/bin/bash\ncat >/dev/null\necho '\(review)'\n")
                chmod(fixture.home.at("review.sh"), 0o755)
                flags += [
                    "-c", "approvals_reviewer=command", "-c", "approvals.command=[\"\(fixture.home.at("review.sh"))\"]",
                ]
            }
            if let signal {
                let run = try fixture.start("--json", "-s", "workspace-write", "go")
                await fixture.server.waitForRequests(signal.requests)
                try until { fixture.journals.contains { Self.text($0).contains("\"kind\":\"command\"") } }
                run.signal(signal.number)
                _ = try await run.result()
            } else {
                _ = try await fixture.exec(flags + ["go"], environment: environment)
            }
            for prompt in more { _ = try await fixture.exec(flags + ["resume", "--last", prompt]) }
            try await body(fixture)
        }
    }

    private static func text(_ path: String) -> String {
        String(decoding: (try? PosixFile.read(path, limit: 1 << 24)) ?? [], as: UTF8.self)
    }

    /// Waits for what the program does.
    private func until(_ condition: () -> Bool) throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(30)
        while !condition() { if clock.now > end { throw TestFailure("\(name): it did not happen") } }
    }
}
