import Basics
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ImportTests {
    private static let files = [
        "home/.codex/config.toml":
            "model = \"gpt-5.5\"\nsandbox_mode = \"danger-full-access\"\n[mcp_servers.docs]\ncommand = \"x\"\n",
        "home/.codex/rules/default.rules": "prefix_rule(pattern=[\"git\", \"push\"], decision=\"forbidden\")\n",
        "home/.codex/auth.json": "{\"OPENAI_API_KEY\": \"hidden\"}",
        "home/.codex/skills/a/SKILL.md": "x",
    ]
    private static let config = "home/.lockgate/config.toml"

    @Test func withoutATerminalNothingIsWrittenButEverythingIsShown() async throws {
        try await ProjectFixture.with(Self.files) { fixture in
            let run = try await fixture.lockgate("import", "codex")
            #expect(run.status == 1)
            #expect(run.errorText.contains("add --yes"))
            #expect(run.text.contains("+model = \"gpt-5.5\"\n"))
            #expect(run.text.contains("+++ b\(fixture.home)/rules/codex-default.rules\n"))
            #expect(run.text.contains("mcp_servers.docs  \(fixture.folder.at("home/.codex/config.toml")):3:2\n"))
            #expect(run.text.contains("lockgate config set sandbox_mode danger-full-access"))
            #expect(run.text.contains("auth.json") && run.text.contains("skills"))
            #expect(!run.text.contains("hidden"))
            #expect(!PosixFile.exists(fixture.home))
        }
    }

    @Test func whatIsConfirmedIsWrittenCountsAndIsNotWrittenTwice() async throws {
        try await ProjectFixture.with(Self.files) { fixture in
            let run = try await fixture.lockgate("import", "codex", "--yes")
            #expect(run.status == 0)
            #expect(run.text.hasSuffix("\nWrote 2 files.\n"))
            #expect(try fixture.folder.text(Self.config) == "model = \"gpt-5.5\"\n")
            #expect(try await fixture.lockgate("config", "get", "model").text == "gpt-5.5\n")
            let push = try await fixture.lockgate("rules", "check", "--", "git", "push")
            #expect(push.text.contains("forbidden"))
            let again = try await fixture.lockgate("import", "codex")
            #expect(again.status == 0)
            #expect(again.text.contains("There is nothing to change."))
        }
    }

    @Test func jsonHoldsThePlanAndSaysWhetherItWasCarriedOut() async throws {
        try await ProjectFixture.with(Self.files) { fixture in
            let dry = try await fixture.lockgate("import", "codex", "--json")
            #expect(dry.status == 1)
            let plan = try #require(dry.events.first)
            #expect(plan["applied"] == false)
            #expect(plan["steps"]?[0]?["text"] == "set model = \"gpt-5.5\"")
            #expect(plan["steps"]?[0]?["line"] == 1)
            #expect(plan["changes"]?.array?.count == 2)
            #expect(
                plan["not_carried"]?.array?.map { $0["what"]?.string ?? "" }.sorted() == [
                    "auth.json", "mcp_servers.docs", "sandbox_mode = \"danger-full-access\"", "skills",
                ])
            let done = try await fixture.lockgate("import", "codex", "--json", "--yes")
            #expect(done.status == 0)
            #expect(done.events.first?["applied"] == true)
        }
    }

    @Test func aBrokenSourceWritesNothing() async throws {
        var files = Self.files
        files["home/.codex/hooks.json"] = "{\"hooks\":\n {]}"
        try await ProjectFixture.with(files) { fixture in
            let run = try await fixture.lockgate("import", "codex", "--yes")
            #expect(run.status == 1)
            #expect(run.errorText.contains("home/.codex/hooks.json:2:3: not valid JSON"))
            #expect(!PosixFile.exists(fixture.home))
        }
    }

    @Test func linksOutOfTheSourceAreNotFollowed() async throws {
        try await ProjectFixture.with(["home/outside/config.toml": "model = \"outside\"\n"]) { fixture in
            try fixture.folder.makeFolder("home/.codex")
            for (name, goal) in [
                ("config.toml", "../outside/config.toml"), ("rules", fixture.folder.at("home/outside")),
                ("AGENTS.md", "/etc/passwd"),
            ] {
                try #require(symlink(goal, fixture.folder.at("home/.codex/\(name)")) == 0)
            }
            let run = try await fixture.lockgate("import", "codex", "--yes")
            #expect(run.status == 0)
            #expect(run.text.contains("There is nothing to change."))
            for name in ["config.toml", "rules", "AGENTS.md"] {
                #expect(run.text.contains("  \(name)  \(fixture.folder.at("home/.codex"))/\(name)\n"))
            }
            #expect(!run.text.contains("root:"))
            #expect(!PosixFile.exists(fixture.home))
        }
    }

    @Test func aPipeOrAnEndlessFileInTheSourceIsRefused() async throws {
        try await ProjectFixture.with { fixture in
            try fixture.folder.makeFolder("home/.codex")
            try #require(mkfifo(fixture.folder.at("home/.codex/config.toml"), 0o600) == 0)
            try fixture.folder.write("home/.codex/AGENTS.md", [UInt8](repeating: 0x61, count: (4 << 20) + 1))
            let run = try await fixture.lockgate("import", "codex", "--yes")
            #expect(run.status == 0)
            #expect(run.text.contains("it is no regular file"))
            #expect(run.text.contains("it is larger than 4 MiB"))
        }
    }

    @Test func nothingInASourceDrivesTheTerminal() async throws {
        let files = [
            "home/.codex/config.toml": "model = \"a\"\n[mcp_servers.\"x\\u001b[2J\\u202e\"]\ncommand = \"c\"\n",
            "home/.codex/rules/\u{1B}[31m.rules": "prefix_rule(pattern=[\"ls\"])\n",
            "home/.codex/AGENTS.md": "a\u{1B}]0;title\u{7}b\n",
        ]
        try await ProjectFixture.with(files) { fixture in
            let run = try await fixture.lockgate("import", "codex")
            for byte: UInt8 in [0x1B, 0x07] { #expect(!run.output.contains(byte)) }
            #expect(!run.text.unicodeScalars.contains("\u{202E}"))
            #expect(run.text.contains("its name holds other characters"))
        }
    }

    @Test func aConfigurationThatDoesNotLoadAfterwardsIsPutBack() async throws {
        var files = Self.files
        // Broken before the import, and not by it: a rule file that no run would start with.
        files["home/.lockgate/rules/mine.rules"] = "prefix_rule(\n"
        files[Self.config] = "# mine\n"
        try await ProjectFixture.with(files) { fixture in
            let run = try await fixture.lockgate("import", "codex", "--yes")
            #expect(run.status == 1)
            #expect(run.errorText.contains("everything was put back as it was"))
            #expect(try fixture.folder.text(Self.config) == "# mine\n")
            #expect(!PosixFile.exists("\(fixture.home)/rules/codex-default.rules"))
        }
    }

    @Test func claudesFilesBesideAndInItsFolderAreRead() async throws {
        let files = [
            "home/.claude/settings.json": "{\"permissions\": {\"deny\": [\"Read(~/private/**)\", \"Bash(curl:*)\"]}}",
            "home/.claude.json": "{\"mcpServers\": {\"docs\": {}}}",
            "home/.claude/CLAUDE.md": "Use tabs.\n",
        ]
        try await ProjectFixture.with(files) { fixture in
            let run = try await fixture.lockgate("import", "claude", "--yes")
            #expect(run.status == 0)
            #expect(run.text.contains("mcpServers.docs"))
            #expect(try fixture.folder.text(Self.config) == "[filesystem]\ndeny_read = [\"~/private\"]\n")
            #expect(try fixture.folder.text("home/.lockgate/AGENTS.md") == "Use tabs.\n")
            #expect(
                try fixture.folder.text("home/.lockgate/rules/claude.rules")
                    == "prefix_rule(pattern=[\"curl\"], decision=\"forbidden\")\n")
        }
    }

    @Test func aProjectsImportGivesNoTrust() async throws {
        let files = [
            "project/.codex/config.toml": "model = \"p\"\n[projects.\"/\"]\ntrust_level = \"trusted\"\n",
            "project/.codex/hooks.json":
                "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"bell\"}]}]}}",
        ]
        try await ProjectFixture.with(files) { fixture in
            let run = try await fixture.lockgate("import", "codex", "--project", "--yes")
            #expect(run.status == 0)
            #expect(run.text.contains("nothing of it counts before `lockgate trust`"))
            #expect(try fixture.folder.text("project/.lockgate/config.toml") == "model = \"p\"\n")
            #expect(try await fixture.lockgate("config", "get", "model").status == 1)
            #expect(try await fixture.lockgate("trust", "--show").text.contains("not trusted"))
            #expect(!PosixFile.exists(fixture.home))
        }
    }

    @Test func aProjectsLinkDoesNotLeadWritingElsewhere() async throws {
        try await ProjectFixture.with(["project/.codex/config.toml": "model = \"p\"\n", "elsewhere/x": ""]) { fixture in
            try #require(symlink(fixture.folder.at("elsewhere"), "\(fixture.project)/.lockgate") == 0)
            let run = try await fixture.lockgate("import", "codex", "--project", "--yes")
            #expect(run.status == 1)
            #expect(run.errorText.contains(".lockgate is a symbolic link"))
            #expect(!PosixFile.exists(fixture.folder.at("elsewhere/config.toml")))
        }
    }

    @Test func aFolderThatIsNotThereIsAnError() async throws {
        try await ProjectFixture.with { fixture in
            let run = try await fixture.lockgate("import", "claude")
            #expect(run.status == 1)
            #expect(run.errorText.contains("--from DIR"))
            #expect(try await fixture.lockgate("import", "emacs").status == 2)
        }
    }
}
