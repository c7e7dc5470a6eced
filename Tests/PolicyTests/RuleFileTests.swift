import Testing
import Wire

@testable import Policy

@Suite struct RuleFileTests {
    private func rules(_ text: String) throws(LockgateError) -> CommandRules {
        try CommandRules(Array(text.utf8), file: "/r/a.rules", layer: .user)
    }

    @Test func allThreeKindsAreRead() throws {
        let rules = try rules(
            """
            # comment
            prefix_rule(
                pattern = ["git", ["push", ["pull", 'fetch']]],  # alternatives
                decision = "prompt", justification = "it leaves the \\"machine\\"",
                match = ["git push origin", ["git", "fetch"]], not_match = ["git status"],
            )
            prefix_rule(pattern=["ls"])
            network_rule(host="Example.org", protocol="https", decision="forbidden")
            host_executable(name="git", paths=["/usr/bin/git"])
            """)
        var wanted = CommandRules()
        wanted.prefixes = [
            .init(
                pattern: [["git"], ["push", "pull", "fetch"]], decision: .prompt,
                justification: "it leaves the \"machine\"",
                origin: Origin(.user, file: "/r/a.rules", line: 2, column: 1)),
            .init(
                pattern: [["ls"]], decision: .allow, justification: nil,
                origin: Origin(.user, file: "/r/a.rules", line: 7, column: 1)),
        ]
        wanted.networks = [
            .init(
                host: "example.org", transport: "https", decision: .forbidden, justification: nil,
                origin: Origin(.user, file: "/r/a.rules", line: 8, column: 1))
        ]
        wanted.executables = ["git": ["/usr/bin/git"]]
        #expect(rules == wanted)
    }

    @Test(arguments: [
        ("prefix_rule(pattern=[])", "/r/a.rules:1:21: pattern has to be a list of words, not empty"),
        ("\n  prefix_rul(pattern=[\"a\"])", "/r/a.rules:2:3: prefix_rul is no rule"),
        ("prefix_rule(pattern=[\"a\"], decision=\"deny\")", "/r/a.rules:1:37: decision has to be allow"),
        ("prefix_rule(pattern=[\"a\"], patern=[])", "/r/a.rules:1:28: prefix_rule takes no patern"),
        ("prefix_rule(pattern=[\"a\"], pattern=[\"b\"])", "/r/a.rules:1:28: pattern is given twice"),
        ("prefix_rule(decision=\"allow\")", "/r/a.rules:1:1: prefix_rule needs pattern"),
        ("prefix_rule([\"a\"])", "/r/a.rules:1:13: expected an argument's name"),
        ("prefix_rule(pattern=[\"a", "/r/a.rules:1:22: a string that is not closed"),
        ("prefix_rule(pattern=[\"\\q\"])", "/r/a.rules:1:23: an escape that is not known"),
        ("prefix_rule(pattern=[[]])", "/r/a.rules:1:22: a list of alternatives cannot be empty"),
        ("prefix_rule(pattern=[[[[[[[[[\"a\"]]]]]]]]])", "/r/a.rules:1:29: lists are nested deeper"),
        ("prefix_rule(pattern=[x])", "/r/a.rules:1:22: expected a string or a list"),
        ("prefix_rule(pattern=[\"a\"], match=[\"b\"])", "/r/a.rules:1:35: the example b is not matched"),
        ("prefix_rule(pattern=[\"a\"],\n  not_match=[\"a b\"])", "/r/a.rules:2:14: the example a b is matched"),
        ("prefix_rule(pattern=[\"a\"], match=[\"a; a\"])", "/r/a.rules:1:35: an example has to be one plain command"),
        ("network_rule(host=\"*.a\", protocol=\"https\", decision=\"allow\")", "/r/a.rules:1:19: host has to be"),
        ("network_rule(host=\"a:1\", protocol=\"https\", decision=\"allow\")", "/r/a.rules:1:19: host has to be"),
        (
            "network_rule(host=\"a\", protocol=\"ftp\", decision=\"allow\")",
            "/r/a.rules:1:33: protocol has to be one of"
        ),
        ("host_executable(name=\"git\", paths=[\"git\"])", "/r/a.rules:1:35: git is not an absolute path"),
        ("def f(): pass", "/r/a.rules:1:5: expected ( after def"),
    ])
    func whatIsWrongIsNamedWithItsPlace(_ text: String, _ message: String) throws {
        let error = try #require(throws: LockgateError.self) { _ = try rules(text) }
        #expect(error.message.hasPrefix(message), "\(error.message)")
        #expect(error.remedy != nil)
    }

    @Test func noPrefixAndNoChangedByteCrashes() {
        let text =
            "prefix_rule(pattern=[\"a\", ['b', \"\\\\\"]], match=[\"a b\"]) # é\nhost_executable(name='a', paths=['/a'])\n"
        let bytes = Array(text.utf8)
        for end in bytes.indices { _ = try? CommandRules(Array(bytes[..<end]), file: "f", layer: .user) }
        for index in bytes.indices {
            for byte in [UInt8](0...127) + [0xFF] {
                var changed = bytes
                changed[index] = byte
                _ = try? CommandRules(changed, file: "f", layer: .user)
            }
        }
    }
}
