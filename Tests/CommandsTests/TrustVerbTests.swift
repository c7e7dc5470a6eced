import Basics
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct TrustVerbTests {
    private static let files = [
        "project/.lockgate/hooks.json": "{\"hooks\": {}}\n", "project/.lockgate/rules/default.rules": "# none\n",
    ]

    @Test func withoutATerminalNothingIsTrusted() async throws {
        try await ProjectFixture.with(Self.files) { fixture in
            let run = try await fixture.lockgate("trust", input: "y\n")
            #expect(run.status == 5)
            #expect(run.errorText.contains("lockgate trust --yes"))
            #expect(run.text.contains("+ .lockgate/hooks.json\n    @@ -0,0 +1 @@\n    +{\"hooks\": {}}"))
            #expect(try fixture.folder.text("home/.lockgate/config.toml") == nil)
        }
    }

    @Test func trustIsBoundToTheContent() async throws {
        try await ProjectFixture.with(Self.files) { fixture in
            let first = try await fixture.lockgate("trust", "--yes")
            #expect(first.status == 0, "\(first.errorText)")
            #expect(first.text.contains("is trusted: 2 executable items"))
            #expect(try await fixture.lockgate("trust").status == 0)

            try fixture.folder.write("project/.lockgate/rules/default.rules", "# none\nprefix_rule(pattern=[\"rm\"])\n")
            let changed = try await fixture.lockgate("trust")
            #expect(changed.status == 5)
            #expect(changed.text.contains("~ .lockgate/rules/default.rules"))
            #expect(changed.text.contains("    +prefix_rule(pattern=[\"rm\"])"))
            #expect(!changed.text.contains("hooks.json"))

            // The approved content is still approved when it comes back, as after a change of branches.
            try fixture.folder.write("project/.lockgate/rules/default.rules", "# none\n")
            #expect(try await fixture.lockgate("trust").status == 0)
        }
    }

    @Test func aRunThatCannotAskRefusesUnreviewedContent() async throws {
        try await ProjectFixture.with(Self.files) { fixture in
            #expect(try await fixture.lockgate("trust", "--yes").status == 0)
            try fixture.folder.write("project/.lockgate/hooks.json", "{\"hooks\": {\"Stop\": []}}\n")
            let run = try await fixture.lockgate("exec", "hello")
            #expect(run.status == 5)
            #expect(run.errorText.contains(".lockgate/hooks.json (changed)"))
            #expect(run.errorText.contains("lockgate trust --show"))
        }
    }

    @Test func showingChangesNothing() async throws {
        try await ProjectFixture.with(Self.files) { fixture in
            for flag in ["--show", "--hooks"] {
                let run = try await fixture.lockgate("trust", flag)
                #expect(run.status == 0)
                #expect(run.text.contains("hooks.json"))
                #expect(run.text.contains("default.rules") == (flag == "--show"))
                #expect(try await fixture.lockgate("trust", flag, "--yes").status == 2)
            }
            let json = try #require(try await fixture.lockgate("trust", "--show", "--json").events.first)
            #expect(json["trust_level"] == .null)
            #expect(json["approved"] == false)
            #expect(try fixture.folder.text("home/.lockgate/config.toml") == nil)
        }
    }

    @Test func whatAProjectNamesCannotDriveTheTerminal() async throws {
        try await ProjectFixture.with(["project/.lockgate/hooks/a\u{1B}[2Jb": "x\u{1B}]0;t\u{07}\n"]) { fixture in
            let run = try await fixture.lockgate("trust", "--show")
            #expect(!run.output.contains(0x1B) && !run.output.contains(0x07))
        }
    }

    @Test func trustCanBeTakenBack() async throws {
        try await ProjectFixture.with(Self.files) { fixture in
            #expect(try await fixture.lockgate("trust", "--yes").status == 0)
            let run = try await fixture.lockgate("trust", "--revoke")
            #expect(run.text.contains("is not trusted"))
            #expect(try await fixture.lockgate("trust").status == 5)
        }
    }
}
