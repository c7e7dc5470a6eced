import Basics
import TestSupport
import Testing
import Wire

@testable import Commands

/// `lockgate exec --ask`: a person at a terminal.
@Suite(.timeLimit(.minutes(5))) struct TerminalReviewTests {
    /// Runs a program on a terminal of its own, types what `ahead` holds at once, and a line of `answers` at each
    /// prompt for an answer; prints what the terminal showed.
    private static let typist = """
        import os, pty, sys
        ahead, answers = sys.argv[1].encode(), sys.argv[2].encode().split(b",")
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvp(sys.argv[3], sys.argv[3:])
        os.write(terminal, ahead)
        shown, answered = b"", 0
        while True:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
            while shown.count(b"Answer 1 to") > answered and answered < len(answers):
                os.write(terminal, answers[answered] + b"\\n")
                answered += 1
        sys.stdout.buffer.write(shown)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """

    private func ask(
        _ answers: String, ahead: String = "",
        steps: [ScriptedStep] = [ExecFixture.shell("touch made"), .text("Done.")],
        _ check: (ExecFixture, ProgramRun.Result) throws -> Void
    ) async throws {
        try await ExecFixture.with(steps, settings: "approval_policy = \"untrusted\"") { fixture in
            let run = try await fixture.exec(
                ["--ask", "--color", "never", "-s", "workspace-write", "go"], environment: ["TERM": "xterm"],
                wrapper: ["/usr/bin/env", "python3", "-c", Self.typist, ahead, answers])
            try check(fixture, run)
        }
    }

    private func made(_ fixture: ExecFixture) -> Bool { PosixFile.exists("\(fixture.repository.path)/made") }

    @Test func aYesRunsTheCommandAfterAQuestionThatSaysEverything() async throws {
        try await ask("x,,9,1") { fixture, run in
            #expect(run.status == 0, "\(run.text)")
            #expect(made(fixture))
            for words in [
                "May this run?", "  │ touch made",
                "rule approval_policy = \"untrusted\"  \(fixture.home.path)/config.toml:",
                "1  yes, this once", "2  yes, and not again in this session", "this very command line in this folder",
                "3  yes, and not again in this project, until 20", "4  no, and the agent goes on",
                "5  no, and the turn ends", "approved by user, once",
            ] { #expect(run.text.contains(words), "\(words) in \(run.text)") }
        }
    }

    @Test func aNoRefusesAndWhatWasTypedBeforeIsNoAnswer() async throws {
        try await ask("4", ahead: "1\n1\n1\n") { fixture, run in
            #expect(run.status == 4, "\(run.text)")
            #expect(!made(fixture))
        }
    }

    @Test func theTurnEndsWhereThePersonSaysSoOrGoes() async throws {
        try await ask("5") { fixture, run in
            #expect(run.status == 1, "\(run.text)")
            #expect(fixture.server.requests.count == 1)
        }
        // End of input.
        try await ask("\u{4}") { fixture, run in
            #expect(run.status == 4, "\(run.text)")
            #expect(!made(fixture))
        }
        // Ctrl-C ends the run at the question.
        try await ask("\u{3}") { fixture, run in
            #expect(run.status == 130, "\(run.text)")
            #expect(!made(fixture))
        }
    }

    @Test func aGrantThatIsGivenSparesTheNextQuestion() async throws {
        let twice = [ExecFixture.shell("touch made"), ExecFixture.shell("touch made"), .text("Done.")]
        try await ask("2", steps: twice) { fixture, run in
            #expect(run.status == 0, "\(run.text)")
            #expect(run.text.contains("granted before, session"))
        }
    }

    @Test func whatTheSandboxRefusedIsOfferedAndTheNextRunMayWriteIt() async throws {
        // Not in /tmp, which commands have one of their own of.
        try await TemporaryFolder.with(in: "/var/tmp") { other in
            let place = try #require(PosixFile.canonical(other.path))
            let write = ExecFixture.shell("touch \(place)/f")
            try await ExecFixture.with([write, write, .text("Done.")]) { fixture in
                let run = try await fixture.exec(
                    ["--ask", "--color", "never", "-s", "workspace-write", "go"], environment: ["TERM": "xterm"],
                    wrapper: ["/usr/bin/env", "python3", "-c", Self.typist, "", "2"])
                #expect(PosixFile.exists("\(place)/f"))
                for words in [
                    "May commands write there?", "1  yes, for one more run of this command", "2  yes, in this session",
                    "writable_root(path=\"\(place)\")",
                ] { #expect(run.text.contains(words), "\(words) in \(run.text)") }
                let told = fixture.server.requests.map { String(decoding: $0.bytes, as: UTF8.self) }
                #expect(told[1].contains("The user has now allowed to write beneath \(place)"))
            }
        }
    }

    @Test func withoutATerminalNobodyCanBeAsked() async throws {
        try await ExecFixture.with([]) { fixture in
            for flags in [["--ask"], ["--ask", "--json"]] {
                let run = try await fixture.exec(flags + ["go"])
                #expect(run.status == 2)
                #expect(run.errorText.contains("--ask needs a terminal"))
            }
            #expect(fixture.journals.isEmpty)
        }
    }

    @Test func aQuestionCannotDriveTheTerminalOrFakeItsOwnLines() {
        let request = ApprovalRequest(
            id: "a", item: nil,
            effect: .runCommand(argv: [], display: "ls \u{1B}[2J\r\u{202E}x\n  why:     all is well", cwd: "/w"),
            verdict: Verdict(.ask, rule: "r", origin: .builtIn, reason: "because"),
            reach: EffectReach(
                commands: (1...10).map { "c\($0)" }, writes: ["a\nb"], reads: [], hosts: ["h"], unknown: ["u"]),
            scripts: [ApprovalRequest.Script(path: "/w/x", text: "one\n\u{1B}two\n")],
            offers: [
                .once, GrantOffer(scope: .user, rules: [.prefix(["npm", "ci"])], expires: WallTime(milliseconds: 0)),
            ],
            binding: "")
        let question = ApprovalQuestion(
            request: request, style: TerminalStyle(descriptor: -1, choice: .never, environment: [:]))
        #expect(
            question.text == """

                May this run?
                  │ ls \u{FFFD}[2J
                  │ \u{FFFD}x
                  │   why:     all is well
                  in /w
                  why:     because
                           rule r  built-in default
                  runs:    c1
                           c2
                           c3
                           c4
                           c5
                           c6
                           c7
                           c8
                           and 2 more
                  writes:  a⏎b
                  hosts:   h
                  unknown: u
                  /w/x:
                    │ one
                    │ \u{FFFD}two
                    │ 

                  1  yes, this once
                  2  yes, and not again in any project, until 1970-01-01
                       prefix_rule(pattern=["npm", "ci"], decision="allow")
                  3  no, and the agent goes on
                  4  no, and the turn ends

                """)
        #expect(question.choice(" 2 ") == .offer(request.offers[1]))
        #expect(question.choice("4") == .abort)
        for line in ["", "0", "5", "-1", "yes", "1x", "1 2"] {
            #expect(question.choice(line) == nil, "\(line)")
        }
    }
}
