import Basics
import TestSupport
import Testing

/// `[tui]`, images, the terminal's own services and interruptions, in a real terminal.
@Suite(.timeLimit(.minutes(5))) struct ScreenSettingsTests {
    @Test func keysAreThoseOfTheConfiguration() async throws {
        let settings =
            "[tui]\nvim = true\n[tui.keymap.composer]\nsubmit = \"alt-s\"\n[tui.keymap.editor]\ninsert_newline = [\"enter\"]"
        try await ExecFixture.with([.text("Answer.")], settings: settings) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("one")
                try terminal.send("Enter")
                try terminal.type("two")
                try terminal.send("Escape")
                try await terminal.wait(for: "NORMAL")
                try terminal.type("ggdwithree")
                try terminal.send("M-s")
                try await terminal.wait(for: "Answer.")
                #expect(fixture.server.requests.last?.body.text.contains("three\\ntwo") == true)
            }
        }
    }

    @Test(arguments: [
        ("[tui.keymap.composer]\nsubmit = \"ctrl-t\"", "ctrl-t is both composer.submit and global.open_transcript"),
        ("[tui.keymap.composer]\nsubmti = \"ctrl-s\"", "did you mean tui.keymap.composer.submit"),
        ("[tui.keymap.composer]\nsubmit = \"ctlr-s\"", "no terminal knows a key"),
    ])
    func wrongKeysAreErrorsWithTheirPlace(settings: String, message: String) async throws {
        try await ExecFixture.with([], settings: settings) { fixture in
            try await TerminalMultiplexer.with(fixture, [], width: 200) { terminal in
                let screen = try await terminal.wait(for: "no session")
                #expect(screen.contains(message), "\(screen)")
                #expect(screen.contains("config.toml:4:"), "\(screen)")
            }
        }
    }

    @Test func aThemeIsSeenAndKept() async throws {
        try await ExecFixture.with([]) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("/theme")
                try terminal.send("Enter")
                try await terminal.wait(for: "high-contrast")
                try terminal.send("Down", "Enter")
                try await terminal.wait(for: "The colours are \"dark\" from here on")
                let file = String(
                    decoding: try PosixFile.read(fixture.home.at("config.toml"), limit: 1 << 16), as: UTF8.self)
                #expect(file.contains("theme = \"dark\""), "\(file)")
            }
        }
    }

    @Test func aDroppedImageGoesAlong() async throws {
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Array(repeating: 0, count: 2000)
        try await ExecFixture.with([.text("I see it.")]) { fixture in
            let path = fixture.home.at("my shot.png")
            try PosixFile.replace(path, with: png)
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.paste("'\(path)'")
                try await terminal.wait(for: "[image my shot.png 2 KB]")
                try terminal.type("what is it")
                try terminal.send("Enter")
                try await terminal.wait(for: "I see it.")
                let body = fixture.server.requests.last?.body.text ?? ""
                #expect(body.contains("data:image/png;base64,") && body.contains("[image my shot.png 2 KB] what is it"))
            }
        }
    }

    @Test func anInterruptIsNotToldAsTheHelpersEnd() async throws {
        try await ExecFixture.with([ExecFixture.longCommand, .text("Resumed.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, ["run it"]) { terminal in
                try await terminal.wait(for: "│ begun")
                try terminal.send("Escape")
                let screen = try await terminal.wait(for: "Interrupted. Say what to do instead.")
                #expect(!screen.contains("killed from outside"), "\(screen)")
            }
        }
    }

    @Test func itIsSuspendedAndComesBack() async throws {
        try await ExecFixture.with([.text("Answer.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("half a ")
                try terminal.send("C-z")
                // The shell had its terminal back in its own mode in between.
                let stopped = try await terminal.wait("its mode") { screen in
                    screen.firstRange(of: "suspended").map { screen[$0.upperBound...].contains("icanon") } ?? false
                }
                #expect(stopped.contains("\nicanon"), "\(stopped)")
                try await terminal.wait("the text after it") { screen in
                    screen.firstRange(of: "suspended").map { screen[$0.upperBound...].contains("› half a") } ?? false
                }
                try terminal.type("prompt")
                try terminal.send("Enter")
                try await terminal.wait(for: "Answer.")
                #expect(fixture.server.requests.last?.body.text.contains("half a prompt") == true)
            }
        }
    }

    @Test func theEditorGivesItsTextBack() async throws {
        try await ExecFixture.with([.text("Answer.")]) { fixture in
            let editor = fixture.home.at("editor.sh")
            try PosixFile.replace(editor, with: Array("#!/bin/sh\nprintf ' edited' >> \"$1\"\n".utf8), mode: 0o755)
            try await TerminalMultiplexer.with(fixture, [], variables: ["EDITOR": editor]) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.type("text")
                try terminal.send("C-g")
                try await terminal.wait(for: "› text edited")
                try terminal.send("Enter")
                try await terminal.wait(for: "Answer.")
            }
        }
    }

    @Test func theClipboardGetsTheLastMessage() async throws {
        try await ExecFixture.with([.text("To be copied.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, ["say it"]) { terminal in
                try await terminal.wait(for: "What next?")
                try terminal.takeClipboard()
                try terminal.type("/copy")
                try terminal.send("Enter")
                try await terminal.wait(for: "copied")
                try await terminal.wait("the buffer") { _ in (try? terminal.clipboard) == "To be copied." }
            }
        }
    }

    /// Without any model configured, those whose key is set are offered, and the chosen one answers.
    @Test func theFirstRunAsksForAModel() async throws {
        try await ExecFixture.with([]) { fixture in
            try fixture.home.write("config.toml", "")
            try await TerminalMultiplexer.with(fixture, [], variables: ["OPENAI_API_KEY": "sk-none-0123456789"]) {
                terminal in
                let screen = try await terminal.wait(for: "No model yet. Which one answers?")
                #expect(screen.contains("via OpenAI; its key is set"), "\(screen)")
                #expect(screen.contains("Use the local model"), "\(screen)")
                try terminal.send("Enter")
                let ready = try await terminal.wait(for: "? keys")
                #expect(ready.contains("gpt-"), "\(ready)")
                #expect(!ready.contains("sk-none"), "\(ready)")
            }
        }
    }

    @Test func aSessionIsSummedUpForkedAndPutAway() async throws {
        let steps: [ScriptedStep] = [.text("First answer."), .text("The sum."), .text("Second answer.")]
        try await ExecFixture.with(steps) { fixture in
            try await TerminalMultiplexer.with(fixture, ["first question"]) { terminal in
                try await terminal.wait(for: "What next?")
                try terminal.type("/compact")
                try terminal.send("Enter")
                try await terminal.wait(for: "The conversation was summarised")
                try await terminal.wait(for: "─\n› What next?")
                try terminal.type("second question")
                try terminal.send("Enter")
                try await terminal.wait(for: "Second answer.")
                let last = fixture.server.requests.last?.body.text ?? ""
                #expect(last.contains("The sum.") && !last.contains("First answer."), "\(last)")
                try terminal.type("/fork")
                try terminal.send("Enter")
                try await terminal.wait(for: "Forked from session")
                try terminal.type("/usage")
                try terminal.send("Enter")
                try await terminal.wait(for: "requests")
                try terminal.send("q")
                try terminal.send("C-d")
                try await terminal.wait(for: "left with 0")
            }
            let id = PathText.name(try #require(fixture.journals.first)).dropLast(6)
            let replay = try await ProgramRun.run(
                "lockgate", ["replay", String(id)], in: fixture.repository.path, environment: fixture.environment,
                scratch: fixture.home)
            #expect(replay.status == 0, "\(replay.output) \(replay.errorText)")
        }
    }

    @Test func aSessionIsExportedAndDeleted() async throws {
        try await ExecFixture.with([.text("First answer.")]) { fixture in
            try await TerminalMultiplexer.with(fixture, ["first question"]) { terminal in
                try await terminal.wait(for: "What next?")
                try terminal.type("/export page.html")
                try terminal.send("Enter")
                try await terminal.wait(for: "Written:")
                #expect(PosixFile.exists("\(fixture.repository.path)/page.html"))
                try terminal.type("/delete")
                try terminal.send("Enter")
                try await terminal.wait(for: "Delete this session for good?")
                try terminal.send("Down", "Enter")
                try await terminal.wait(for: "y does it")
                try terminal.send("y")
                try await terminal.wait(for: "is deleted.")
                #expect(fixture.journals.filter { $0.hasSuffix(".jsonl") }.isEmpty)
            }
        }
    }
}
