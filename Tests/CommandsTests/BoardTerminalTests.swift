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
