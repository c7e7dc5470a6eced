import Basics
import TestSupport
import Testing

/// What is said to a turn that runs, in a real terminal.
@Suite(.timeLimit(.minutes(5))) struct SteeringScreenTests {
    private static let done = "What next?"
    /// Runs until the test lets it go.
    private static let waiting = ScriptedStep.call(
        "exec_command",
        [
            "cmd": "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo went", "yield_time_ms": 300_000,
        ])
    /// What tells a PNG; nobody looks into it.
    private static let picture: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Array(repeating: 0, count: 32)

    @Test func wordsReachTheTurnThatRuns() async throws {
        try await ExecFixture.with([Self.waiting, .text("With tabs.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, ["run it"]) { terminal in
                try await terminal.wait(for: "│ begun")
                try terminal.type("use tabs")
                try terminal.send("Enter")
                try await terminal.wait(for: "use tabs")
                try fixture.repository.folder.write("go", "")
                try await terminal.wait(for: "With tabs.")
                try await terminal.wait(for: Self.done)
            }
            #expect(fixture.server.requests.count == 2)
            let input = fixture.server.requests[1].body["input"]?.array ?? []
            #expect(input.last?["role"] == "user")
            #expect(input.last?["content"]?[0]?["text"] == "use tabs")
        }
    }

    @Test func anImageGoesAlongWithThem() async throws {
        try await ExecFixture.with([Self.waiting, .text("I see it.")]) { fixture in
            let path = "\(fixture.home.path)/shot.png"
            try PosixFile.replace(path, with: Self.picture)
            try await TerminalMultiplexer.with(fixture, ["run it"]) { terminal in
                try await terminal.wait(for: "│ begun")
                try terminal.paste(path)
                try await terminal.wait(for: "[image shot.png")
                try terminal.type("like this")
                try terminal.send("Enter")
                try await terminal.wait("the words alone") { !$0.contains("Tab keeps it") || $0.contains("like this") }
                try fixture.repository.folder.write("go", "")
                try await terminal.wait(for: "I see it.")
            }
            let content = fixture.server.requests.last?.body["input"]?.array?.last?["content"]?.array ?? []
            #expect(content.map { $0["type"] } == ["input_text", "input_image"], "\(content)")
            let run = try await fixture.lockgate("replay", try #require(fixture.journals.first))
            #expect(run.status == 0, "\(run.text)\(run.errorText)")
        }
    }
}
