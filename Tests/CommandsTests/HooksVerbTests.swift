import Basics
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct HooksVerbTests {
    private static let files = [
        "home/.lockgate/hooks.json": HookFixture.json(
            "PreToolUse", matcher: "Bash", "/opt/guard", more: ["timeout": 2.5, "sandbox": false]),
        "home/.lockgate/config.toml":
            "\n[[hooks.SessionEnd]]\nhooks = [{ type = \"command\", command = \"bye\", statusMessage = \"farewell\" }]\n",
        "project/.lockgate/hooks.json": HookFixture.json("Stop", "make test"),
    ]

    @Test func theListShowsWhatCountsAndWhatWaits() async throws {
        try await ProjectFixture.with(Self.files) { fixture in
            let before = try await fixture.lockgate("hooks", "list")
            #expect(
                before.text == """
                    SessionEnd  *  farewell
                        \(fixture.home)/config.toml:3:1  user · timeout 3 s · fails open · sandboxed
                    PreToolUse  Bash  /opt/guard
                        \(fixture.home)/hooks.json:1:35  user · timeout 2.5 s · fails closed · NOT sandboxed
                    waiting for review: .lockgate/hooks.json (see `lockgate trust --hooks`)

                    """, "\(before.errorText)")
            #expect(try await fixture.lockgate("trust", "--yes").status == 0)
            let after = try #require(try await fixture.lockgate("hooks", "list", "--json").events.first)
            #expect(after["hooks"]?.array?.map { $0["command"] } == ["bye", "/opt/guard", "make test"])
            #expect(after["hooks"]?[2]?["origin"]?["layer"] == "project")
            #expect(after["waiting_for_review"] == [])
        }
    }

    @Test func aFileThatDoesNotLoadIsShownWithItsPlace() async throws {
        try await ProjectFixture.with(["home/.lockgate/hooks.json": "{\"hooks\": {\"Stopp\": []}}"]) { fixture in
            let run = try await fixture.lockgate("hooks", "list")
            #expect(run.status == 1)
            #expect(run.errorText.contains("hooks.json:1:12: unknown event Stopp; did you mean Stop?"))
        }
    }
}
