import Basics
import Config
import Import
import Testing
import Wire

@Suite struct CodexPlanTests {
    private static let config = """
        model = "gpt-5.5"
        approval_policy = "on-request"
        sandbox_mode = "workspace-write"
        notify = ["say", "done"]
        model_instructions_file = "base.md"

        [sandbox_workspace_write]
        writable_roots = ["/srv/cache", "~/scratch"]

        [model_providers.corp]
        base_url = "https://llm.corp.example/v1"
        env_key = "CORP_API_KEY"
        http_headers = { "X-Team" = "tools", "X-Api-Key" = "k-1" }

        [shell_environment_policy.set]
        CI = "1"
        DEPLOY_TOKEN = "t-1"

        [mcp_servers.docs]
        command = "docs-mcp"
        env = { DOCS_KEY = "hidden" }

        [features]
        goals = true

        [projects."/srv/p"]
        trust_level = "trusted"

        """

    @Test func keysThatMeanTheSameAreSetAndTheRestIsListed() throws {
        let plan = try ImportFixture.plan(.codex, ["config.toml": Self.config])
        let file = "\(ImportFixture.home)/config.toml"
        #expect(plan.changes.map(\.path) == [file])
        #expect(
            plan.text(file) == """
                model = "gpt-5.5"
                approval_policy = "on-request"
                sandbox_mode = "workspace-write"
                model_instructions_file = "/home/u/.codex/base.md"

                [sandbox_workspace_write]
                writable_roots = ["/srv/cache", "~/scratch"]

                [model_providers.corp]
                base_url = "https://llm.corp.example/v1"
                env_key = "CORP_API_KEY"
                http_headers.X-Team = "tools"

                [shell_environment_policy.set]
                CI = "1"

                """)
        #expect(
            plan.left == [
                "mcp_servers.docs 19:2", "notify 4:1", "model_providers.corp.http_headers.X-Api-Key 13:38",
                "shell_environment_policy.set.DEPLOY_TOKEN 17:1", "features 23:2", "projects 26:2",
            ])
        #expect(plan.steps.first == ImportPlan.Step("set model = \"gpt-5.5\"", from: plan.steps[0].from, file: file))
        #expect(plan.steps.first?.from.description == "/home/u/.codex/config.toml:1:1")
    }

    /// No value of a secret is in anything that is shown or written.
    @Test func noSecretIsCopiedOrShown() throws {
        let plan = try ImportFixture.plan(.codex, ["config.toml": Self.config])
        let all = "\(plan)" + plan.changes.map { String(decoding: $0.new, as: UTF8.self) }.joined()
        for secret in ["k-1", "t-1", "hidden"] { #expect(!all.contains(secret)) }
    }

    @Test func whatTakesProtectionAwayIsLeftWithTheCommandToSetIt() throws {
        let config = """
            approval_policy = "never"
            sandbox_mode = "danger-full-access"
            [sandbox_workspace_write]
            network_access = true
            [shell_environment_policy]
            ignore_default_excludes = true
            """
        let plan = try ImportFixture.plan(.codex, ["config.toml": config])
        #expect(plan.changes.isEmpty)
        #expect(
            plan.leftovers.map(\.remedy)
                == [
                    "approval_policy never", "sandbox_mode danger-full-access",
                    "sandbox_workspace_write.network_access true",
                    "shell_environment_policy.ignore_default_excludes true",
                ].map { "if you want it all the same: lockgate config set \($0)" })
        // Alone it is the stricter one: here it refuses instead of asking.
        let alone = try ImportFixture.plan(.codex, ["config.toml": "approval_policy = \"never\"\n"])
        #expect(alone.text("\(ImportFixture.home)/config.toml") == "approval_policy = \"never\"\n")
    }

    @Test func valuesThatHaveNoMeaningHereAreListed() throws {
        let config = """
            approval_policy = "on-failure"
            openai_base_url = "https://x.example"
            [profiles.ci]
            model = "m"
            [tui]
            theme = "dark"
            """
        let plan = try ImportFixture.plan(.codex, ["config.toml": config])
        #expect(plan.changes.isEmpty)
        #expect(plan.left == ["approval_policy 1:1", "openai_base_url 2:1", "profiles 3:2", "tui.theme 6:1"])
        #expect(plan.leftovers[1].remedy == "set model_providers.openai.base_url")
    }

    @Test func whatTheUserHasSetHereStays() throws {
        let here = "# mine\nmodel = \"other\" # why\n[network]\nmode = \"off\"\n"
        let config = "model = \"gpt-5.5\"\nmodel_reasoning_effort = \"high\"\n"
        let plan = try ImportFixture.plan(.codex, ["config.toml": config], here: ["config.toml": here])
        let file = "\(ImportFixture.home)/config.toml"
        #expect(
            plan.text(file)
                == "# mine\nmodel = \"other\" # why\nmodel_reasoning_effort = \"high\"\n[network]\nmode = \"off\"\n")
        #expect(plan.kept.map(\.what) == ["model"])
        #expect(plan.kept.map(\.reason) == ["\(file):2:1 has \"other\""])
    }

    @Test func profilesBecomeProfiles() throws {
        let plan = try ImportFixture.plan(.codex, ["ci.config.toml": "approval_policy = \"never\"\n"])
        #expect(plan.text("\(ImportFixture.home)/ci.config.toml") == "approval_policy = \"never\"\n")
    }

    @Test func aHookThatTheConfigurationHasIsNotAddedAgain() throws {
        let config = """
            [[hooks.Stop]]
            hooks = [{ type = "command", command = "bell" }]
            """
        let plan = try ImportFixture.plan(.codex, ["config.toml": config], here: ["config.toml": config])
        #expect(plan.text("\(ImportFixture.home)/hooks.json") == nil)
        #expect(plan.steps == [] && plan.left == [])
    }

    @Test func hooksOfBothFilesAreMergedAndWhatCannotRunIsListed() throws {
        let config = """
            [[hooks.PreToolUse]]
            matcher = "Bash"
            hooks = [{ type = "command", command = "/opt/guard", timeout = 5 }]
            [hooks.state.x]
            enabled = true
            """
        let hooks = """
            {"hooks": {
              "Stop": [{"hooks": [{"type": "command", "command": "bell"}, {"type": "prompt", "prompt": "?"}]}],
              "Later": [{"hooks": [{"type": "command", "command": "x"}]}]
            }}
            """
        let mine = "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"mine\"}]}]}}"
        let plan = try ImportFixture.plan(
            .codex, ["config.toml": config, "hooks.json": hooks], here: ["hooks.json": mine])
        let text = try #require(plan.text("\(ImportFixture.home)/hooks.json"))
        let guardHook: JSONValue = [
            "matcher": "Bash", "hooks": [["type": "command", "command": "/opt/guard", "timeout": 5]],
        ]
        let wanted: JSONValue = [
            "hooks": [
                "Stop": [
                    ["hooks": [["type": "command", "command": "mine"]]],
                    ["hooks": [["type": "command", "command": "bell"]]],
                ],
                "PreToolUse": [guardHook],
            ]
        ]
        #expect(try JSONValue(parsing: Array(text.utf8)) == wanted)
        #expect(plan.left == ["hooks.state 4:2", "hooks.Stop 2:63", "hooks.Later 3:24"])
    }

    @Test func ruleFilesAreCopiedAsTheyAreIfTheyLoad() throws {
        let good = "# what I allowed\nprefix_rule(pattern=[\"git\", \"fetch\"], decision=\"allow\")\n"
        let plan = try ImportFixture.plan(
            .codex,
            ["rules/default.rules": good, "rules/odd.rules": "load(\"x\")\n", "AGENTS.md": "Be kind.\n"])
        #expect(plan.text("\(ImportFixture.home)/rules/codex-default.rules") == good)
        #expect(plan.text("\(ImportFixture.home)/AGENTS.md") == "Be kind.\n")
        #expect(plan.leftovers.map(\.what) == ["rules/odd.rules"])
        #expect(plan.leftovers[0].reason.contains("/home/u/.codex/rules/odd.rules:1:"))
    }

    @Test func filesThatAreThereStay() throws {
        let plan = try ImportFixture.plan(
            .codex, ["AGENTS.md": "theirs\n"], here: ["AGENTS.md": "mine\n"])
        #expect(plan.changes.isEmpty)
        #expect(plan.kept.map(\.what) == ["AGENTS.md"])
    }

    @Test func textWithAKeyInItIsNotCopied() throws {
        let plan = try ImportFixture.plan(.codex, ["AGENTS.md": "# a\nuse sk-abcdefghij0123456789\n"])
        #expect(plan.changes.isEmpty)
        #expect(plan.left == ["AGENTS.md 2"])
    }

    @Test func aProjectGetsOnlyWhatProjectsMaySet() throws {
        let config = "model = \"m\"\nmodel_provider = \"evil\"\n"
        let plan = try ImportFixture.plan(.codex, [".codex/config.toml": config], isProject: true)
        #expect(plan.text("\(ImportFixture.project)/.lockgate/config.toml") == "model = \"m\"\n")
        #expect(plan.left == ["model_provider 2:1"])
    }

    static let broken: [(name: String, text: String, place: String)] = [
        ("config.toml", "model = \"a\"\nmodel = \n", "/home/u/.codex/config.toml:2:"),
        ("hooks.json", "{\"hooks\":\n {,}}", "/home/u/.codex/hooks.json:2:3: not valid JSON"),
        ("hooks.json", "{\"hooks\": {}, \"hooks\": {}}", "/home/u/.codex/hooks.json:1:15: hooks is stated twice"),
        ("hooks.json", "[]", "/home/u/.codex/hooks.json:1:1: expected an object"),
    ]

    @Test(arguments: broken) func aBrokenFileIsAnErrorWithItsPlace(
        _ sample: (name: String, text: String, place: String)
    )
        throws
    {
        let error = #expect(throws: LockgateError.self) {
            try ImportFixture.plan(.codex, [sample.name: sample.text])
        }
        #expect(error?.message.hasPrefix(sample.place) == true)
    }

    /// Every prefix of a file is either read or refused with its place; what is planned always loads.
    @Test func everyPrefixIsReadOrRefused() throws {
        let bytes = Array(Self.config.utf8)
        for end in bytes.indices {
            let text = String(decoding: bytes[..<end], as: UTF8.self)
            do throws(LockgateError) {
                let plan = try ImportFixture.plan(.codex, ["config.toml": text])
                for change in plan.changes {
                    _ = try ConfigurationDraft(file: change.path, bytes: change.new, layer: .user, userHome: nil)
                }
            } catch {
                #expect(error.message.hasPrefix("/home/u/.codex/config.toml:"))
            }
        }
    }

    @Test func aSecondImportChangesNothing() throws {
        let files = [
            "config.toml": Self.config, "AGENTS.md": "a\n",
            "hooks.json": "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"bell\"}]}]}}",
            "rules/default.rules": "prefix_rule(pattern=[\"ls\"])\n",
        ]
        let first = try ImportFixture.plan(.codex, files)
        #expect(first.changes.count == 4)
        var here: [String: String] = [:]
        for change in first.changes {
            here[String(change.path.dropFirst(ImportFixture.home.count + 1))] = String(
                decoding: change.new, as: UTF8.self)
        }
        let second = try ImportFixture.plan(.codex, files, here: here)
        #expect(second.changes.isEmpty && second.steps.isEmpty && second.kept.isEmpty)
        #expect(second.leftovers == first.leftovers)
    }
}
