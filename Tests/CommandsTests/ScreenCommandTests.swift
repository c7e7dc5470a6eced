import Basics
import TestSupport
import Testing

/// Commands of the screen in a real terminal.
@Suite(.timeLimit(.minutes(5))) struct ScreenCommandTests {
    private static let done = "What next?"

    @Test func backgroundCommandsAreListedAndStopped() async throws {
        let call = ScriptedStep.call(
            "exec_command", ["cmd": "echo serving; touch up; sleep 600", "yield_time_ms": 250])
        try await ExecFixture.with([call, .text("It serves.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, ["serve it"], width: 120) { terminal in
                try await terminal.wait(for: "It serves.")
                try await terminal.wait(for: Self.done)
                try terminal.type("/ps")
                try terminal.send("Enter")
                let screen = try await terminal.wait(for: "Background terminals")
                #expect(screen.contains("serving") && screen.contains("terminal 1"), "\(screen)")
                try terminal.send("x")
                try await terminal.wait(for: "Stop this command?")
                try terminal.send("n")
                try await terminal.wait(for: "Nothing was done.")
                try terminal.send("q")
                try terminal.type("/stop")
                try terminal.send("Enter")
                try await terminal.wait(for: "Stopped 1 command")
                try terminal.type("/ps")
                try terminal.send("Enter")
                try await terminal.wait(for: "ended")
                try terminal.send("x")
                try await terminal.wait(for: "It has ended already.")
            }
        }
    }

    @Test func serversAreShownWithTheirToolsAndWhatIsDecided() async throws {
        let settings = ToolServerRunTests.server("plain", "default_tools_approval_mode = \"writes\"")
        try await ExecFixture.with([.text("Done.")], settings: settings) { fixture in
            try await TerminalMultiplexer.with(fixture, [], width: 120) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("/mcp")
                try terminal.send("Enter")
                try await terminal.wait(for: "starts with the next prompt")
                try terminal.send("q")
                try terminal.type("go")
                try terminal.send("Enter")
                try await terminal.wait(for: "Done.")
                try await terminal.wait(for: Self.done)
                try terminal.type("/mcp")
                try terminal.send("Enter")
                let screen = try await terminal.wait(for: "2 tools")
                for words in ["ask", "echo", "allow", "look", "claims to read only"] {
                    #expect(screen.contains(words), "\(words) in \(screen)")
                }
            }
        }
    }

    @Test func aRecapSaysWhatHappened() async throws {
        let steps: [ScriptedStep] = [
            ExecFixture.shell("echo made > made"), ExecFixture.shell("exit 3"), .text("One of two went well."),
        ]
        try await ExecFixture.with(steps) { fixture in
            try await TerminalMultiplexer.with(fixture, ["do two things"], width: 100, height: 40) { terminal in
                try await terminal.wait(for: "What next?")
                try terminal.type("/recap")
                try terminal.send("Enter")
                let screen = try await terminal.wait(for: "It said last")
                for words in [
                    "do two things", "2 commands, 1 failed", "✓ echo made", "✗ exit 3", "1 file in the folder",
                ] {
                    #expect(screen.contains(words), "\(words) in \(screen)")
                }
            }
            #expect(fixture.server.requests.count == 3)
        }
    }

    @Test func whatTheStatusLineShowsIsChosenAndKept() async throws {
        try await ExecFixture.with([]) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("/statusline")
                try terminal.send("Enter")
                try await terminal.wait(for: "[x] model")
                try terminal.send("Down", "Enter")
                try await terminal.wait(for: "› [ ] model")
                try terminal.send("Escape")
                try await terminal.wait("a line without the model") { screen in
                    let last = screen.split(separator: "\n").last ?? ""
                    return last.contains("workspace-write") && !last.contains("scripted")
                }
                try terminal.type("/title")
                try terminal.send("Enter")
                try await terminal.wait(for: "[ ] state")
                try terminal.send("Enter")
                try await terminal.wait(for: "› [x] state")
            }
            let kept = String(
                decoding: try PosixFile.read(fixture.home.at("config.toml"), limit: 1 << 20), as: UTF8.self)
            #expect(kept.contains(#"status_line = ["permissions", "network""#), "\(kept)")
            #expect(kept.contains(#"terminal_title = ["state"]"#), "\(kept)")
        }
    }

    @Test func settingsOfAnotherAgentAreShownAndThenWritten() async throws {
        try await ExecFixture.with([]) { fixture in
            try fixture.home.write(".codex/config.toml", "model_reasoning_effort = \"low\"\n")
            try await TerminalMultiplexer.with(fixture, [], width: 100, height: 40) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("/import")
                try terminal.send("Enter")
                try await terminal.wait(for: "Codex's settings")
                try terminal.send("Enter")
                try await terminal.wait(for: "model_reasoning_effort")
                try terminal.send("Enter")
                try await terminal.wait(for: "Nothing was written.")
                try terminal.type("/import")
                try terminal.send("Enter")
                try await terminal.wait(for: "Codex's settings")
                try terminal.send("Enter")
                try await terminal.wait(for: "Yes, write what is shown")
                try terminal.send("Down", "Down", "Enter")
                try await terminal.wait(for: "Written:")
            }
            let kept = String(
                decoding: try PosixFile.read(fixture.home.at("config.toml"), limit: 1 << 20), as: UTF8.self)
            #expect(kept.contains("model_reasoning_effort = \"low\""), "\(kept)")
        }
    }

    @Test func aStagedSessionPlansWhileNothingWaits() async throws {
        let steps: [ScriptedStep] = [
            .text("I looked."), ExecFixture.shell("echo staged > made"), .text("Made."), .text("Never asked."),
        ]
        try await ExecFixture.with(
            steps, settings: "workspace = \"staged\"\nsandbox_mode = \"workspace-write\""
        ) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.send("BTab")
                try await terminal.wait(for: "Plan mode: the agent looks")
                try terminal.type("plan it")
                try terminal.send("Enter")
                try await terminal.wait(for: "I looked.")
                try terminal.send("BTab")
                try await terminal.wait(for: "Plan mode is over.")
                try terminal.type("make it")
                try terminal.send("Enter")
                try await terminal.wait(for: "1 file staged")
                try await terminal.wait(for: Self.done)
                #expect(!PosixFile.exists("\(fixture.repository.path)/made"))
                try terminal.send("BTab")
                try await terminal.wait(for: "this session's changes wait in a stage")
            }
        }
    }
}
