import Basics
import Testing
import Wire

@testable import Policy

@Suite("Rules that an administrator requires") struct RequiredPrefixTests {
    private let origin = Origin(.requirements, file: "/etc/lockgate/requirements.toml", line: 3, column: 1)

    private func rule(_ json: String) throws -> CommandRules.Prefix {
        try CommandRules.Prefix(required: JSONValue(parsing: Array(json.utf8)), at: origin)
    }

    @Test("Codex's shape is read") func shape() throws {
        #expect(
            try rule(
                #"{"pattern":[{"token":"git"},{"any_of":["push","fetch"]}],"decision":"forbidden","justification":"no"}"#
            )
                == CommandRules.Prefix(
                    pattern: [["git"], ["push", "fetch"]], decision: .forbidden, justification: "no", origin: origin))
    }

    @Test(
        "What is not exactly a rule is an error that names the place",
        arguments: [
            #""git push""#, "{}", #"{"pattern":[],"decision":"prompt"}"#, #"{"pattern":["git"],"decision":"prompt"}"#,
            #"{"pattern":[{"token":""}],"decision":"prompt"}"#, #"{"pattern":[{"any_of":[]}],"decision":"prompt"}"#,
            #"{"pattern":[{"any_of":["a",1]}],"decision":"prompt"}"#,
            #"{"pattern":[{"token":"a","any_of":["b"]}],"decision":"prompt"}"#,
            #"{"pattern":[{"word":"a"}],"decision":"prompt"}"#, #"{"pattern":[{"token":"a"}]}"#,
            #"{"pattern":[{"token":"a"}],"decision":"allow"}"#,
            #"{"pattern":[{"token":"a"}],"decision":"prompt","justification":1}"#,
            #"{"pattern":[{"token":"a"}],"decision":"prompt","match":["a"]}"#,
        ])
    func wrong(_ json: String) throws {
        let error = #expect(throws: LockgateError.self) { try rule(json) }
        #expect(error?.code == "rules.value")
        #expect(error?.message.hasPrefix("/etc/lockgate/requirements.toml:3") == true)
        #expect(error?.remedy?.isEmpty == false)
    }

    @Test("It holds in every mode, over a user's rule that allows") func strictest() throws {
        var rules = try CommandRules(
            Array(#"prefix_rule(pattern=["git", "push"], decision="allow")"#.utf8), file: "/u/a.rules", layer: .user)
        rules.prefixes.append(
            try rule(#"{"pattern":[{"token":"git"},{"token":"push"}],"decision":"forbidden","justification":"no"}"#))
        for mode in SandboxMode.allCases {
            let policy = AccessPolicy(
                sandboxMode: Sourced(mode), network: Sourced(.off), writableRoots: [Sourced("/w")],
                approvalPolicy: Sourced(.never), rules: rules)
            let verdict = policy.verdict(
                on: .runCommand(argv: ["/bin/bash", "-c", "true; git push"], display: "true; git push", cwd: "/w"))
            #expect(verdict.decision == .deny && verdict.origin == origin)
        }
    }
}
