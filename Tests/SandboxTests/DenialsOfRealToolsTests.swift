import Sandbox
import Testing
import Wire

/// Tools of every machine, run in the sandbox: their messages, whatever this version's wording, are understood.
@Suite("Denials of real tools")
struct DenialsOfRealToolsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var before = "true"
        var script: String
        var mode = SandboxMode.workspaceWrite
        /// `certainty operation target`; `$OUT` and such stand for the fixture's folders.
        var expected: [String]
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "the shell", script: "echo x > $OUT/f", expected: ["confirmed write $OUT/f"]),
        Case(name: "touch", script: "touch $OUT/f", expected: ["confirmed write $OUT/f"]),
        Case(name: "mkdir", script: "mkdir -p $OUT/a/b", expected: ["confirmed write $OUT/a"]),
        Case(name: "rm", before: "touch $OUT/f", script: "rm $OUT/f", expected: ["confirmed write $OUT/f"]),
        Case(
            name: "mv", before: "touch f", script: "mv f $OUT/f", expected: ["confirmed write $OUT/f"]),
        Case(name: "python", script: "python3 -c \"open('$OUT/f', 'w')\"", expected: ["confirmed write $OUT/f"]),
        Case(
            name: "git's global settings", script: "git config --global a.b c",
            expected: ["confirmed write $HOME/.gitconfig"]),
        Case(
            name: "git's settings", before: "git init -q .", script: "git config a.b c",
            expected: ["confirmed write $WS/.git/config"]),
        Case(
            name: "a git hook", before: "git init -q .", script: "echo x > .git/hooks/pre-commit",
            expected: ["confirmed write $WS/.git/hooks/pre-commit"]),
        Case(
            name: "the .git folder's name", before: "git init -q .", script: "mv .git other",
            expected: ["confirmed write $WS/.git"]),
        Case(
            name: "an editor's tasks", before: "mkdir .vscode; echo > .vscode/tasks.json",
            script: "echo x > .vscode/tasks.json", expected: ["confirmed write $WS/.vscode/tasks.json"]),
        Case(name: "a read-only session", script: "touch f", mode: .readOnly, expected: ["confirmed write $WS/f"]),
        Case(
            name: "git over the network", script: "git ls-remote https://example.invalid/x",
            expected: ["confirmed connect example.invalid"]),
        Case(
            name: "python over the network",
            script: "python3 -c \"import socket; socket.create_connection(('192.0.2.1', 80), 3)\"",
            expected: ["confirmed connect the network"]),
        Case(
            name: "a secret", before: "mkdir ~/.ssh; echo x > ~/.ssh/id_rsa", script: "cat ~/.ssh/id_rsa",
            expected: ["confirmed read $HOME/.ssh/id_rsa"]),
        Case(
            name: "a socket", before: "python3 -c \"import socket; socket.socket(1).bind('$OUT/s')\"",
            script: "python3 -c \"import socket; socket.socket(1).connect('$OUT/s')\"",
            expected: ["reported connect $OUT/s"]),
        Case(name: "a file that is not there", script: "cat $OUT/none", expected: []),
        Case(name: "a failing test", script: "echo 'test failed: expected 1'; exit 1", expected: []),
    ]

    @Test("tools", arguments: cases)
    func tools(_ one: Case) async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp(one.before)
        let policy = fixture.policy(one.mode)
        let result = try await fixture.run(one.script, policy)
        #expect(result.status != .exited(0))
        let rules = DenialRules(policy: policy, host: .machine(environment: fixture.environment))
        let denials = DenialAnalysis(rules: rules, cwd: fixture.workspace).denials(
            output: result.output, failed: true, reported: result.denials)
        let found = denials.map { denial in
            var text = "\(denial.certainty.rawValue) \(denial.summary)"
            for (name, path) in [("$WS", fixture.workspace), ("$OUT", fixture.outside), ("$HOME", fixture.home)] {
                if let range = text.firstRange(of: path) { text.replaceSubrange(range, with: name) }
            }
            return text
        }
        #expect(found == one.expected, "\(result.output)")
    }
}
