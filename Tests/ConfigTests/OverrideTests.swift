import Basics
import Config
import Testing
import Wire

@Suite("Overrides")
struct OverrideTests {
    @Test(
        "A value is TOML where it is valid, else plain text",
        arguments: [
            ("model=gpt-5", "model", "gpt-5"),
            ("model=\"gpt-5\"", "model", "gpt-5"),
            ("model='x'", "model", "x"),
            ("model=5", "model", "5"),
            ("model=true", "model", "true"),
            ("model=a=b", "model", "a=b"),
            ("model=[unclosed", "model", "[unclosed"),
            ("model=2026-01-02", "model", "2026-01-02"),
            ("model=1\nmodel_provider=\"evil\"", "instructions", .null),
            ("instructions=", "instructions", ""),
            ("network.mode=ask", "network.mode", "ask"),
            (" network . mode = ask", "network.mode", .null),
            ("budget.tokens=200_000", "budget.tokens", 200_000),
            ("budget.usd=0.5", "budget.usd", 0.5),
            ("allow_login_shell=false", "allow_login_shell", false),
            (
                "sandbox_workspace_write.writable_roots=[\"/a\",\"/b\"]", "sandbox_workspace_write.writable_roots",
                .array(["/a", "/b"])
            ),
            ("sandbox_workspace_write={exclude_slash_tmp=true}", "sandbox_workspace_write.exclude_slash_tmp", true),
            ("prices.\"gpt=5.1\".input=2", "prices.\"gpt=5.1\".input", 2),
            ("tui.theme=dark", "tui.theme", "dark"),
        ] as [(String, String, JSONValue)])
    func values(argument: String, key: String, expected: JSONValue) throws {
        try Fixture.with { fixture in
            let configuration = try? fixture.load(argument)
            let value = try configuration?.resolve(key).value
            #expect((value ?? .null) == expected)
        }
    }

    @Test("The later of two overrides counts, and a flag is named as it was written")
    func order() throws {
        try Fixture.with { fixture in
            let configuration = try fixture.loader().load(overrides: [
                ConfigurationOverride(key: "sandbox_mode", text: "read-only"),
                ConfigurationOverride(key: "sandbox_mode", value: "workspace-write", flag: "--sandbox"),
            ])
            let resolution = try configuration.resolve("sandbox_mode")
            #expect(resolution.value == "workspace-write")
            #expect(resolution.origin == Origin(.flag("--sandbox")))
            #expect(resolution.origin.description == "command line (--sandbox)")
            #expect(
                resolution.shadowed == [
                    OriginatedValue("read-only", Origin(.flag("-c"))), OriginatedValue("read-only", .builtIn),
                ])
        }
    }

    @Test("Relative paths start at the working directory")
    func paths() throws {
        try Fixture.with { fixture in
            let settings = try fixture.load("model_instructions_file=a/b.md").settings
            #expect(settings.modelInstructionsFile == "\(fixture.project)/a/b.md")
        }
    }

    @Test("Codex's network_access is network.mode under another name")
    func networkAccess() throws {
        try Fixture.with { fixture in
            let file = "\(fixture.home)/config.toml"
            try fixture.writeUser(
                "sandbox_mode = \"workspace-write\"\n[sandbox_workspace_write]\nnetwork_access = true\n")
            let place = Origin(.user, file: file, line: 3, column: 1)
            #expect(try fixture.load().settings.networkMode == .on)
            #expect(try fixture.load().resolve("network.mode").origin == place)
            #expect(try fixture.load("network.mode=ask").settings.networkMode == .ask)
            #expect(try fixture.load("sandbox_workspace_write.network_access=false").settings.networkMode == .off)
            // As in Codex it counts in one mode only.
            #expect(try fixture.load("sandbox_mode=read-only").settings.networkMode == .off)

            try fixture.writeUser("network.mode = \"allowlist\"\nsandbox_workspace_write.network_access = true\n")
            #expect(
                try fixture.failure()
                    == LockgateError(
                        "config.contradiction",
                        """
                        \(file):2:1: sandbox_workspace_write.network_access = true contradicts network.mode = "allowlist" \
                        at \(file):1:1
                        """, remedy: "keep network.mode and remove sandbox_workspace_write.network_access"))
        }
    }

    @Test("Full access opens the network unless it is restricted by name")
    func fullAccess() throws {
        try Fixture.with { fixture in
            let open = try fixture.load("sandbox_mode=danger-full-access")
            #expect(open.settings.networkMode == .on)
            let closed = try fixture.load("sandbox_mode=danger-full-access", "network.mode=off")
            #expect(closed.settings.networkMode == .off)
        }
    }
}
