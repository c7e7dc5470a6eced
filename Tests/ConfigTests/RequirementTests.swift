import Basics
import Testing
import Wire

@testable import Config

@Suite("Requirements")
struct RequirementTests {
    @Test(
        "A value outside the allowed ones falls back to the nearest, with both places named",
        arguments: [
            (
                "allowed_sandbox_modes", ["read-only", "workspace-write"], "sandbox_mode", "danger-full-access",
                "workspace-write"
            ),
            ("allowed_sandbox_modes", ["read-only"], "sandbox_mode", "workspace-write", "read-only"),
            (
                "allowed_sandbox_modes", ["read-only", "danger-full-access"], "sandbox_mode", "workspace-write",
                "read-only"
            ),
            ("allowed_approval_policies", ["untrusted", "on-request"], "approval_policy", "never", "on-request"),
            ("allowed_approval_policies", ["never"], "approval_policy", "untrusted", "never"),
            ("allowed_approvals_reviewers", ["user", "command"], "approvals_reviewer", "auto_review", "command"),
            ("allowed_approvals_reviewers", ["never", "auto_review"], "approvals_reviewer", "user", "never"),
            ("allowed_network_modes", ["off", "allowlist"], "network.mode", "on", "allowlist"),
            ("allowed_network_modes", ["ask", "on"], "network.mode", "off", "ask"),
        ])
    func nearest(requirement: String, allowed: [String], key: String, wanted: String, used: String) throws {
        try Fixture.with { fixture in
            let file = "\(fixture.system)/requirements.toml"
            let list = TOMLText.inline(.array(allowed.map(JSONValue.string)))
            try fixture.write(file, "# from the administrator\n\(requirement) = \(list)\n")
            try fixture.writeUser("\(key) = \"\(wanted)\"\n")
            let configuration = try fixture.load(trust: .trusted)
            let place = Origin(.requirements, file: file, line: 2, column: 1)
            let user = Origin(.user, file: "\(fixture.home)/config.toml", line: 1, column: 1)
            let resolution = try configuration.resolve(key)
            #expect(resolution.value == .string(used))
            #expect(resolution.origin == place)
            #expect(resolution.shadowed.first == OriginatedValue(.string(wanted), user))
            let names = allowed.map { "\"\($0)\"" }.joined(separator: ", ")
            #expect(
                configuration.warnings == [
                    ConfigurationWarning(
                        code: "config.requirement",
                        message: """
                            \(fixture.home)/config.toml:1: \(key) = "\(wanted)" is not allowed: \(file):2 requires one of \
                            \(names); "\(used)" is used
                            """, origin: user)
                ])
            // The command line is not above the administrator.
            let overridden = try fixture.load("\(key)=\(wanted)", trust: .trusted)
            #expect(try overridden.resolve(key).value == .string(used))
        }
    }

    @Test("Rules on commands keep their own places; no other file may state them")
    func rules() throws {
        try Fixture.with { fixture in
            let file = "\(fixture.system)/requirements.toml"
            try fixture.write(
                file,
                """
                [[rules.prefix_rules]]
                pattern = [{token = "git"}]
                decision = "prompt"
                [[rules.prefix_rules]]
                decision = "forbidden"
                pattern = [{any_of = ["a", "b"]}]
                """)
            let git: JSONValue = ["pattern": [["token": "git"]], "decision": "prompt"]
            let other: JSONValue = ["decision": "forbidden", "pattern": [["any_of": ["a", "b"]]]]
            #expect(
                try fixture.load().requiredRules?.elements == [
                    .init(value: git, origin: Origin(.requirements, file: file, line: 1, column: 3)),
                    .init(value: other, origin: Origin(.requirements, file: file, line: 4, column: 3)),
                ])
            try fixture.write(
                file, "rules.prefix_rules = [\n  {pattern = [{token = \"git\"}], decision = \"prompt\"},\n]\n")
            #expect(try fixture.load().requiredRules?.elements.map(\.value) == [git])
            try fixture.writeUser("[[rules.prefix_rules]]\ndecision = \"prompt\"\n")
            #expect(throws: LockgateError.self) { try fixture.load() }
        }
    }

    @Test("An allowed value stays, and says nothing")
    func allowed() throws {
        try Fixture.with { fixture in
            try fixture.write(
                "\(fixture.system)/requirements.toml",
                "allowed_sandbox_modes = [\"read-only\", \"workspace-write\"]\nbudget.usd = 10\n[history]\npersistence = \"save-all\"\n"
            )
            let configuration = try fixture.load("sandbox_mode=workspace-write", "budget.usd=5")
            #expect(configuration.settings.sandboxMode == .workspaceWrite)
            #expect(configuration.settings.budget.usd == 5)
            #expect(configuration.warnings == [])
        }
    }

    @Test("Budgets have a ceiling, which holds without any setting, too")
    func budgets() throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.system)/requirements.toml", "[budget]\nusd = 2.5\ntokens = 1000\n")
            let configuration = try fixture.load("budget.usd=100")
            #expect(configuration.settings.budget.usd == 2.5)
            #expect(configuration.settings.budget.tokens == 1000)
            #expect(configuration.settings.budget.seconds == nil)
            #expect(configuration.warnings.map(\.code) == ["config.requirement"])
        }
    }

    @Test("Denied paths are added to everybody's list")
    func denyRead() throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.system)/requirements.toml", "filesystem.deny_read = [\"/secret\"]\n")
            try fixture.writeUser("filesystem.deny_read = [\"/mine\"]\n")
            let configuration = try fixture.load()
            #expect(configuration.settings.denyRead == ["/mine", "/secret"])
            #expect(configuration.warnings == [])
        }
    }

    @Test("Full access opens the network only as far as the administrator lets it")
    func fullAccessNetwork() throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.system)/requirements.toml", "allowed_network_modes = [\"off\"]\n")
            let configuration = try fixture.load("sandbox_mode=danger-full-access")
            #expect(configuration.settings.networkMode == .off)
            let sugar = try fixture.load(
                "sandbox_mode=workspace-write", "sandbox_workspace_write.network_access=true")
            #expect(sugar.settings.networkMode == .off)
            #expect(sugar.warnings.count == 1)
        }
    }

    @Test("The bypass flag can be forbidden by name")
    func bypass() throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.system)/requirements.toml", "allow_bypass = false\n")
            let override = ConfigurationOverride(
                key: "sandbox_mode", value: "danger-full-access", flag: ConfigurationLoader.bypassFlag)
            let error = try #require(throws: LockgateError.self) { try fixture.loader().load(overrides: [override]) }
            #expect(
                error.message
                    == "--dangerously-bypass-approvals-and-sandbox is forbidden on this machine by \(fixture.system)/requirements.toml:1"
            )
            #expect(try fixture.load("sandbox_mode=danger-full-access").settings.sandboxMode == .dangerFullAccess)
        }
    }

    @Test("A provider that is not allowed is an error: prompts do not go elsewhere silently")
    func providers() throws {
        try Fixture.with { fixture in
            try fixture.write(
                "\(fixture.system)/requirements.toml", "allowed_model_providers = [\"corp\", \"local\"]\n")
            let error = try fixture.failure("model_provider=openai")
            #expect(
                error
                    == LockgateError(
                        "config.requirement",
                        """
                        command line (-c): model_provider = "openai" is not allowed by \(fixture.system)/requirements.toml:1
                        """, remedy: "use one of: corp, local"))
            let configuration = try fixture.load("model_provider=corp")
            #expect(configuration.allowedProviders == ["corp", "local"])
        }
    }

    @Test(
        "Requirements that cannot be kept are errors, not silence",
        arguments: [
            ("allowed_sandbox_modes = []", "1:1: no value is allowed for sandbox_mode"),
            (
                "allowed_sandbox_modes = [\"workspace-write\"]",
                "1:1: allowed_sandbox_modes lacks \"read-only\", in which untrusted projects run"
            ),
            ("allowed_sandbox_mode = []", "1:1: unknown key allowed_sandbox_mode; did you mean allowed_sandbox_modes?"),
            ("sandbox_mode = \"read-only\"", "1:1: unknown key sandbox_mode"),
        ])
    func bad(text: String, message: String) throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.system)/requirements.toml", text)
            let error = try fixture.failure()
            #expect(error.message.hasPrefix("\(fixture.system)/requirements.toml:\(message)"), "\(error.message)")
        }
    }
}

@Suite("Explanations")
struct ExplanationTests {
    @Test("All layers, the winner, why, and who may change it")
    func whole() throws {
        try Fixture.with { fixture in
            try fixture.write(
                "\(fixture.system)/requirements.toml", "allowed_sandbox_modes = [\"read-only\", \"workspace-write\"]\n")
            try fixture.writeUser("sandbox_mode = \"read-only\"\n")
            try fixture.writeProject("sandbox_mode = \"workspace-write\"\n")
            let explanations = try fixture.load("sandbox_mode=workspace-write", trust: .trusted).explain("sandbox_mode")
            let requirements = "\(fixture.system)/requirements.toml"
            #expect(
                explanations.map(\.text) == [
                    """
                    sandbox_mode = "workspace-write"  command line (-c)
                      The command line (-c) is the strongest of 2 layers that set it.
                      shadowed: "read-only"  \(fixture.home)/config.toml:1
                      shadowed: "workspace-write"  built-in default
                      refused:  "workspace-write"  \(fixture.project)/.lockgate/config.toml:1: a project may only narrow it, \
                    and \(fixture.home)/config.toml:1 says "read-only"
                      required: one of "read-only", "workspace-write"  \(requirements):1
                      How much of the file system commands may change: nothing, the workspace and `writable_roots`, or \
                    everything. The default depends on whether the project is trusted. Takes one of "read-only", \
                    "workspace-write", "danger-full-access".
                      change:   the administrator of this machine, in config.toml of the system folder
                      change:   you, for good: lockgate config set sandbox_mode "read-only"
                      change:   the project, in .lockgate/config.toml, once it is trusted, and only towards less
                      change:   you, for one run: -c 'sandbox_mode="read-only"'
                    """
                ])
        }
    }

    @Test(
        "The reason fits the case",
        arguments: [
            ("model", "Nobody set it: the provider's default."),
            ("sandbox_mode", "Nobody set it; the built-in value depends on trust, and this project is not trusted."),
            ("network.mode", "Nobody set it; this is the built-in value."),
            ("approval_policy", "Only the user configuration sets it."),
            ("allow_login_shell", "The administrator's requirement stands above all other layers."),
            ("filesystem.deny_read", "The lists of all layers are joined."),
        ])
    func reasons(key: String, reason: String) throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.system)/requirements.toml", "allow_login_shell = false\n")
            try fixture.writeUser("approval_policy = \"never\"\nfilesystem.deny_read = [\"/a\"]\n")
            let explanations = try fixture.load().explain(key)
            #expect(explanations.map(\.reason) == [reason])
        }
    }

    @Test("A table explains what is set below it, JSON says the same, and an unknown key is an error")
    func tables() throws {
        try Fixture.with { fixture in
            try fixture.writeUser("[model_providers.acme]\nname = \"A\"\nenv_key = \"K\"\n")
            let configuration = try fixture.load()
            let explanations = try configuration.explain("model_providers.acme")
            #expect(
                explanations.map(\.resolution.key) == ["model_providers.acme.name", "model_providers.acme.env_key"])
            #expect(explanations[0].json["value"] == "A")
            #expect(
                explanations[0].json["origin"]
                    == ["layer": "user", "file": .string("\(fixture.home)/config.toml"), "line": 2, "column": 1])
            #expect(throws: LockgateError.self) { try configuration.explain("network.modus") }
        }
    }

    @Test("Explanation and settings agree for every key", arguments: 0..<10)
    func agreement(seed: UInt64) throws {
        // Both come from one resolution; this keeps it so.
        try Fixture.with { fixture in
            let modes = ["read-only", "workspace-write", "danger-full-access"]
            let networks = ["off", "allowlist", "ask", "on"]
            var state = seed
            func pick(_ names: [String]) -> String {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return names[Int(state >> 33) % names.count]
            }
            for file in [
                "\(fixture.system)/config.toml", "\(fixture.home)/config.toml",
                "\(fixture.project)/.lockgate/config.toml",
            ] {
                try fixture.write(file, "sandbox_mode = \"\(pick(modes))\"\nnetwork.mode = \"\(pick(networks))\"\n")
            }
            try fixture.write(
                "\(fixture.system)/requirements.toml",
                "allowed_sandbox_modes = [\"read-only\", \"\(pick(modes))\"]\nallowed_network_modes = [\"\(pick(networks))\"]\n"
            )
            let configuration = try fixture.load(trust: .trusted)
            let mode = try configuration.explain("sandbox_mode").first?.resolution.value
            let network = try configuration.explain("network.mode").first?.resolution.value
            #expect(mode == .string(configuration.settings.sandboxMode.rawValue))
            #expect(network == .string(configuration.settings.networkMode.rawValue))
        }
    }
}
