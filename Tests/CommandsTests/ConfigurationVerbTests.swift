import Basics
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ConfigurationVerbTests {
    private static let user = "home/.lockgate/config.toml"
    private static let settings = "# mine\nmodel = \"gpt-5\"\n[network]\nmode = \"allowlist\"  # hosts by rule\n"

    @Test func getPrintsTheValueThatCounts() async throws {
        try await ProjectFixture.with([Self.user: Self.settings]) { fixture in
            #expect(try await fixture.lockgate("config", "get", "model").text == "gpt-5\n")
            #expect(try await fixture.lockgate("config", "get", "network").text == "network.mode = \"allowlist\"\n")
            #expect(try await fixture.lockgate("config", "get", "-c", "model=x", "--json", "model").text == "\"x\"\n")
            let unset = try await fixture.lockgate("config", "get", "model_seed")
            #expect(unset.status == 1)
            #expect(unset.output.isEmpty)
            #expect(unset.errorText.contains("lockgate explain model_seed"))
        }
    }

    @Test func anUnknownKeyIsAnErrorWithTheNearestName() async throws {
        try await ProjectFixture.with { fixture in
            for arguments in [["config", "get", "network.mod"], ["explain", "network.mod"]] {
                let run = try await fixture.lockgate(arguments[0], arguments[1], arguments.last ?? "")
                #expect(run.status != 0)
            }
            let run = try await fixture.lockgate("explain", "network.mod")
            #expect(run.status == 1)
            #expect(run.errorText.contains("did you mean network.mode?"))
        }
    }

    @Test func setEditsTheFileInPlaceAndSaysWhatWasThere() async throws {
        try await ProjectFixture.with([Self.user: Self.settings]) { fixture in
            let run = try await fixture.lockgate("config", "set", "network.mode", "off")
            #expect(run.text == "network.mode = \"off\" (was \"allowlist\")  # \(fixture.home)/config.toml\n")
            let wanted = "# mine\nmodel = \"gpt-5\"\n[network]\nmode = \"off\"  # hosts by rule\n"
            #expect(try fixture.folder.text(Self.user) == wanted)
            let wrong = try await fixture.lockgate("config", "set", "network.mode", "sometimes")
            #expect(wrong.status == 1)
            #expect(try fixture.folder.text(Self.user) == wanted)
        }
    }

    @Test func setWritesToAProfileOrTheProject() async throws {
        try await ProjectFixture.with { fixture in
            #expect(try await fixture.lockgate("config", "set", "--profile", "ci", "model", "m").status == 0)
            #expect(try fixture.folder.text("home/.lockgate/ci.config.toml") == "model = \"m\"\n")
            #expect(try await fixture.lockgate("config", "set", "--project", "model", "p").status == 0)
            #expect(try fixture.folder.text("project/.lockgate/config.toml") == "model = \"p\"\n")
            let refused = try await fixture.lockgate("config", "set", "--project", "model_provider", "evil")
            #expect(refused.status == 1)
            #expect(refused.errorText.contains("a project may not set model_provider"))
        }
    }

    @Test func listNamesThePlaceOfEachValue() async throws {
        try await ProjectFixture.with([Self.user: Self.settings]) { fixture in
            let file = "\(fixture.home)/config.toml"
            let set = try await fixture.lockgate("config", "list", "--set")
            #expect(set.text == "model = \"gpt-5\"  # \(file):2\nnetwork.mode = \"allowlist\"  # \(file):4\n")
            let all = try await fixture.lockgate("config", "list", "--json")
            let keys = try #require(all.events.first?.array).compactMap { $0["key"]?.string }
            #expect(keys.contains("approval_policy") && keys.contains("network.mode"))
        }
    }

    @Test func explainShowsAllLayersTheWinnerAndWhoMayChangeIt() async throws {
        try await ProjectFixture.with([Self.user: Self.settings]) { fixture in
            let run = try await fixture.lockgate("explain", "-c", "network.mode=off", "network.mode")
            let file = "\(fixture.home)/config.toml"
            let lines = run.text.split(separator: "\n").map(String.init)
            #expect(
                lines.prefix(4).map { $0 } == [
                    "network.mode = \"off\"  command line (-c)",
                    "  The command line (-c) is the strongest of 2 layers that set it.",
                    "  shadowed: \"allowlist\"  \(file):4", "  shadowed: \"off\"  built-in default",
                ])
            #expect(run.text.contains("  change:   you, for one run: -c 'network.mode="))
            let json = try #require(try await fixture.lockgate("explain", "--json", "network.mode").events.first)
            #expect(json["origin"]?["line"] == 4)
            #expect(json["shadowed"]?[0]?["value"] == "off")
        }
    }
}
