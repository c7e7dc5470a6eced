import Testing
import Wire

@testable import Sandbox

/// Keys are out of every command's reach, and commits are made all the same.
@Suite("Commits that would be signed")
struct GitSigningTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var configuration: String
        var expected: Bool
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "nothing", configuration: "", expected: false),
        Case(name: "commits", configuration: "[commit]\n gpgsign = true", expected: true),
        Case(name: "a bare name is true", configuration: "[commit]\n gpgSign", expected: true),
        Case(name: "tags", configuration: "[tag]\n gpgSign = yes", expected: true),
        Case(name: "switched off", configuration: "[commit]\n gpgsign = true\n gpgsign = false", expected: false),
        Case(name: "an included file", configuration: "[include]\n path = more", expected: true),
        Case(
            name: "a file that includes itself", configuration: "[include]\n path = .gitconfig\n[user]\n name = n",
            expected: false),
    ]

    @Test("are known by the user's configuration", arguments: cases)
    func wanted(_ one: Case) throws {
        let fixture = try SandboxFixture()
        try SandboxFixture.write(one.configuration, to: fixture.home + "/.gitconfig")
        try SandboxFixture.write("[commit]\n gpgsign = true", to: fixture.home + "/more")
        #expect(GitSigning.isWanted(environment: fixture.environment) == one.expected)
    }

    @Test("are made unsigned, and work that git does with them goes through", arguments: TestUser.available)
    func unsigned(_ user: TestUser) async throws {
        let fixture = try SandboxFixture(user)
        try fixture.setUp(
            """
            printf '[commit]\\n gpgsign = true\\n[tag]\\n gpgsign = true\\n' > $HOME/.gitconfig
            git init -q .; echo 1 > f; git add f; git -c commit.gpgsign=false commit -qm a
            """)
        let policy = fixture.policy(.workspaceWrite)
        let variables = CommandEnvironment(inherited: fixture.environment)
            .variables(mode: .workspaceWrite, network: .off, hasTerminal: false)
        let process = try await fixture.start(
            "git commit -q --allow-empty -m b && git tag -m t v1 && git checkout -qb c HEAD~1 && git commit -q --allow-empty -m d && git rebase -q v1 && git cat-file commit HEAD | grep -c gpgsig",
            policy, extra: variables)
        let status = await process.wait()
        #expect(SandboxFixture.readAll(process) == "0\n")
        #expect(status == .exited(1))
    }

    @Test("one that insists on a signature is told who can make it")
    func insisting() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("git init -q .; git config commit.gpgsign true; mkdir -m 700 $HOME/.gnupg")
        let policy = fixture.policy(.workspaceWrite)
        let result = try await fixture.run("git commit -q --allow-empty -m b", policy)
        #expect(result.status != .exited(0))
        let denials = DenialAnalysis(
            rules: DenialRules(policy: policy, host: .machine(environment: fixture.environment)), cwd: fixture.workspace
        )
        .denials(output: result.output, failed: true, reported: [])
        let denial = try #require(denials.first { $0.verdict.rule == "secrets: signing keys" })
        #expect(denial.verdict.grant == "lockgate sign")
        #expect(denial.modelText.contains("git -c commit.gpgSign=false"))
    }
}
