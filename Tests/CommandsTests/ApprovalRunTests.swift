import Basics
import Glibc
import TestSupport
import Testing
import Wire

/// Whole runs in which the policy asks: who answers, what is remembered, and that every failure is a no.
@Suite(.timeLimit(.minutes(5))) struct ApprovalRunTests {
    private static let untrusted = "approval_policy = \"untrusted\""
    private static let touch = ExecFixture.shell("touch made")

    /// A review program that keeps each question and then does `body`.
    private static func reviewer(_ body: String, in fixture: ExecFixture) throws -> [String] {
        let path = fixture.home.at("review.sh")
        try fixture.home.write(
            "review.sh",
            "#!/bin/bash\ncat >> '\(fixture.home.at("asked.jsonl"))'\nenv > '\(fixture.home.at("env"))'\n\(body)\n")
        chmod(path, 0o755)
        return ["-c", "approvals_reviewer=command", "-c", "approvals.command=[\"\(path)\", \"arg\"]"]
    }

    private static func asked(_ fixture: ExecFixture) throws -> [JSONValue] {
        try (fixture.home.text("asked.jsonl") ?? "").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    private func exec(_ fixture: ExecFixture, _ arguments: [String]) async throws -> ProgramRun.Result {
        try await fixture.exec(["--json", "-s", "workspace-write"] + arguments)
    }

    private static func exists(_ name: String, in fixture: ExecFixture) -> Bool {
        PosixFile.exists("\(fixture.repository.path)/\(name)")
    }

    private static func approvals(_ run: ProgramRun.Result) -> [JSONValue] {
        run.events.filter { $0["type"] == "approval" }
    }

    // MARK: A program answers

    @Test func aProgramsYesRunsTheCommandAndIsRecorded() async throws {
        try await ExecFixture.with([Self.touch, .text("Done.")], settings: Self.untrusted) { fixture in
            let flags = try Self.reviewer(#"echo '{"decision": "approve", "message": "fine"}'"#, in: fixture)
            let run = try await exec(fixture, flags + ["go"])
            #expect(run.status == 0, "\(run.errorText)\(run.text)")
            #expect(Self.exists("made", in: fixture))
            let approval = try #require(Self.approvals(run).first)
            #expect(approval["answered_by"] == "command")
            #expect(approval["answer"] == ["decision": "approve", "scope": "once", "message": "fine"])
            #expect(approval["request"]?["verdict"]?["rule"] == "approval_policy = \"untrusted\"")
            #expect(approval["duration_ms"]?.int != nil)
            let asked = try Self.asked(fixture)
            #expect(asked.count == 1)
            #expect(asked.first?["touches"]?["commands"] == ["touch made"])
            #expect(
                asked.first?["offers"]?.array?.compactMap { $0["scope"]?.string } == ["once", "session", "project"])
            let journal = String(
                decoding: try PosixFile.read(try #require(fixture.journals.first), limit: 1 << 20), as: UTF8.self)
            #expect(journal.contains("\"type\":\"approval.requested\""))
            #expect(
                journal.contains("\"approval\":{\"id\":\"approval_1\",\"answered_by\":\"command\",\"scope\":\"once\""))
            let variables = try #require(try fixture.home.text("env"))
            #expect(!variables.contains(ExecFixture.key) && !variables.contains("LOCKGATE_HOME"))
            #expect(variables.contains("PWD=/\n"))
        }
    }

    @Test func inAStageTheQuestionIsAboutWhatIsStaged() async throws {
        try await ExecFixture.with(
            [ExecFixture.shell("echo 'echo staged' > run.sh"), ExecFixture.shell("sh run.sh"), .text("Done.")],
            files: ["run.sh": "echo committed\n"], settings: Self.untrusted
        ) { fixture in
            let flags = try Self.reviewer(#"echo '{"decision": "approve"}'"#, in: fixture)
            let run = try await fixture.exec(["--json", "--stage"] + flags + ["go"])
            #expect(run.items("command_execution").last?["aggregated_output"] == "staged\n", "\(run.text)")
            let scripts = try Self.asked(fixture).last?["scripts"]?.array ?? []
            #expect(scripts.map { $0["text"] } == ["echo staged\n"])
            #expect(try fixture.repository.folder.text("run.sh") == "echo committed\n")
        }
    }

    static let failures: [(body: String, says: String)] = [
        (#"echo '{"decision": "deny", "message": "no builds on Friday"}'"#, "no builds on Friday"),
        ("exit 1", "ended with code 1"), ("kill -9 $$", "ended by signal 9"), ("", "is no answer"),
        ("echo yes", "is no answer"), ("echo '{}'", "is no answer"),
        (#"echo '{"decision": "approve"} {"decision": "approve"}'"#, "is no answer"),
        (#"echo '{"decision": "approve", "scope": "always"}'"#, "is no answer"),
        (#"echo '{"decision": "approve", "reason": "x"}'"#, "is no answer"),
        (#"echo '{"decision": "approve", "scope": "user"}'"#, "was not offered"),
        (#"echo '{"decision": "approve"}'; exit 3"#, "ended with code 3"),
        ("sleep 100", "took longer than 1 s"),
        (#"echo '{"decision": "approve"}'; exec >&-; sleep 100"#, "took longer than 1 s"),
        ("(sleep 100) & echo '{\"decision\": \"approve\"}'", "took longer than 1 s"),
        ("head -c 100000 /dev/zero", "wrote more than an answer can hold"),
    ]

    @Test(arguments: failures.indices) func everythingElseIsANo(_ index: Int) async throws {
        let (body, says) = Self.failures[index]
        try await ExecFixture.with([Self.touch, .text("Done.")], settings: Self.untrusted) { fixture in
            let flags = try Self.reviewer(body, in: fixture)
            let run = try await exec(fixture, flags + ["-c", "approvals.timeout_seconds=1", "go"])
            #expect(run.status == 4, "\(body): \(run.errorText)")
            #expect(!Self.exists("made", in: fixture), "\(body)")
            #expect(Self.approvals(run).first?["answer"]?["decision"] == "deny", "\(body)")
            let denial = run.events.first { $0["type"] == "effect.denied" }
            #expect(denial?["verdict"]?["reason"]?.string?.contains(says) == true, "\(body): \(run.text)")
            #expect(denial?["verdict"]?["rule"] == "approval_policy = \"untrusted\"")
        }
    }

    @Test func anAbortEndsTheTurnWithItsReason() async throws {
        try await ExecFixture.with([Self.touch, .text("Done.")], settings: Self.untrusted) { fixture in
            let flags = try Self.reviewer(#"echo '{"decision": "abort", "message": "stop here"}'"#, in: fixture)
            let run = try await exec(fixture, flags + ["go"])
            #expect(run.status == 1)
            #expect(run.events.last?["error"]?["code"] == "approval.aborted")
            #expect(run.events.last?["error"]?["message"]?.string?.contains("stop here") == true)
            #expect(run.items("command_execution").first?["status"] == "declined")
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test func aReviewProgramThatTheAgentCouldChangeOrThatIsMissingStopsTheRun() async throws {
        try await ExecFixture.with([], files: ["review.sh": "#!/bin/sh\n"], settings: Self.untrusted) { fixture in
            let inside = "\(fixture.repository.path)/review.sh"
            chmod(inside, 0o755)
            for command in [
                "[\"\(inside)\"]", "[\"/bin/sh\", \"\(inside)\"]", "[\"./review.sh\"]", "[\"nosuch\"]", "[]",
            ] {
                let run = try await exec(
                    fixture, ["-c", "approvals_reviewer=command", "-c", "approvals.command=\(command)", "go"])
                #expect(run.status == 1, "\(command)")
                #expect(run.errorText.contains("approvals.command"), "\(command): \(run.errorText)")
                #expect(fixture.server.requests.isEmpty)
            }
        }
    }

    @Test func anExchangedScriptIsAskedAboutAgainAndThenRefused() async throws {
        try await ExecFixture.with(
            [ExecFixture.shell("bash job.sh"), .text("Done.")], files: ["job.sh": "echo good\n"],
            settings: Self.untrusted
        ) { fixture in
            let swap = "echo \"touch made # $RANDOM$RANDOM\" > '\(fixture.repository.path)/job.sh'"
            let flags = try Self.reviewer(
                "\(swap)\necho '{\"decision\": \"approve\", \"scope\": \"project\"}'", in: fixture)
            let run = try await exec(fixture, flags + ["go"])
            #expect(run.status == 4)
            #expect(!Self.exists("made", in: fixture))
            #expect(try Self.asked(fixture).count == 3)
            #expect(try Self.asked(fixture).first?["scripts"]?[0]?["text"] == "echo good\n")
            let reason = run.items("command_execution").first?["reason"]?.string
            #expect(reason?.hasSuffix("/job.sh changed before it could run") == true)
            #expect(!PosixFile.exists(fixture.home.at("grants.json")))
        }
    }

    @Test func aPatchIsAskedAboutWithItsDiffAndACommandWithTheModelsReason() async throws {
        let patch = """
            *** Begin Patch
            *** Add File: made
            +hello
            *** End Patch
            """
        let steps = [
            ScriptedStep(calls: [ScriptedStep.Call("apply_patch", .custom(patch))]),
            .call("exec_command", ["cmd": "rm made", "justification": "it was a try"]), .text("Done."),
        ]
        try await ExecFixture.with(steps, settings: Self.untrusted) { fixture in
            let yes = "echo '{\"decision\": \"approve\"}'"
            let run = try await exec(fixture, try Self.reviewer(yes, in: fixture) + ["go"])
            #expect(run.status == 0, "\(run.errorText)\(run.text)")
            let asked = try Self.asked(fixture)
            #expect(asked.count == 2)
            #expect(asked.first?["diff"]?.string?.contains("+hello") == true)
            #expect(asked.last?["reason"] == "it was a try")
            let tools = fixture.server.requests.first?.body["tools"]?.array ?? []
            #expect(tools.contains { $0["parameters"]?["properties"]?["justification"] != nil })
        }
        // Where nobody is asked, the model is not bothered for reasons.
        try await ExecFixture.with(
            [ScriptedStep(calls: [ScriptedStep.Call("apply_patch", .custom(patch))]), .text("Done.")],
            settings: Self.untrusted
        ) { fixture in
            let run = try await exec(fixture, ["go"])
            #expect(run.status == 4)
            #expect(!Self.exists("made", in: fixture))
            #expect(run.items("file_change").first?["status"] == "declined")
            #expect(fixture.server.requests.first?.body.text.contains("justification") == false)
        }
    }

    // MARK: What is remembered

    @Test func aGrantForTheSessionIsFoundAgainByResumeAndNowhereElse() async throws {
        let steps = [Self.touch, .text("1"), Self.touch, .text("2"), Self.touch, .text("3")]
        try await ExecFixture.with(steps, settings: Self.untrusted) { fixture in
            let flags = try Self.reviewer(#"echo '{"decision": "approve", "scope": "session"}'"#, in: fixture)
            #expect(try await exec(fixture, flags + ["go"]).status == 0)
            // Without any reviewer the answer of before still counts.
            let again = try await exec(fixture, ["resume", "--last", "again"])
            #expect(again.status == 0, "\(again.text)")
            #expect(Self.approvals(again).first?["answered_by"] == "grant")
            #expect(try await exec(fixture, ["new"]).status == 4)
            #expect(try Self.asked(fixture).count == 1)
        }
    }

    @Test func aGrantForTheProjectIsShownExplainedRevokedAndExpires() async throws {
        let steps = (1...5).flatMap { [Self.touch, ScriptedStep.text("\($0)")] }
        try await ExecFixture.with(steps, settings: Self.untrusted) { fixture in
            func lockgate(_ arguments: String..., in folder: String? = nil) async throws -> ProgramRun.Result {
                try await ProgramRun.run(
                    "lockgate", arguments, in: folder ?? fixture.repository.path, environment: fixture.environment,
                    scratch: fixture.home)
            }
            let flags = try Self.reviewer(#"echo '{"decision": "approve", "scope": "project"}'"#, in: fixture)
            #expect(try await exec(fixture, flags + ["go"]).status == 0)
            let granted = try await exec(fixture, ["go"])
            #expect(granted.status == 0, "\(granted.text)")
            let id = try #require(Self.approvals(granted).first?["answer"]?["grants"]?[0]?["id"]?.string)

            let list = try #require(try await lockgate("grants", "list", "--json").events.first)
            #expect(list.array?.count == 1)
            #expect(list[0]?["id"]?.string == id)
            #expect(list[0]?["counts_here"] == true)
            #expect(list[0]?["project"]?["root"]?.string == PosixFile.canonical(fixture.repository.path))
            let explained = try await lockgate("explain", "--", "touch made").text
            #expect(
                explained.hasPrefix("allow  by exact_command(argv=[\"/bin/bash\", \"-c\", \"touch made\"]"),
                "\(explained)")
            #expect(explained.contains("granted: for the project, until 20"))
            #expect(explained.contains("to take it back: lockgate grants revoke \(id)"))
            #expect(try await lockgate("explain", "--", "touch other").text.hasPrefix("ask "))
            // Another project has none of it, even one with the same content.
            try await GitRepository.with([:]) { other in
                let elsewhere = try await lockgate("grants", "list", "--json", in: other.path)
                #expect(elsewhere.events.first?[0]?["counts_here"] == false)
            }

            #expect(try await lockgate("grants", "revoke", "g0").status == 1)
            #expect(try await lockgate("grants", "revoke", id).status == 0)
            #expect(try await lockgate("grants").text == "No grants.\n")
            #expect(try await exec(fixture, ["go"]).status == 4)

            #expect(try await exec(fixture, flags + ["go"]).status == 0)
            let text = try #require(try fixture.home.text("grants.json"))
            let start = try #require(text.firstRange(of: "\"expires\":\"")).upperBound
            try fixture.home.write("grants.json", text.replacingCharacters(in: start, with: "2001"))
            #expect(try await lockgate("grants").text.contains(", expired\n"))
            #expect(try await exec(fixture, ["go"]).status == 4)
            #expect(try await lockgate("grants", "clear").text.hasPrefix("taken back: g"))
        }
    }

    @Test func aDamagedFileOfGrantsStopsTheRunBeforeAnythingIsSent() async throws {
        try await ExecFixture.with([Self.touch], settings: Self.untrusted) { fixture in
            try fixture.home.write("grants.json", "{\"version\": 1, \"grants\": [{}]}")
            let run = try await exec(fixture, ["go"])
            #expect(run.status == 1)
            #expect(run.errorText.contains("grants.json is damaged"), "\(run.errorText)")
            #expect(run.errorText.contains("move it away"))
            #expect(fixture.server.requests.isEmpty)
        }
    }

    @Test func whatRunsInTheSandboxReachesNoGrant() async throws {
        let steps = [
            ExecFixture.shell("cat $G; echo x >> $G; rm -f $G; mkdir -p $(dirname $G); echo y > $G; true"),
            .call("write_file", ["path": "HOME/grants.json", "content": "{}"]), .text("Done."),
        ]
        try await ExecFixture.with(steps) { fixture in
            try fixture.home.write("grants.json", "{\"version\": 1, \"grants\": []}\n")
            let run = try await exec(
                fixture, ["-c", "shell_environment_policy.set.G=\"\(fixture.home.at("grants.json"))\"", "go"])
            #expect(run.items("command_execution").first?["status"] == "completed")
            #expect(run.items("command_execution").first?["aggregated_output"]?.string?.contains("version") == false)
            #expect(try fixture.home.text("grants.json") == "{\"version\": 1, \"grants\": []}\n")
        }
    }

    // MARK: Several at once, nobody, a model

    @Test func aHooksQuestionIsPutToTheReviewerAndNoGrantAnswersIt() async throws {
        let hook = HookFixture.json("PreToolUse", HookFixture.decision("ask", "outside of working hours"))
        try await ExecFixture.with([Self.touch, .text("Done.")]) { fixture in
            try fixture.home.write("hooks.json", hook)
            let flags = try Self.reviewer(#"echo '{"decision": "approve"}'"#, in: fixture)
            let run = try await exec(fixture, flags + ["go"])
            #expect(run.status == 0, "\(run.errorText)\(run.text)")
            let approval = try #require(Self.approvals(run).first)
            #expect(approval["answered_by"] == "command")
            #expect(approval["request"]?["verdict"]?["reason"] == "outside of working hours")
            // A yes to a hook counts once: what is remembered could not answer it.
            #expect(approval["request"]?["offers"]?.array?.compactMap { $0["scope"]?.string } == ["once"])
            #expect(Self.exists("made", in: fixture))
        }
    }

    @Test func aPermissionHookAnswersBeforeTheReviewerAndIsHeardOnce() async throws {
        let allow = HookFixture.answer([
            "hookSpecificOutput": ["hookEventName": "PermissionRequest", "decision": ["behavior": "allow"]]
        ])
        try await ExecFixture.with([Self.touch, .text("Done.")], settings: Self.untrusted) { fixture in
            try fixture.home.write("hooks.json", HookFixture.json("PermissionRequest", allow))
            let flags = try Self.reviewer(#"echo '{"decision": "deny"}'"#, in: fixture)
            let run = try await exec(fixture, flags + ["go"])
            #expect(run.status == 0, "\(run.errorText)\(run.text)")
            #expect(run.hooks.count == 1)
            #expect(try Self.asked(fixture).isEmpty)
            #expect(Self.exists("made", in: fixture))
        }
    }

    @Test func equalParallelCallsAreAskedOnce() async throws {
        let call = ScriptedStep.Call("exec_command", ["cmd": "echo x >> made"])
        let steps = [ScriptedStep(calls: [call, call, call]), .text("Done.")]
        try await ExecFixture.with(steps, settings: Self.untrusted) { fixture in
            // All three have to be there before it answers: each has begun its item, and has a moment to come to the
            // question after that.
            let begun = "$(cat $(find '\(fixture.home.at("sessions"))' -name '*.jsonl') | grep -c item.started)"
            let flags = try Self.reviewer(
                "until [ \(begun) -ge 3 ]; do sleep 0.05; done; sleep 0.5\necho '{\"decision\": \"approve\"}'",
                in: fixture)
            let run = try await exec(fixture, flags + ["go"])
            #expect(run.status == 0, "\(run.text)")
            #expect(try Self.asked(fixture).count == 1)
            #expect(Self.approvals(run).count == 3)
            #expect(run.items("command_execution").compactMap { $0["exit_code"]?.int } == [0, 0, 0])
        }
    }

    @Test(arguments: [
        ([], "nobody can be asked in this run"),
        (["-c", "approvals_reviewer=user"], "nobody can be asked in this run"),
        (["-c", "approvals_reviewer=never"], "approvals_reviewer = \"never\" (command line (-c)) refuses it"),
    ])
    func withoutAnyoneTheAnswerIsNo(_ flags: [String], _ says: String) async throws {
        try await ExecFixture.with([Self.touch, .text("Done.")], settings: Self.untrusted) { fixture in
            let run = try await exec(fixture, flags + ["go"])
            #expect(run.status == 4)
            #expect(Self.approvals(run).map { $0["answered_by"] } == ["never"])
            let denial = run.events.first { $0["type"] == "effect.denied" }
            #expect(denial?["verdict"]?["reason"]?.string?.hasSuffix(says) == true, "\(run.text)")
        }
    }

    @Test func aModelsAnswerCountsOnceAndItsTokensAreCounted() async throws {
        let yes = #"{"outcome":"allow","risk_level":"low","rationale":"plainly wanted"}"#
        let no = #"{"outcome":"deny","risk_level":"high","rationale":"once is enough"}"#
        let steps = [Self.touch, .text(yes), Self.touch, .text("hm"), .text(no), .text("Done.")]
        try await ExecFixture.with(steps, settings: Self.untrusted) { fixture in
            let run = try await exec(fixture, ["-c", "approvals_reviewer=auto_review", "make a file"])
            #expect(run.status == 4, "\(run.errorText)")
            #expect(Self.exists("made", in: fixture))
            #expect(Self.approvals(run).map { $0["answered_by"] } == ["auto_review", "auto_review"])
            #expect(Self.approvals(run).map { $0["answer"]?["risk_level"] } == ["low", "high"])
            #expect(fixture.server.requests.count == 6)
            let review = fixture.server.requests[1].body
            #expect(review["tools"]?.array?.isEmpty ?? true)
            #expect(review.text.contains("make a file"))
            // The main thread never sees the reviews.
            #expect(fixture.server.requests.last?.body.text.contains("plainly wanted") == false)
            // Six answers of the same size, two of them about the command: all count.
            let main = run.events.last?["requests"]?.int
            #expect(main == 3)
            let journal = String(
                decoding: try PosixFile.read(try #require(fixture.journals.first), limit: 1 << 20), as: UTF8.self)
            let used = journal.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }.filter {
                ["model.response", "review.response"].contains($0["type"]?.string)
            }.compactMap { $0["payload"]?["usage"]?["output_tokens"]?.int }
            #expect(used.count == 6)
            #expect(run.events.last?["usage"]?["output_tokens"]?.int == used.reduce(0, +))
        }
    }
}

extension String {
    /// The text with as many characters replaced from `start` on as the new ones are.
    fileprivate func replacingCharacters(in start: String.Index, with text: String) -> String {
        self[..<start] + text + self[index(start, offsetBy: text.count)...]
    }
}
