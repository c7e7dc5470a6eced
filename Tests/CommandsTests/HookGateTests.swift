import Basics
import Glibc
import TestSupport
import Testing
import Wire

/// What hooks see of effects, and what their answers do to them.
@Suite("Hooks at the gate", .timeLimit(.minutes(3)))
struct HookGateTests {
    private static let patch = "*** Begin Patch\n*** Add File: new.txt\n+text\n*** End Patch\n"

    @Test("see every effect before and after it, with the input of Codex's and Claude Code's tools")
    func inputs() async throws {
        let steps: [ScriptedStep] = [
            ExecFixture.shell("echo hi"),
            .call("apply_patch", ["input": .string(Self.patch)]),
            .call("write_file", ["path": "README.md", "content": "# New\n"]),
            .call("exec_command", ["cmd": "cat", "tty": true, "yield_time_ms": 250]),
            .call("write_stdin", ["session_id": 2, "chars": "\u{4}"]),
            .call("read_file", ["path": "README.md"]),
            .call("search", ["pattern": "New"]),
            .text("Done."),
        ]
        try await ExecFixture.with(steps, dialect: .chat) { fixture in
            let log = "cat >> seen.jsonl; echo >> seen.jsonl"
            try fixture.home.write(
                "hooks.json", HookFixture.json([("PreToolUse", nil, log, [:]), ("PostToolUse", "*", log, [:])]))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            let bytes = try PosixFile.read(fixture.repository.path + "/seen.jsonl", limit: 1 << 20)
            let seen = bytes.split(separator: 0x0A).compactMap { try? JSONValue(parsing: $0) }
            let names = ["Bash", "apply_patch", "Write", "Bash", "write_stdin", "read_file", "search"]
            #expect(seen.map { $0["tool_name"]?.string } == names.flatMap { [$0, $0] })
            #expect(
                seen.map { $0["hook_event_name"] }
                    == names.flatMap { _ in ["PreToolUse", "PostToolUse"] as [JSONValue] })
            let before = seen.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
            let after = seen.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
            try #require(before.count == 7 && after.count == 7)

            let folder = fixture.repository.path
            let first = before[0]
            #expect(first["tool_input"] == ["command": "echo hi"])
            #expect(first["cwd"]?.string == folder)
            #expect(first["model"] == "scripted")
            #expect(first["permission_mode"] == "default")
            #expect(first["tool_use_id"] == "call_0_0")
            #expect(first["session_id"] == run.events.first?["thread_id"])
            #expect(first["transcript_path"]?.string == fixture.journals.last)
            #expect(first["turn_id"]?.string != nil)
            #expect(after[0]["tool_response"]?["output"] == "hi\n")
            #expect(after[0]["tool_response"]?["exit_code"] == 0)

            #expect(
                before[1]["tool_input"] == [
                    "command": .string(Self.patch), "file_path": .string(folder + "/new.txt"),
                    "file_paths": [.string(folder + "/new.txt")],
                ])
            // A guard that knows patches alone sees a whole file's new text as well.
            #expect(
                before[2]["tool_input"]?["command"]
                    == "*** Begin Patch\n*** Update File: README.md\n@@\n-# Test\n+# New\n*** End Patch\n")
            #expect(before[2]["tool_input"]?["content"] == "# New\n")
            #expect(before[2]["tool_input"]?["file_path"]?.string == folder + "/README.md")
            #expect(before[4]["tool_input"]?["command"] == "\u{4}")
            #expect(before[5]["tool_input"]?["file_path"]?.string == folder + "/README.md")
            #expect(after[5]["tool_response"]?.string?.contains("# New") == true)
            #expect(before[6]["tool_input"] == ["pattern": "New"])
            #expect(run.hooks.count == 14)
        }
    }

    @Test(
        "that guard one tool by any of its names block it",
        arguments: ["apply_patch", "Edit", "Write", "^(Edit|Write)$"])
    func aliases(_ matcher: String) async throws {
        let steps: [ScriptedStep] = [
            .call("apply_patch", ["input": .string(Self.patch)]),
            .call("write_file", ["path": "new.txt", "content": "x"]), .text("Could not."),
        ]
        try await ExecFixture.with(steps, dialect: .chat) { fixture in
            try fixture.home.write(
                "hooks.json", HookFixture.json("PreToolUse", matcher: matcher, "echo no >&2; exit 2"))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 4, "\(run.errorText)")
            #expect(access(fixture.repository.path + "/new.txt", F_OK) != 0)
            #expect(run.denials.map { $0["effect"]?["kind"] } == ["file_change", "file_change"])
            #expect(run.items("file_change").map { $0["status"] } == ["declined", "declined"])
        }
    }

    @Test("never hold a key, and run in the sandbox unless the user says otherwise")
    func environment() async throws {
        try await ExecFixture.with([.text("Done.")]) { fixture in
            let look =
                "env > env-$NAME; cat > in-$NAME; (: > \"$LAB_OUT/out-$NAME\") 2>/dev/null; echo \"$LOCKGATE_SANDBOX\" > mode-$NAME"
            try fixture.home.write(
                "hooks.json",
                HookFixture.json([
                    ("UserPromptSubmit", nil, "NAME=in; LAB_OUT=/var/tmp; \(look)", [:]),
                    ("UserPromptSubmit", nil, "NAME=free; LAB_OUT='\(fixture.home.path)'; \(look)", ["sandbox": false]),
                ]))
            let run = try await fixture.exec(
                ["--json", "-s", "workspace-write", "go"], environment: ["MY_TOKEN": "t0p"])
            #expect(run.status == 0, "\(run.errorText)")
            #expect(run.hooks.map { $0["sandboxed"] } == [true, false])
            let folder = fixture.repository.path
            for name in ["in", "free"] {
                let variables = String(
                    decoding: try PosixFile.read("\(folder)/env-\(name)", limit: 1 << 20), as: UTF8.self)
                #expect(!variables.contains(ExecFixture.key))
                #expect(!variables.contains("t0p"))
                #expect(variables.contains("LOCKGATE_PROJECT_DIR=\(folder)\n"))
                let input = try JSONValue(parsing: PosixFile.read("\(folder)/in-\(name)", limit: 1 << 20))
                #expect(input["prompt"] == "go")
                #expect(!input.text.contains(ExecFixture.key))
            }
            #expect(access("/var/tmp/out-in", F_OK) != 0)
            #expect(access(fixture.home.at("out-free"), F_OK) == 0)
            #expect(try PosixFile.read("\(folder)/mode-in", limit: 99) == Array("workspace-write\n".utf8))
            #expect(try PosixFile.read("\(folder)/mode-free", limit: 99) == Array("danger-full-access\n".utf8))
        }
    }

    @Test("are told as free where the session has no sandbox")
    func fullAccess() async throws {
        try await ExecFixture.with([.text("Done.")]) { fixture in
            try fixture.home.write("hooks.json", HookFixture.json("UserPromptSubmit", "true"))
            let run = try await fixture.exec(["--json", "-s", "danger-full-access", "go"])
            #expect(run.hooks.map { $0["sandboxed"] } == [false])
        }
    }

    // MARK: Other input

    private static func other(_ command: String) -> String {
        HookFixture.decision("allow", more: ["updatedInput": ["command": .string(command)]])
    }

    @Test("can have another command run, and it is the one that is shown")
    func otherInput() async throws {
        let steps = [ExecFixture.shell("touch first"), .text("Done.")]
        try await ExecFixture.with(steps) { fixture in
            try fixture.home.write(
                "hooks.json",
                HookFixture.json([
                    ("PreToolUse", "Bash", Self.other("touch second"), [:]),
                    ("PreToolUse", "Bash", "cat >> seen; echo >> seen", [:]),
                ]))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            #expect(access(fixture.repository.path + "/first", F_OK) != 0)
            #expect(access(fixture.repository.path + "/second", F_OK) == 0)
            #expect(run.items("command_execution").map { $0["command"] } == ["touch second"])
            // The other hook has seen both, the author its own not again.
            let seen = String(
                decoding: try PosixFile.read(fixture.repository.path + "/seen", limit: 1 << 20), as: UTF8.self)
            #expect(seen.contains("touch first") && seen.contains("touch second"))
            #expect(run.hooks.count == 3)
        }
    }

    @Test("cannot have a command run that a rule forbids")
    func otherInputIsJudged() async throws {
        let steps = [ExecFixture.shell("touch first"), .text("Could not.")]
        try await ExecFixture.with(steps) { fixture in
            try fixture.home.write(
                "rules/default.rules", "prefix_rule(pattern=[\"git\", \"push\"], decision=\"forbidden\")\n")
            try fixture.home.write("hooks.json", HookFixture.json("PreToolUse", Self.other("git push; touch second")))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 4)
            #expect(run.denials.map { $0["verdict"]?["rule"]?.string?.hasPrefix("prefix_rule") } == [true])
            #expect(access(fixture.repository.path + "/second", F_OK) != 0)
        }
    }

    /// Hooks that want what cannot be done.
    static let conflicts: [(name: String, hooks: [String], reason: String)] = [
        ("two give different commands", [other("touch a"), other("touch b")], "give different input"),
        (
            "one sees the other's and wants yet another",
            [other("touch a"), "grep -q '\"touch a\"' && \(other("touch b")) || true"], "give different input"
        ),
        (
            "one refuses what the other gave",
            [other("touch a"), "grep -q '\"touch a\"' && { echo not that >&2; exit 2; } || true"], "not that"
        ),
        (
            "no command in it", [HookFixture.decision("allow", more: ["updatedInput": ["cmd": "touch a"]])],
            "without a \"command\""
        ),
    ]

    @Test("that want different things block", arguments: conflicts)
    func conflict(_ name: String, _ hooks: [String], _ reason: String) async throws {
        let steps = [ExecFixture.shell("touch first"), .text("Could not.")]
        try await ExecFixture.with(steps) { fixture in
            try fixture.home.write("hooks.json", HookFixture.json(hooks.map { ("PreToolUse", nil, $0, [:]) }))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(fixture.lastInput.contains("The command was not run"))
            #expect(run.items("command_execution").map { $0["reason"]?.string?.contains(reason) } == [true])
            #expect(try fixture.repository.git("status", "--porcelain") == "")
        }
    }

    @Test("can have another patch applied")
    func otherPatch() async throws {
        let steps: [ScriptedStep] = [
            .call("apply_patch", ["input": .string(Self.patch)]),
            .call("write_file", ["path": "b.txt", "content": "x\n"]), .text("Done."),
        ]
        try await ExecFixture.with(steps, dialect: .chat) { fixture in
            let patch = Self.patch.replacing("+text", with: "+better")
            let folder = fixture.repository.path
            try fixture.home.write(
                "hooks.json",
                HookFixture.json([
                    (
                        "PreToolUse", nil,
                        "if grep -q '\"Write\"'; then "
                            + HookFixture.decision(
                                "allow",
                                more: ["updatedInput": ["file_path": .string(folder + "/c.txt"), "content": "y\n"]])
                            + "; else "
                            + HookFixture.decision("allow", more: ["updatedInput": ["command": .string(patch)]])
                            + "; fi", [:]
                    )
                ]))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            #expect(try PosixFile.read(folder + "/new.txt", limit: 99) == Array("better\n".utf8))
            #expect(try PosixFile.read(folder + "/c.txt", limit: 99) == Array("y\n".utf8))
            #expect(access(folder + "/b.txt", F_OK) != 0)
        }
    }

    @Test("cannot have a patch applied where the policy lets none be")
    func otherPatchIsJudged() async throws {
        let steps: [ScriptedStep] = [.call("write_file", ["path": "b.txt", "content": "x\n"]), .text("Could not.")]
        try await ExecFixture.with(steps, dialect: .chat) { fixture in
            let target = fixture.repository.path + "/.git/hooks/pre-commit"
            let answer = HookFixture.decision(
                "allow", more: ["updatedInput": ["file_path": .string(target), "content": "evil\n"]])
            try fixture.home.write("hooks.json", HookFixture.json("PreToolUse", answer))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 4)
            #expect(access(target, F_OK) != 0)
            #expect(run.denials.map { $0["verdict"]?["rule"] } == ["protected: .git"])
        }
    }

    // MARK: Questions

    /// What hooks of two events say about `rm` (asked about by a rule) and `git push` (forbidden).
    static let opinions: [(event: String, answer: String, removes: Bool)] = [
        ("PreToolUse", HookFixture.decision("allow"), true),
        ("PermissionRequest", HookFixture.answer(["hookSpecificOutput": ["decision": ["behavior": "allow"]]]), true),
        (
            "PermissionRequest",
            HookFixture.answer(["hookSpecificOutput": ["decision": ["behavior": "deny", "message": "m"]]]), false
        ),
        ("PermissionRequest", "true", false), ("PermissionRequest", "exit 1", false),
    ]

    @Test("answer questions, lift no ban and open no sandbox", arguments: opinions)
    func questions(_ event: String, _ answer: String, _ removes: Bool) async throws {
        let steps = [
            ExecFixture.shell("rm README.md"), ExecFixture.shell("git push"),
            ExecFixture.shell("touch /var/tmp/lockgate-out-\(getpid())"), .text("Done."),
        ]
        try await ExecFixture.with(steps) { fixture in
            try fixture.home.write(
                "rules/default.rules",
                "prefix_rule(pattern=[\"git\", \"push\"], decision=\"forbidden\")\nprefix_rule(pattern=[\"rm\"], decision=\"prompt\")\n"
            )
            try fixture.home.write("hooks.json", HookFixture.json(event, answer))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 4)
            #expect((access(fixture.repository.path + "/README.md", F_OK) != 0) == removes)
            #expect(access("/var/tmp/lockgate-out-\(getpid())", F_OK) != 0)
            let banned = run.denials.compactMap { $0["verdict"]?["rule"]?.string }.filter { $0.contains("\"push\"") }
            #expect(banned.count == 1)
        }
    }

    // MARK: After an effect

    @Test("after a command replace what the model reads, or add to it")
    func afterwards() async throws {
        /// A hook, and what the answer to the call is then.
        let cases: [(answer: String, part: String, without: String?)] = [
            (
                HookFixture.answer(["decision": "block", "reason": "look away"]), "withheld: blocked by the hook",
                "s3cret"
            ),
            ("exit 2", "withheld", "s3cret"),
            (HookFixture.answer(["hookSpecificOutput": ["updatedToolOutput": "cleaned"]]), "cleaned", "s3cret"),
            (HookFixture.answer(["hookSpecificOutput": ["additionalContext": "by the way"]]), "by the way", nil),
        ]
        for (answer, part, without) in cases {
            try await ExecFixture.with([ExecFixture.shell("echo s3cret"), .text("Done.")]) { fixture in
                try fixture.home.write("hooks.json", HookFixture.json("PostToolUse", matcher: "Bash", answer))
                let run = try await fixture.exec(["--json", "go"])
                #expect(run.status == 0, "\(run.errorText)")
                #expect(fixture.lastInput.contains(part))
                if let without { #expect(!fixture.lastInput.contains(without)) }
            }
        }
    }

    @Test("that are fifty all run, and one no is enough")
    func fifty() async throws {
        try await ExecFixture.with([ExecFixture.shell("touch made"), .text("Could not.")]) { fixture in
            var hooks = (0..<50).map { ("PreToolUse", "Bash" as String?, ": > ran-\($0)", JSONObject()) }
            hooks[37].2 = "exit 2"
            try fixture.home.write("hooks.json", HookFixture.json(hooks))
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 4)
            #expect(run.hooks.count == 50)
            #expect(run.hooks.filter { $0["verdict"] == "block" }.count == 1)
            #expect(PosixFile.list(fixture.repository.path).filter { $0.hasPrefix("ran-") }.count == 49)
            #expect(access(fixture.repository.path + "/made", F_OK) != 0)
        }
    }
}
