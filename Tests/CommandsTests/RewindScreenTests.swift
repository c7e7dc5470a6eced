import Audit
import Basics
import Journal
import TestSupport
import Testing

/// Esc Esc in a real terminal: going on from before an earlier message, with the files or without.
@Suite(.timeLimit(.minutes(5))) struct RewindScreenTests {
    private static let done = "What next?"

    private static let steps: [ScriptedStep] = [
        .text("First answer."), ExecFixture.shell("echo changed > README.md"), .text("Changed it."),
        .text("Another way."),
    ]

    /// Two turns, of which the second changes a file, and then the list of messages.
    private func talk(
        _ body: (ExecFixture, TerminalMultiplexer) async throws -> Void
    ) async throws {
        try await ExecFixture.with(Self.steps) { fixture in
            try await TerminalMultiplexer.with(fixture, ["first question"]) { terminal in
                try await terminal.wait(for: Self.done)
                try terminal.type("change it")
                try terminal.send("Enter")
                try await terminal.wait(for: "1 file changed")
                // Both at once: the second counts for two seconds, which a busy machine may need for one.
                try terminal.send("Escape", "Escape")
                let list = try await terminal.wait(for: "Go back to before")
                #expect(list.contains("› change it") && list.contains("  first question"), "\(list)")
                try await body(fixture, terminal)
            }
        }
    }

    private func readme(_ fixture: ExecFixture) throws -> String {
        String(decoding: try PosixFile.read("\(fixture.repository.path)/README.md", limit: 100), as: UTF8.self)
    }

    @Test func aMessageIsEditedAndTheFilesAreTakenBack() async throws {
        try await talk { fixture, terminal in
            let parent = try #require(fixture.journals.first)
            try terminal.send("Enter")
            let question = try await terminal.wait(for: "Take them back too?")
            #expect(question.contains("change README.md"), "\(question)")
            try terminal.send("Enter")
            let screen = try await terminal.wait(for: ": 1 path.")
            #expect(screen.contains("Forked from session"), "\(screen)")
            try await terminal.wait(for: "─\n› change it\n")
            #expect(try readme(fixture) == "# Test\n")
            let before = try PosixFile.read(parent, limit: 1 << 24)
            try terminal.type(" otherwise")
            try terminal.send("Enter")
            try await terminal.wait(for: "Another way.")
            let request = fixture.server.requests.last?.body.text ?? ""
            #expect(request.contains("First answer.") && request.contains("change it otherwise"))
            #expect(!request.contains("Changed it."))
            // The conversation that was left is whole and as it was, and the new one says where it came from.
            #expect(try PosixFile.read(parent, limit: 1 << 24) == before)
            #expect(VerificationRun.report(onFile: parent, expecting: Expectation()).isWhole)
            let child = try #require(fixture.journals.filter { $0.hasSuffix(".jsonl") }.last)
            let link = try JournalReader(path: child).records.first?.payload["parent"]
            #expect(link?["session"]?.string.map { parent.contains($0) } == true)
        }
    }

    @Test func filesStayWhereTheConversationAloneGoesBack() async throws {
        try await talk { fixture, terminal in
            try terminal.send("Down", "Enter")
            try await terminal.wait(for: "Take them back too?")
            try terminal.send("Down", "Enter")
            try await terminal.wait(for: "─\n› first question\n")
            #expect(try readme(fixture) == "changed\n")
            try terminal.send("Enter")
            try await terminal.wait(for: "Another way.")
            let request = fixture.server.requests.last?.body.text ?? ""
            #expect(request.contains("first question") && !request.contains("First answer."))
        }
    }

    @Test func cancelLeavesEverything() async throws {
        try await talk { fixture, terminal in
            try terminal.send("Enter")
            try await terminal.wait(for: "Take them back too?")
            try terminal.send("Down", "Down", "Enter")
            try await terminal.wait(for: Self.done)
            #expect(try readme(fixture) == "changed\n")
            #expect(fixture.journals.filter { $0.hasSuffix(".jsonl") }.count == 1)
        }
    }

    /// The messages of the sessions that a fork goes on from are still there to go back to.
    @Test func goingBackTwiceReachesBehindTheFork() async throws {
        try await talk { fixture, terminal in
            try terminal.send("Enter")
            try await terminal.wait(for: "Take them back too?")
            try terminal.send("Enter")
            try await terminal.wait(for: "─\n› change it\n")
            try terminal.send("C-c", "Escape", "Escape")
            let before = try await terminal.wait(for: "1 of 1")
            #expect(before.contains("› first question"), "\(before)")
            try terminal.send("Escape")
            try await terminal.wait(for: "─\n› What next?")
            try terminal.type("a third")
            try terminal.send("Enter")
            try await terminal.wait(for: "Another way.")
            try terminal.send("Escape", "Escape")
            let list = try await terminal.wait("the messages") {
                $0.contains("› a third") && $0.contains("  first question")
            }
            #expect(list.contains("2 of 2"), "\(list)")
            try terminal.send("Down", "Enter")
            try await terminal.wait(for: "─\n› first question\n")
            #expect(fixture.server.requests.count == 4)
        }
    }
}
