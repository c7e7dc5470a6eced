import Basics
import TestSupport
import Testing
import Wire

@testable import Commands

/// Boards of the screen in a real terminal: what they show, and that they change nothing without a yes.
@Suite(.timeLimit(.minutes(5))) struct BoardTerminalTests {
    private static let done = "What next?"

    private static let twoHunks = (1...40).map { "line \($0)\n" }.joined()

    @Test func aFileOfAStageIsAppliedAndAnotherDropped() async throws {
        let steps = [
            ExecFixture.shell("echo staged > made.txt; sed -i 's/line 2$/second/;s/line 38/late/' long.txt"),
            .text("Done."),
        ]
        try await ExecFixture.with(
            steps, files: ["README.md": "# Test\n", "long.txt": Self.twoHunks],
            settings: "workspace = \"staged\"\nsandbox_mode = \"workspace-write\""
        ) { fixture in
            try await TerminalMultiplexer.with(fixture, ["change them"], width: 120) { terminal in
                try await terminal.wait(for: Self.done)
                try terminal.type("/review")
                try terminal.send("Enter")
                var screen = try await terminal.wait(for: "Staged, not yet in")
                for words in ["long.txt", "made.txt", "@@ -1,5 +1,5 @@"] {
                    #expect(screen.contains(words), "\(words) in \(screen)")
                }
                // The second hunk of the first file alone.
                try terminal.send("Down", "Down", "a")
                screen = try await terminal.wait(for: "y does it")
                #expect(screen.contains("Apply this to"), "\(screen)")
                #expect(try fixture.repository.folder.text("long.txt") == Self.twoHunks)
                try terminal.send("y")
                try await terminal.wait(for: "1 applied")
                #expect(
                    try fixture.repository.folder.text("long.txt")
                        == Self.twoHunks.replacing("line 38", with: "late"))
                #expect(!PosixFile.exists("\(fixture.repository.path)/made.txt"))
                // A no changes nothing; a yes drops what was made from the stage.
                try terminal.send("End", "d")
                try await terminal.wait(for: "Drop this from the stage?")
                try terminal.send("n")
                try await terminal.wait(for: "Nothing was done.")
                try terminal.send("d")
                try await terminal.wait(for: "Drop this from the stage?")
                try terminal.send("y")
                try await terminal.wait(for: "1 dropped from the stage")
                #expect(!PosixFile.exists("\(fixture.repository.path)/made.txt"))
                try terminal.send("q")
                try await terminal.wait(for: Self.done)
            }
            let rest = try await fixture.lockgate("diff", "--staged", "--name-only")
            #expect(rest.text == "M\tlong.txt\n", "\(rest.text)\(rest.errorText)")
        }
    }

    @Test func undoInAStagedSessionIsAboutTheStage() async throws {
        let steps = [ExecFixture.shell("echo staged > made.txt"), .text("Done.")]
        try await ExecFixture.with(
            steps, settings: "workspace = \"staged\"\nsandbox_mode = \"workspace-write\""
        ) { fixture in
            try await TerminalMultiplexer.with(fixture, ["make it"]) { terminal in
                try await terminal.wait(for: Self.done)
                try terminal.type("/undo")
                try terminal.send("Enter")
                try await terminal.wait(for: "Take back in the stage")
                try await terminal.wait(for: "delete made.txt")
                try terminal.send("Enter")
                try await terminal.wait(for: "y does it")
                try terminal.send("y")
                try await terminal.wait(for: "Took back 1 path in the stage")
            }
            let rest = try await fixture.lockgate("diff", "--staged", "--name-only")
            #expect(rest.text == "", "\(rest.text)")
        }
    }

    @Test func aFileThatASessionChangedInPlaceGoesBack() async throws {
        let steps = [ExecFixture.shell("echo changed > README.md; echo made > made.txt"), .text("Done.")]
        try await ExecFixture.with(steps) { fixture in
            try await TerminalMultiplexer.with(fixture, ["change them"], width: 120) { terminal in
                try await terminal.wait(for: Self.done)
                try terminal.type("/review")
                try terminal.send("Enter")
                try await terminal.wait(for: "What this session changed in")
                try terminal.send("d")
                try await terminal.wait(for: "Take this back to before the session?")
                try terminal.send("y")
                try await terminal.wait(for: "1 went back")
                #expect(try fixture.repository.folder.text("README.md") == "# Test\n")
                #expect(try fixture.repository.folder.text("made.txt") == "made\n")
            }
        }
    }

    /// Two hunks of a file and another file.
    private static let edits = ExecFixture.shell(
        "sed -i 's/line 2$/second/;s/line 38/late/' long.txt; echo x > made.txt")

    /// A turn that changed files, and the board that shows them, with the second hunk chosen.
    private func atTheSecondHunk(
        settings: String = "", title: String, _ body: (ExecFixture, TerminalMultiplexer) async throws -> Void
    ) async throws {
        let files = ["README.md": "# Test\n", "long.txt": Self.twoHunks]
        try await ExecFixture.with([Self.edits, .text("Done.")], files: files, settings: settings) { fixture in
            try await TerminalMultiplexer.with(fixture, ["change them"], width: 120) { terminal in
                try await terminal.wait(for: Self.done)
                try terminal.type("/review")
                try terminal.send("Enter")
                try await terminal.wait(for: title)
                try terminal.send("Down", "Down")
                try await terminal.wait("the second hunk") { $0.contains("+ late") && !$0.contains("+ second") }
                try await body(fixture, terminal)
            }
        }
    }

    @Test func aHunkIsDroppedFromAStage() async throws {
        try await atTheSecondHunk(
            settings: "workspace = \"staged\"\nsandbox_mode = \"workspace-write\"", title: "Staged, not yet in"
        ) { fixture, terminal in
            try terminal.send("d")
            try await terminal.wait(for: "Drop this from the stage?")
            try terminal.send("y")
            try await terminal.wait(for: "1 dropped from the stage")
            try terminal.send("A")
            try await terminal.wait(for: "Apply all that is staged")
            try terminal.send("y")
            try await terminal.wait(for: "applied")
            let wanted = Self.twoHunks.replacing("line 2\n", with: "second\n")
            #expect(try fixture.repository.folder.text("long.txt") == wanted)
            #expect(try fixture.repository.folder.text("made.txt") == "x\n")
        }
    }

    @Test func aHunkIsTakenBackInPlaceAndBroughtAgain() async throws {
        try await atTheSecondHunk(title: "What this session changed in") { fixture, terminal in
            let both = try #require(try fixture.repository.folder.text("long.txt"))
            try terminal.send("d")
            try await terminal.wait(for: "Take this back to before the session?")
            try terminal.send("n")
            try await terminal.wait(for: "Nothing was done.")
            #expect(try fixture.repository.folder.text("long.txt") == both)
            try terminal.send("d")
            try await terminal.wait(for: "Take this back to before the session?")
            try terminal.send("y")
            try await terminal.wait(for: "1 went back; /undo brings it again")
            #expect(try fixture.repository.folder.text("long.txt") == both.replacing("late", with: "line 38"))
            #expect(try fixture.repository.folder.text("made.txt") == "x\n")
            let journal = String(
                decoding: try PosixFile.read(try #require(fixture.journals.first), limit: 1 << 22), as: UTF8.self)
            #expect(
                journal.contains(#""type":"workspace.taken_back","payload":{"by":"user","changes":[{"path":"long.txt""#)
            )
            try terminal.send("q")
            try terminal.type("/undo")
            try terminal.send("Enter")
            try await terminal.wait(for: "a hunk of long.txt taken back")
            try terminal.send("Enter")
            try await terminal.wait(for: "y does it")
            try terminal.send("y")
            try await terminal.wait(for: "Took back")
            #expect(try fixture.repository.folder.text("long.txt") == both)
        }
    }

    /// The file becomes another one between the question and the answer, and then before the question.
    @Test func aHunkOfAFileThatChangedMeanwhileIsLeft() async throws {
        try await atTheSecondHunk(title: "What this session changed in") { fixture, terminal in
            let both = try #require(try fixture.repository.folder.text("long.txt"))
            try terminal.send("d")
            try await terminal.wait(for: "Take this back to before the session?")
            let mine = both.replacing("late", with: "late, as I want it")
            try fixture.repository.folder.write("long.txt", mine)
            try terminal.send("y")
            try await terminal.wait(for: "nothing was done")
            #expect(try fixture.repository.folder.text("long.txt") == mine)
            try terminal.send("d")
            try await terminal.wait(for: "Nothing can be taken back of it")
            #expect(try fixture.repository.folder.text("long.txt") == mine)
            #expect(!PosixFile.exists("\(fixture.repository.path)/long.txt.lockgate-undo"))
        }
    }

    @Test func attemptsAreComparedAndOneIsTakenOver() async throws {
        try await AttemptsRunTests.with({ $0 == 2 ? "echo fixed > code" : "echo try-\($0) > code" }) { fixture in
            let run = try await fixture.exec([
                "-s", "workspace-write", "--attempts", "2", "--check", "grep -q fixed code", "--check-attempts", "1",
                "mend it",
            ])
            #expect(run.status == 0, "\(run.errorText)")
            try await TerminalMultiplexer.with(fixture, [], width: 120) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("/attempts")
                try terminal.send("Enter")
                var screen = try await terminal.wait(for: "★ attempt 2")
                #expect(screen.contains("does not pass") && screen.contains("1/1 checks"), "\(screen)")
                try terminal.send("Down")
                try await terminal.wait(for: "+ fixed")
                try terminal.send("a")
                screen = try await terminal.wait(for: "y does it")
                #expect(screen.contains("change code"), "\(screen)")
                #expect(try fixture.repository.folder.text("code") == "broken\n")
                try terminal.send("y")
                try await terminal.wait(for: "1 path came over")
                #expect(try fixture.repository.folder.text("code") == "fixed\n")
            }
        }
    }

    @Test func aSessionIsHandedOverToAWorktree() async throws {
        let steps = [ExecFixture.shell("echo mine > made.txt"), .text("Done."), .text("Still here.")]
        try await ExecFixture.with([ExecFixture.shell("true"), .text("Made.")] + steps) { fixture in
            let run = try await fixture.exec(["-s", "workspace-write", "--worktree=fix", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            try await TerminalMultiplexer.with(fixture, ["make it"], width: 120) { terminal in
                try await terminal.wait(for: Self.done)
                #expect(try fixture.repository.folder.text("made.txt") == "mine\n")
                try terminal.type("/worktrees")
                try terminal.send("Enter")
                try await terminal.wait(for: "used ")
                try terminal.send("h")
                try await terminal.wait(for: "Shall this session go on in the worktree fix?")
                try terminal.send("y")
                try await terminal.wait(for: "The session goes on in")
                #expect(!PosixFile.exists("\(fixture.repository.path)/made.txt"))
                try terminal.type("are you there")
                try terminal.send("Enter")
                try await terminal.wait(for: "Still here.")
            }
            let request = fixture.server.requests.last?.body.text ?? ""
            #expect(request.contains("make it") && request.contains("/worktrees/"), "\(request)")
        }
    }

    @Test func hooksAreReviewedAndTrustedAsTheyWereShown() async throws {
        let marking = HookFixture.json("UserPromptSubmit", "touch marked")
        try await ExecFixture.with([.text("Done.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, [], width: 120) { terminal in
                try await terminal.wait(for: "? keys")
                try fixture.repository.folder.write(".lockgate/hooks.json", marking)
                try terminal.type("/hooks")
                try terminal.send("Enter")
                try await terminal.wait(for: "waits for your review")
                try terminal.send("t")
                try await terminal.wait(for: "Trust what this folder would execute?")
                // Something else by the time of the answer is not what was shown.
                try fixture.repository.folder.write(
                    ".lockgate/hooks.json", HookFixture.json("UserPromptSubmit", "touch another"))
                try terminal.send("y")
                try await terminal.wait(for: "changed")
                try terminal.send("t")
                try await terminal.wait(for: "touch another")
                try terminal.send("y")
                try await terminal.wait("the hook counts") { $0.contains("✓") && !$0.contains("waits for your review") }
                try terminal.send("q")
                try terminal.type("go")
                try terminal.send("Enter")
                try await terminal.wait(for: "Done.")
            }
            #expect(PosixFile.exists("\(fixture.repository.path)/another"))
            #expect(!PosixFile.exists("\(fixture.repository.path)/marked"))
        }
    }

    @Test func aWorktreeIsComparedAndMergedFromItsBoard() async throws {
        let steps = [ExecFixture.shell("echo much better > README.md"), .text("Done.")]
        try await ExecFixture.with(steps) { fixture in
            let run = try await fixture.exec(["-s", "workspace-write", "--worktree=fix", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            try await TerminalMultiplexer.with(fixture, [], width: 120) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("/worktrees")
                try terminal.send("Enter")
                var screen = try await terminal.wait(for: "+ much better")
                #expect(screen.contains("fix") && screen.contains("1 changed"), "\(screen)")
                try terminal.send("m")
                screen = try await terminal.wait(for: "y does it")
                #expect(screen.contains("change README.md"), "\(screen)")
                #expect(try fixture.repository.folder.text("README.md") == "# Test\n")
                try terminal.send("y")
                try await terminal.wait(for: "1 path came over")
                #expect(try fixture.repository.folder.text("README.md") == "much better\n")
            }
        }
    }

    @Test func pagesSayHowThingsStand() async throws {
        try await ExecFixture.with([.text("Done.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, ["go"]) { terminal in
                try await terminal.wait(for: Self.done)
                for (command, words) in [
                    ("/audit", "whole:"), ("/usage", "Today and this project"), ("/doctor", "What the machine grants"),
                    ("/config", "What somebody set"), ("/hooks", "No hooks."),
                ] {
                    try terminal.type(command)
                    try terminal.send("Enter")
                    try await terminal.wait(for: words)
                    try terminal.send("q")
                    try await terminal.wait("the composer") { $0.contains(Self.done) && !$0.contains(words) }
                }
            }
        }
    }

    @Test func sessionsAreFoundByWhatWasSaidInThem() async throws {
        try await ExecFixture.with([.text("The answer is zwieback."), .text("Other.")]) { fixture in
            #expect(try await fixture.exec(["first question"]).status == 0)
            #expect(try await fixture.exec(["second question"]).status == 0)
            try await TerminalMultiplexer.with(fixture, [], width: 120) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("/resume")
                try terminal.send("Enter")
                try await terminal.wait(for: "second question")
                try terminal.type("/zwieback")
                try terminal.send("Enter")
                try await terminal.wait { $0.contains("with “zwieback”") && !$0.contains("second question") }
                try terminal.send("Enter")
                try await terminal.wait(for: "The answer is zwieback.")
            }
        }
    }
}

extension TerminalMultiplexer {
    fileprivate func wait(until condition: (String) -> Bool) async throws {
        try await wait("the screen", until: condition)
    }
}
