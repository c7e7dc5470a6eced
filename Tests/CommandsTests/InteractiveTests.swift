import ArgumentParser
import Basics
import Glibc
import TestSupport
import Testing
import Wire

@testable import Commands

/// `lockgate` without a verb, in a real terminal.
@Suite(.timeLimit(.minutes(5))) struct InteractiveTests {
    private static let done = "What next?"

    @Test func aPersonWorksWithIt() async throws {
        let steps: [ScriptedStep] = [
            ExecFixture.shell("echo made > made; cat made"), .text("It is **made**."), .text("Second answer."),
        ]
        try await ExecFixture.with(steps) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                #expect(fixture.journals.isEmpty)
                try terminal.type("make it")
                try terminal.send("Enter")
                var screen = try await terminal.wait(for: Self.done)
                for words in ["› make it", "✓ $ echo made > made; cat made", "│ made", "It is made.", "1 file changed"]
                {
                    #expect(screen.contains(words), "\(words) in \(screen)")
                }
                // The same session takes another prompt.
                try terminal.type("and again")
                try terminal.send("Enter")
                try await terminal.wait(for: "Second answer.")
                #expect(fixture.journals.count == 1)
                #expect(fixture.server.requests.last?.body.text.contains("make it") == true)
                try terminal.send("C-d")
                screen = try await terminal.wait(for: "left with 0")
                #expect(screen.contains("To go on with this session: lockgate resume"))
                // The first frame leaves nothing behind.
                #expect(!screen.contains("starting"), "\(screen)")
            }
        }
    }

    @Test func aQuestionIsAnsweredOnTheSheet() async throws {
        let steps = [ExecFixture.shell("touch made"), .text("Done.")]
        try await ExecFixture.with(steps, settings: "approval_policy = \"untrusted\"") { fixture in
            try await TerminalMultiplexer.with(fixture, ["touch it"]) { terminal in
                // Keys answer after a moment of quiet.
                let screen = try await terminal.wait(for: "y once")
                #expect(screen.contains("May this run?") && screen.contains("$ touch made"))
                #expect(!PosixFile.exists("\(fixture.repository.path)/made"))
                try terminal.send("y")
                try await terminal.wait(for: "You approved it once.")
                try await terminal.wait(for: Self.done)
                #expect(PosixFile.exists("\(fixture.repository.path)/made"))
            }
        }
    }

    @Test func escapeInterruptsAndTheSessionGoesOn() async throws {
        try await ExecFixture.with([ExecFixture.longCommand, .text("Resumed.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, ["run it"]) { terminal in
                try await terminal.wait(for: "◆ $ echo begun")
                // What it prints is seen while it runs.
                try await terminal.wait(for: "│ begun")
                try terminal.send("Escape")
                try await terminal.wait(for: "Interrupted. Say what to do instead.")
                try terminal.type("something else")
                try terminal.send("Enter")
                try await terminal.wait(for: "Resumed.")
            }
        }
    }

    @Test func hostileWordsDoNothingToTheTerminal() async throws {
        let attack = "a\u{1B}[2Jb\u{1B}]0;owned\u{07}c\u{9B}31md\u{202E}e"
        try await ExecFixture.with([.text(attack)]) { fixture in
            try await TerminalMultiplexer.with(fixture, ["say it"]) { terminal in
                let screen = try await terminal.wait(for: Self.done)
                #expect(screen.contains("a␛[2Jb␛]0;owned␇c‹9B›31md‹202E›e"), "\(screen)")
                #expect(screen.contains("› say it"))
            }
        }
    }

    @Test func aMegabyteIsPastedAndSent() async throws {
        try await ExecFixture.with([.text("Read.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                let line = String(repeating: "p", count: 99) + "\n"
                try terminal.paste(String(repeating: line, count: 10_486))
                try await terminal.wait(for: "[Pasted text #1: 10487 lines]")
                try terminal.send("Enter")
                let screen = try await terminal.wait(for: "Read.")
                #expect(screen.contains("… 10475 more lines"))
                let sent = fixture.server.requests.last?.bytes.count ?? 0
                #expect(sent > 1_048_600)
            }
        }
    }

    @Test func aResizeKeepsWhatWasSaid() async throws {
        try await ExecFixture.with([.text("First answer.\n\n" + String(repeating: "word ", count: 60))]) { fixture in
            try await TerminalMultiplexer.with(fixture, ["say"], width: 100) { terminal in
                try await terminal.wait(for: Self.done)
                for width in [60, 140, 40, 100] {
                    try terminal.resize(width: width, height: 24)
                    let screen = try await terminal.wait("the new width") { screen in
                        screen.split(separator: "\n").contains { $0 == String(repeating: "─", count: width) }
                    }
                    #expect(screen.components(of: "First answer.") == 1, "\(screen)")
                    #expect(screen.components(of: "What next?") == 1, "\(screen)")
                }
            }
        }
    }

    @Test func aSessionIsResumedWithItsConversation() async throws {
        try await ExecFixture.with([.text("The first answer."), .text("The second answer.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, ["first question"]) { terminal in
                try await terminal.wait(for: Self.done)
                try terminal.type("/rename the first")
                try terminal.send("Enter")
                try await terminal.wait(for: "lockgate resume \"the first\" goes on with it")
                try terminal.send("C-d")
                try await terminal.wait(for: "left with 0")
            }
            try await TerminalMultiplexer.with(fixture, ["resume", "the first"], trusted: false) { terminal in
                let screen = try await terminal.wait(for: Self.done)
                #expect(screen.contains("› first question") && screen.contains("The first answer."))
                try terminal.type("second question")
                try terminal.send("Enter")
                try await terminal.wait(for: "The second answer.")
                #expect(fixture.server.requests.last?.body.text.contains("The first answer.") == true)
                #expect(fixture.journals.filter { $0.hasSuffix(".jsonl") }.count == 1)
            }
        }
    }

    @Test func aSessionIsForkedFromTheListAndStays() async throws {
        try await ExecFixture.with([.text("The first answer."), .text("The second answer.")]) { fixture in
            #expect(try await fixture.exec(["first question"]).status == 0)
            let before = try PosixFile.read(try #require(fixture.journals.first), limit: 1 << 22)
            try await TerminalMultiplexer.with(fixture, ["fork"]) { terminal in
                try await terminal.wait(for: "Sessions in this folder")
                try terminal.send("Enter")
                let screen = try await terminal.wait(for: "Forked from session")
                #expect(screen.contains("› first question") && screen.contains("The first answer."), "\(screen)")
                try terminal.type("second question")
                try terminal.send("Enter")
                try await terminal.wait(for: "The second answer.")
                #expect(fixture.server.requests.last?.body.text.contains("The first answer.") == true)
                #expect(fixture.journals.count == 2)
                #expect(try PosixFile.read(fixture.journals[0], limit: 1 << 22) == before)
            }
        }
    }

    @Test func aFolderIsAskedAboutBeforeItIsTrusted() async throws {
        try await ExecFixture.with(
            [.text("Looked.")], files: ["a.txt": "a\n", ".lockgate/config.toml": "model = \"theirs\"\n"]
        ) { fixture in
            try await TerminalMultiplexer.with(fixture, ["look"], trusted: false) { terminal in
                try await terminal.wait(for: "Do you trust")
                #expect(fixture.server.requests.isEmpty)
                try terminal.send("Down", "Enter")
                let screen = try await terminal.wait(for: "Looked.")
                #expect(screen.contains("read-only"), "\(screen)")
                #expect(fixture.server.requests.first?.body["model"] == "scripted")
            }
        }
    }

    @Test func aTurnIsTakenBackFromTheList() async throws {
        let steps = [ExecFixture.shell("echo changed > README.md"), .text("Changed.")]
        try await ExecFixture.with(steps) { fixture in
            try await TerminalMultiplexer.with(fixture, ["change it"]) { terminal in
                try await terminal.wait(for: Self.done)
                #expect(
                    try PosixFile.read("\(fixture.repository.path)/README.md", limit: 100) == Array("changed\n".utf8))
                try terminal.type("/undo")
                try terminal.send("Enter")
                try await terminal.wait(for: "change README.md")
                try terminal.send("Enter")
                try await terminal.wait(for: "y does it")
                try terminal.send("y")
                try await terminal.wait(for: "Took back t1: 1 path.")
                #expect(
                    try PosixFile.read("\(fixture.repository.path)/README.md", limit: 100) == Array("# Test\n".utf8))
            }
        }
    }

    @Test func aCommandOfTheUsersOwnRunsInTheSandbox() async throws {
        try await ExecFixture.with([.text("I saw it.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("!echo $LAB_KEY-mine; touch /etc/not-mine")
                try terminal.send("Enter")
                let screen = try await terminal.wait("the output") {
                    $0.contains("-mine") && $0.contains("Read-only file system")
                }
                #expect(!screen.contains(ExecFixture.key))
                #expect(fixture.server.requests.isEmpty)
                try terminal.type("what did I do")
                try terminal.send("Enter")
                try await terminal.wait(for: "I saw it.")
                #expect(fixture.server.requests.last?.body.text.contains("I ran this command myself") == true)
            }
        }
    }

    @Test func twiceControlCLeaves() async throws {
        try await ExecFixture.with([]) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.send("C-c")
                try await terminal.wait(for: "Ctrl-C again leaves")
                try terminal.send("C-c")
                try await terminal.wait(for: "left with 0")
                try await terminal.wait("the shell's mode") { $0.contains("icanon") && !$0.contains("-icanon") }
            }
        }
    }

    @Test(arguments: [(SIGSEGV, 139), (SIGTERM, 143), (SIGHUP, 129)])
    func aTerminalIsGivenBackHoweverItEnds(signal: Int32, code: Int) async throws {
        try await ExecFixture.with([]) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.signal(signal)
                try await terminal.wait(for: "left with \(code)")
                try await terminal.wait("the shell's mode") { $0.contains("icanon") && !$0.contains("-icanon") }
            }
        }
    }

    @Test func withoutATerminalItSaysSo() async throws {
        try await ExecFixture.with([]) { fixture in
            let run = try await ProgramRun.run(
                "lockgate", ["hello"], in: fixture.repository.path, environment: fixture.environment,
                scratch: fixture.home)
            #expect(run.status == 2)
            #expect(
                run.errorText.contains("standard input is not a terminal") && run.errorText.contains("lockgate exec"))
        }
    }

    @Test func verbsAreNoPrompts() {
        for verb in Lockgate.configuration.subcommands {
            #expect(Lockgate.isVerb(verb.configuration.commandName ?? ""))
        }
        func words(_ line: String...) -> [String]? { InteractiveOptions(plain: line, isVerb: Lockgate.isVerb)?.words }
        #expect(words("mend it") == ["mend it"])
        #expect(words() == [])
        #expect(words("resume", "--last") == ["resume"])
        #expect(words("exec", "x") == nil)
        #expect(words("-m", "x", "exec") == nil)
        #expect(words("--help") == nil)
    }
}

extension String {
    func components(of needle: String) -> Int {
        var count = 0
        var rest = self[...]
        while let found = rest.firstRange(of: needle) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
