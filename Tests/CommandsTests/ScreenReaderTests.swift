import Basics
import TestSupport
import Testing

/// The plain mode in a real terminal: lines that are written once.
@Suite(.timeLimit(.minutes(5))) struct ScreenReaderTests {
    @Test func aTurnWithAQuestionIsLinesInOrder() async throws {
        let steps = [ExecFixture.shell("touch made"), .text("It is **made**.")]
        try await ExecFixture.with(steps, settings: "approval_policy = \"untrusted\"") { fixture in
            try await TerminalMultiplexer.with(fixture, ["--screen-reader"]) { terminal in
                try await terminal.wait(for: "Ready. Write what you want")
                try terminal.type("touch itt")
                try terminal.send("BSpace")
                try await terminal.wait(for: "> touch it\n")
                try terminal.send("Enter")
                try await terminal.wait(for: "Question:")
                try await terminal.wait(for: "1 Yes, this once")
                // Keys answer after a moment of quiet.
                try await Task.sleep(for: .milliseconds(500))
                try terminal.send("1")
                try await terminal.wait(for: "Your turn.")
                let screen = try await terminal.wait(for: "Agent: It is **made**.")
                let order = [
                    "> touch it\n", "Working. Esc interrupts.", "Running: touch made", "Question:", "May this run?",
                    "$ touch made", "1 Yes, this once", "Allowed: You approved it once.",
                    "Command ended with exit code 0: touch made", "Agent: It is **made**.", "Done after", "Your turn.",
                ]
                var rest = screen[...]
                for words in order {
                    let found = try #require(rest.firstRange(of: words), "\(words) in its place in \(screen)")
                    rest = rest[found.upperBound...]
                }
                // Nothing moves, and nothing is told by a sign alone.
                for sign in ["⠋", "⠙", "⠹", "│", "─", "◆", "✓"] {
                    #expect(!screen.contains(sign), "\(sign) in \(screen)")
                }
                // Each is said once.
                #expect(screen.components(of: "touch it") == 1 && screen.components(of: "May this run?") == 1)
                try terminal.type("/undo")
                try terminal.send("Enter")
                let list = try await terminal.wait(for: "1 of 1: t")
                #expect(list.contains("Take back. 1 to choose from"), "\(list)")
                try terminal.send("Escape")
                // Escape and what follows at once would be one key.
                try await terminal.wait("the prompt") { $0.split(whereSeparator: \.isNewline).last == ">" }
                try terminal.type("?")
                try await terminal.wait(for: "Other keys: [tui.keymap]")
                try terminal.send("C-d")
                try await terminal.wait(for: "left with 0")
            }
        }
    }

    @Test func theConfigurationTurnsItOn() async throws {
        try await ExecFixture.with([.text("Answer.")], settings: "[tui]\nscreen_reader = true") { fixture in
            try await TerminalMultiplexer.with(fixture, ["say it"]) { terminal in
                let screen = try await terminal.wait(for: "Your turn.")
                #expect(screen.contains("You: say it") && screen.contains("Agent: Answer."), "\(screen)")
                #expect(!screen.contains("─"), "\(screen)")
            }
        }
    }
}
