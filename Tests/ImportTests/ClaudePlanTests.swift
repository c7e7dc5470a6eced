import Basics
import Config
import Hooks
import Import
import Policy
import Testing
import Wire

@Suite struct ClaudePlanTests {
    private static let home = ImportFixture.home

    private static func permissions(
        allow: [String] = [], ask: [String] = [], deny: [String] = []
    ) -> [String: String] {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        let value: JSONValue = ["permissions": ["allow": list(allow), "ask": list(ask), "deny": list(deny)]]
        return ["settings.json": value.text]
    }

    @Test func patternsOfFirstWordsBecomeRules() throws {
        let plan = try ImportFixture.plan(
            .claude,
            Self.permissions(
                allow: ["Bash(npm run test:*)", "Bash(git diff *)"], ask: ["Bash(git push:*)"],
                deny: ["Bash(curl:*)", "Bash(rm -rf /)"]))
        let path = "\(Self.home)/rules/claude.rules"
        let text = try #require(plan.text(path))
        #expect(
            text == """
                prefix_rule(pattern=["npm", "run", "test"], decision="allow")
                prefix_rule(pattern=["git", "diff"], decision="allow")
                prefix_rule(pattern=["git", "push"], decision="prompt")
                prefix_rule(pattern=["curl"], decision="forbidden")
                prefix_rule(pattern=["rm", "-rf", "/"], decision="forbidden")

                """)
        #expect(try CommandRules(Array(text.utf8), file: path, layer: .user).prefixes.count == 5)
        #expect(plan.leftovers.isEmpty)
    }

    /// An allow that would reach further here than it did there is never written.
    static let inexact = [
        "Bash", "Bash(*)", "Bash(:*)", "Bash(npm run build)", "Bash(npm*)", "Bash(git * main)", "Bash(a && b:*)",
        "Bash(echo $HOME:*)", "Bash(X=1 make:*)", "Bash(echo \"a b\":*)", "Bash(ls >x:*)", "Bash(a  b:*)",
        "Bash(a\\nb:*)", "Bash(npm run", "Edit", "WebFetch(domain:example.org)", "mcp__docs__search", "Task(x)", "",
    ]

    @Test(arguments: inexact) func anAllowThatWouldReachFurtherIsListed(_ pattern: String) throws {
        let plan = try ImportFixture.plan(.claude, Self.permissions(allow: [pattern]))
        #expect(plan.changes.isEmpty)
        #expect(plan.leftovers.map(\.what) == ["permissions.allow \(pattern)"])
    }

    static let hidden: [(pattern: String, paths: [String], left: Int)] = [
        ("Read(./secrets/**)", ["secrets"], 0), ("Read(~/.config/x/**)", ["~/.config/x"], 0),
        ("Read(//etc/app/key.pem)", ["/etc/app/key.pem"], 0), ("Read(./config/*.pem)", ["config/*.pem"], 0),
        ("Read(.env)", [".env"], 1), ("Read(**/.env)", [".env"], 1), ("Read(/src/x)", [], 1), ("Read", [], 1),
        ("Read(./a/**/b)", [], 1), ("Read(//**)", [], 1),
    ]

    @Test(arguments: hidden) func whatMustNotBeReadIsHidden(_ sample: (pattern: String, paths: [String], left: Int))
        throws
    {
        let plan = try ImportFixture.plan(.claude, Self.permissions(deny: [sample.pattern]))
        let list = TOMLText.inline(.array(sample.paths.map(JSONValue.string)))
        #expect(
            plan.text("\(Self.home)/config.toml")
                == (sample.paths.isEmpty ? nil : "[filesystem]\ndeny_read = \(list)\n"))
        #expect(plan.leftovers.count == sample.left)
    }

    @Test func hiddenPathsAreAddedToThoseThatAreHiddenAlready() throws {
        let plan = try ImportFixture.plan(
            .claude, Self.permissions(deny: ["Read(./a)", "Read(./b/x)", "Read(./b/y)"]),
            here: ["config.toml": "[filesystem]\ndeny_read = [\"b/x\"] # mine\n"])
        #expect(
            plan.text("\(Self.home)/config.toml")
                == "[filesystem]\ndeny_read = [\"b/x\", \"a\", \"b/y\"] # mine\n")
        #expect(plan.kept.isEmpty)
    }

    @Test func variablesAreSetUnlessTheyAreSecretsOrRunCode() throws {
        let settings = """
            {"env": {
              "CI": "1", "API_TOKEN": "t-1", "PLAIN": "ghp_abcdefghijklmnopqrstuv", "LD_PRELOAD": "/x.so",
              "ANTHROPIC_MODEL": "m", "DB": "postgres://u:pw@h/d", "NUMBER": 3
            }}
            """
        let plan = try ImportFixture.plan(.claude, ["settings.json": settings])
        #expect(plan.text("\(Self.home)/config.toml") == "[shell_environment_policy.set]\nCI = \"1\"\n")
        #expect(
            plan.left == [
                "env.API_TOKEN 2:14", "env.PLAIN 2:34", "env.LD_PRELOAD 2:73", "env.ANTHROPIC_MODEL 3:3",
                "env.DB 3:27", "shell_environment_policy.set.NUMBER 3:56",
            ])
        for secret in ["t-1", "ghp_", "u:pw"] { #expect(!"\(plan)".contains(secret)) }
    }

    @Test func aPermissionThatHoldsAKeyIsNeitherCopiedNorShown() throws {
        let plan = try ImportFixture.plan(
            .claude, Self.permissions(allow: ["Bash(curl -H sk-abcdefghij0123456789:*)"]))
        #expect(plan.changes.isEmpty)
        #expect(plan.leftovers.count == 1)
        #expect(!"\(plan)".contains("sk-abc"))
    }

    @Test func modesServersAndSettingsWithoutEqualAreListed() throws {
        let settings = """
            {"model": "opus", "permissions": {"defaultMode": "bypassPermissions",
              "additionalDirectories": ["/srv/shared", "../other"]},
             "apiKeyHelper": "/bin/key", "statusLine": {"type": "command"}, "$schema": "x"}
            """
        let machine = """
            {"mcpServers": {"docs": {"command": "docs", "env": {"K": "hidden"}}},
             "projects": {"/srv/p": {"hasTrustDialogAccepted": true, "mcpServers": {"db": {}}}}}
            """
        let plan = try ImportFixture.plan(.claude, ["settings.json": settings, ".claude.json": machine])
        #expect(
            plan.text("\(Self.home)/config.toml")
                == "[sandbox_workspace_write]\nwritable_roots = [\"/srv/shared\"]\n")
        #expect(
            plan.left == [
                "model 1:2", "permissions.defaultMode = bypassPermissions 1:35",
                "permissions.additionalDirectories 2:44", "apiKeyHelper 3:2", "statusLine 3:30",
                "mcpServers.docs 1:17", "projects 2:2",
            ])
        #expect(
            plan.leftovers[1].remedy
                == "if you want it all the same: lockgate config set sandbox_mode danger-full-access")
        #expect(plan.leftovers.last?.reason.contains("db") == true)
        #expect(!"\(plan)".contains("hidden"))
    }

    @Test func hooksAreTakenAndUnknownEventsListed() throws {
        let settings = """
            {"hooks": {"PreToolUse": [{"matcher": "Edit|Write", "hooks": [{"type": "command", "command": "fmt"}]}],
             "Notification": [{"hooks": [{"type": "command", "command": "bell"}]}]}}
            """
        let plan = try ImportFixture.plan(.claude, ["settings.json": settings])
        let wanted: JSONValue = [
            "hooks": ["PreToolUse": [["matcher": "Edit|Write", "hooks": [["type": "command", "command": "fmt"]]]]]
        ]
        let text = try #require(plan.text("\(Self.home)/hooks.json"))
        #expect(try JSONValue(parsing: Array(text.utf8)) == wanted)
        #expect(plan.leftovers.map(\.what) == ["hooks.Notification"])
    }

    @Test func theUsersInstructionsAreCopiedAndAProjectsAreNamed() throws {
        let user = try ImportFixture.plan(.claude, ["CLAUDE.md": "Use tabs.\n@docs/style.md\n"])
        #expect(user.text("\(Self.home)/AGENTS.md") == "Use tabs.\n@docs/style.md\n")
        #expect(user.left == ["@docs/style.md 2"])
        let config = "\(ImportFixture.project)/.lockgate/config.toml"
        let project = try ImportFixture.plan(.claude, ["CLAUDE.md": "x\n"], isProject: true)
        #expect(project.text(config) == "project_doc_fallback_filenames = [\"CLAUDE.md\"]\n")
        let both = try ImportFixture.plan(.claude, ["CLAUDE.md": "x\n", "AGENTS.md": "y\n"], isProject: true)
        #expect(both.changes.isEmpty)
        #expect(both.leftovers.map(\.what) == ["CLAUDE.md"])
    }

    @Test func aBrokenFileIsAnErrorWithItsPlace() {
        for (name, text) in [("settings.json", "{\"env\":\n  {]}"), (".claude.json", "{\"a\":\n  }")] {
            let error = #expect(throws: LockgateError.self) { try ImportFixture.plan(.claude, [name: text]) }
            #expect(error?.message.hasPrefix("/home/u/.claude/\(name):2:") == true)
        }
    }

    private static let whole = """
        {"permissions": {"allow": ["Bash(npm run test:*)"], "ask": ["Bash(git push *)"], "deny":
          ["Read(./a/**)", "Read(.env)", "Bash(curl:*)"], "additionalDirectories": ["/srv"]},
         "env": {"CI": "1"}, "model": "claude-x",
         "hooks": {"Stop": [{"matcher": "", "hooks": [{"type": "command", "command": "bell", "timeout": 3}]}]}}
        """

    /// Whatever a file holds, it is refused with its place, or what is planned loads.
    private static func check(_ text: [UInt8]) throws {
        let text = String(decoding: text, as: UTF8.self)
        do throws(LockgateError) {
            for change in try ImportFixture.plan(.claude, ["settings.json": text]).changes {
                switch PathText.name(change.path) {
                case "config.toml":
                    _ = try ConfigurationDraft(file: change.path, bytes: change.new, layer: .user, userHome: nil)
                case "hooks.json":
                    _ = try HookReader.read(HookSource(json: change.new, file: change.path, layer: .user))
                default: _ = try CommandRules(change.new, file: change.path, layer: .user)
                }
            }
        } catch {
            #expect(error.message.hasPrefix("/home/u/.claude/settings.json:"), "\(error.message) for \(text)")
        }
    }

    @Test func everyPrefixAndChangedByteIsRefusedOrPlannedSoThatItLoads() throws {
        let bytes = Array(Self.whole.utf8)
        try Self.check(bytes)
        for at in bytes.indices {
            try Self.check(Array(bytes[..<at]))
            for byte: UInt8 in [0x00, 0x22, 0x27, 0x5C, 0x7B, 0x2A, 0x29, 0xFF] {
                var changed = bytes
                changed[at] = byte
                try Self.check(changed)
            }
        }
    }

    @Test func moreSettingsThanAPersonHasAreRefused() {
        let variables = (0...250).map { ("V\($0)", JSONValue.string("1")) }
        let settings: JSONValue = ["env": .object(JSONObject(variables))]
        let error = #expect(throws: LockgateError.self) {
            try ImportFixture.plan(.claude, ["settings.json": settings.text])
        }
        #expect(error?.code == "import.too_many")
    }

    @Test func aSecondImportChangesNothing() throws {
        var files = Self.permissions(
            allow: ["Bash(make:*)"], deny: ["Read(./secrets/**)", "Read(.env)", "Bash(curl:*)"])
        files["CLAUDE.md"] = "x\n"
        let first = try ImportFixture.plan(.claude, files)
        #expect(first.changes.count == 3)
        var here: [String: String] = [:]
        for change in first.changes {
            here[String(change.path.dropFirst(Self.home.count + 1))] = String(decoding: change.new, as: UTF8.self)
        }
        let second = try ImportFixture.plan(.claude, files, here: here)
        #expect(second.changes.isEmpty && second.steps.isEmpty && second.kept.isEmpty)
    }
}
