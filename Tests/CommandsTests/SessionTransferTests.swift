import Basics
import Glibc
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct SessionTransferTests {
    private func sessions(_ fixture: ExecFixture, home: String? = nil, _ arguments: String...) async throws
        -> ProgramRun.Result
    {
        var environment = fixture.environment
        if let home { environment["LOCKGATE_HOME"] = home }
        return try await ProgramRun.run(
            "lockgate", ["sessions"] + arguments, in: fixture.repository.path, environment: environment,
            scratch: fixture.home)
    }

    private func words(_ fixture: ExecFixture) -> [String] {
        (fixture.server.requests.last?.body["input"]?.array ?? []).flatMap { item -> [String] in
            (item["content"]?.array ?? []).compactMap { $0["text"]?.string }
        }.filter { !$0.hasPrefix("<environment_context>") && !$0.hasPrefix("# Instructions") }
    }

    @Test func aSessionGoesOnInAnotherHomeAndFolder() async throws {
        try await ExecFixture.with([.text("one done"), .text("two done")]) { fixture in
            #expect(try await fixture.exec(["one"]).status == 0)
            let path = try #require(fixture.journals.first)
            let id = String(PathText.name(path).dropLast(6))
            let bundle = fixture.home.at("one.bundle")
            let exported = try await sessions(fixture, "export", id, "--bundle", bundle)
            #expect(exported.status == 0, "\(exported.errorText)")
            try await TemporaryFolder.with { other in
                let home = other.at("home")
                try other.makeFolder("home")
                try other.makeFolder("place")
                try other.write("home/config.toml", try fixture.home.text("config.toml") ?? "")
                let imported = try await sessions(fixture, home: home, "import", bundle, "--json")
                #expect(imported.status == 0, "\(imported.errorText)")
                #expect(imported.events.first?["outcome"] == "imported")
                // Sealed by the other home's key.
                #expect(imported.events.first?["keys"]?.array?.count == 1)
                let run = try await fixture.exec(
                    ["--skip-git-repo-check", "-C", other.at("place"), "resume", id, "two"],
                    environment: ["LOCKGATE_HOME": home])
                #expect(run.status == 0, "\(run.errorText)")
                let sent = words(fixture)
                #expect(sent.prefix(2) == ["one", "one done"])
                #expect(sent.contains { $0.hasPrefix("The session goes on in another folder") })
                #expect(sent.last == "two")
                // Back again, where it goes on from what is there.
                let back = fixture.home.at("back.bundle")
                #expect(try await sessions(fixture, home: home, "export", id, "--bundle", back).status == 0)
                #expect(
                    try await sessions(fixture, "import", back, "--json").events.first?["outcome"] == "continued")
                #expect(try await sessions(fixture, "import", back, "--json").events.first?["outcome"] == "known")
            }
            #expect(try await sessions(fixture, "import", path).status == 1)
        }
    }

    @Test func itsTurnsAreTakenBackInAnotherHomeAndFolder() async throws {
        let steps = [ExecFixture.shell("echo new > README.md; rm old; echo x > made"), .text("Done.")]
        try await ExecFixture.with(steps, files: ["README.md": "# Test\n", "old": "precious\n"]) { fixture in
            #expect(try await fixture.exec(["-s", "workspace-write", "go"]).status == 0)
            let path = try #require(fixture.journals.first)
            let id = String(PathText.name(path).dropLast(6))
            let bundle = fixture.home.at("with.bundle")
            let exported = try await sessions(fixture, "export", id, "--bundle", bundle, "--checkpoints")
            #expect(
                exported.status == 0 && exported.text == "with the checkpoints of 1 turn\n", "\(exported.errorText)")
            try await TemporaryFolder.with { other in
                for name in ["home", "place"] { try other.makeFolder(name) }
                for (name, text) in [("README.md", "new\n"), ("made", "x\n")] { try other.write("place/\(name)", text) }
                let home = other.at("home")
                let plain = try await sessions(fixture, home: home, "import", bundle, "--json")
                #expect(plain.events.first?["turns"] == .null, "\(plain.errorText)")
                // A bundle whose checkpoints were changed brings nothing.
                var bytes = try PosixFile.read(bundle, limit: 1 << 24)
                let place = try #require(bytes.indices.last { bytes[$0] == UInt8(ascii: "p") })
                bytes[place] ^= 1
                try other.write("changed.bundle", bytes)
                let changed = try await sessions(
                    fixture, home: home, "import", other.at("changed.bundle"), "-C", other.at("place"))
                #expect(
                    changed.status == 1 && changed.errorText.contains("checkpoints are others"), "\(changed.errorText)")
                let imported = try await sessions(
                    fixture, home: home, "import", bundle, "-C", other.at("place"), "--json")
                #expect(imported.events.first?["turns"] == 1, "\(imported.errorText)")
                var environment = fixture.environment
                environment["LOCKGATE_HOME"] = home
                let undone = try await ProgramRun.run(
                    "lockgate", ["undo", "--yes"], in: other.at("place"), environment: environment, scratch: other)
                #expect(undone.status == 0, "\(undone.text)\(undone.errorText)")
                #expect(try other.names("place") == ["README.md", "old"])
                #expect(try other.text("place/README.md") == "# Test\n")
                #expect(try other.text("place/old") == "precious\n")
            }
            #expect(try await sessions(fixture, "export", id, "--checkpoints").status == 2)
        }
    }

    @Test func aSessionOfAnotherProgramIsFoundAndForked() async throws {
        try await ExecFixture.with([.text("forked done"), .text("more done")]) { fixture in
            let lines = [
                #"{"timestamp":"2026-03-01T10:00:00.123Z","type":"session_meta","payload":{"id":"x","cwd":"/p"}}"#,
                #"{"timestamp":"2026-03-01T10:00:02.000Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"old question"}]}}"#,
                #"{"timestamp":"2026-03-01T10:00:03.000Z","type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"old answer"}]}}"#,
                "broken",
            ]
            try fixture.home.write("rollouts/a/rollout-1.jsonl", lines.joined(separator: "\n"))
            let imported = try await sessions(fixture, "import", "--codex", fixture.home.at("rollouts"))
            #expect(imported.status == 0, "\(imported.errorText)")
            #expect(imported.text.contains("1 line could not be read, the first is 4"))
            #expect(imported.text.contains("1 imported, 0 renewed, 0 here already"))
            let hit = try await sessions(fixture, "search", "old answer", "--json").events.first?[0]
            let id = try #require(hit?["session"]?.string)
            let resumed = try await fixture.exec(["resume", id, "on"])
            #expect(resumed.status == 1)
            #expect(resumed.errorText.contains("lockgate exec fork"))
            #expect(try await fixture.exec(["fork", id, "new question"]).status == 0)
            #expect(words(fixture) == ["old question", "old answer", "new question"])
            let shown = try await sessions(fixture, "show", id)
            #expect(shown.text.contains("> old question"))
            #expect(try await fixture.exec(["resume", "--last", "on"]).status == 0)
        }
    }
}
