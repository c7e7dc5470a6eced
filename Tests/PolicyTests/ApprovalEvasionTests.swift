import Testing
import Wire

@testable import Policy

/// Command lines that look like reading, or like something that was allowed, and are not. Under `untrusted` each is
/// asked about, whatever was granted for the plain command.
@Suite struct ApprovalEvasionTests {
    private static let out = "/outside"
    private static let lines: [(name: String, line: String)] = [
        ("git alias", "git -c alias.x='!touch \(out)/p' x"),
        ("git external diff", "git -c diff.external='touch \(out)/p #' diff --no-index a b"),
        ("git output file", "git diff --no-index --output=\(out)/p a b"),
        ("pager by variable", "GIT_PAGER='touch \(out)/p' git -p --version"),
        ("git ssh command", "git -c core.sshCommand='touch \(out)/p' ls-remote ssh://x/y"),
        ("git transport", "git -c protocol.ext.allow=always ls-remote 'ext::touch \(out)/p'"),
        ("git exec path", "git --exec-path=. status"),
        ("git other folder", "git -C \(out) status"),
        ("git config by variable", "GIT_CONFIG_COUNT=1 git status"),
        ("sed writes", "echo x | sed -n 'w \(out)/p'"),
        ("sed executes", "echo x | sed '1e touch \(out)/p'"),
        ("rg preprocessor", "rg --pre touch x \(out)"),
        ("xargs", "echo \(out)/p | xargs touch"),
        ("preload", "LD_PRELOAD=./e.so ls"),
        ("shell start file", "BASH_ENV=./e.sh bash -c :"),
        ("shadowed name", "./cat /etc/hosts"),
        ("shadowed by folder", "cd sub && ./cat x"),
        ("path variable", "PATH=. ls"),
        ("second line", "ls\ntouch \(out)/p"),
        ("substitution in quotes", "echo \"$(touch \(out)/p)\""),
        ("backquotes", "echo `touch \(out)/p`"),
        ("escaped option", "find . -maxdepth 0 -e\\xec touch \(out)/p \\;"),
        ("quoted option", "find . -'exec' touch \(out)/p \\;"),
        ("many commands", String(repeating: "true;", count: 60) + " touch \(out)/p"),
        ("html pager", "man --html='touch \(out)/p' ls"),
        ("sort program", "sort --compress-program=./x f"),
        ("tar checkpoint", "tar --checkpoint-action=exec=./x -cf /dev/null ."),
        ("tail into file", "tail x > \(out)/p"),
        ("process substitution", "cat <(touch \(out)/p)"),
        ("here-document", "cat <<E\n$(touch \(out)/p)\nE"),
        ("arithmetic index", "echo $((a[$(touch \(out)/p)]))"),
        ("function of a reading name", "ls() { touch \(out)/p; }; ls"),
        ("alias of a reading name", "alias ls=touch; ls x"),
        ("ANSI quotes", "$'touch' \(out)/p"),
        ("joined words", "to\"uc\"h \(out)/p"),
        ("unknown program", "$SHELL -c ls"),
        ("wrapper", "env ls=1 touch x"),
        ("trap", "trap 'touch \(out)/p' EXIT"),
        ("carriage return", "ls\r; touch \(out)/p"),
        ("coprocess", "coproc touch \(out)/p"),
        ("background", "ls & touch \(out)/p"),
        ("npm script", "npm install --script-shell=./x"),
    ]

    private func policy(_ grants: [GrantRule]) throws -> AccessPolicy {
        var policy = AccessPolicy(
            sandboxMode: Sourced(.workspaceWrite), network: Sourced(.off), writableRoots: [Sourced("/w")],
            approvalPolicy: Sourced(.untrusted))
        policy.grants = grants.map { Grant(scope: .user, rule: $0) }
        return policy
    }

    @Test(arguments: lines.indices) func neverRunsWithoutAQuestion(_ index: Int) throws {
        let (name, line) = Self.lines[index]
        for argv in [["/bin/bash", "-c", line], ["/bin/bash", "-lc", line]] {
            let plain = [["git", "status"], ["git", "log"], ["npm", "test"], ["cargo", "build"]]
            let decision = try policy(plain.map(GrantRule.prefix)).decision(onCommand: argv, in: "/w")
            #expect(decision.verdict.decision == .ask, "\(name): \(decision.verdict)")
            #expect(decision.grants.isEmpty, "\(name)")
        }
    }

    /// A grant's own words in other hands: as an argument, behind a wrapper, with a variable, in quotes.
    @Test(arguments: lines.indices) func theyEarnNoGrantThatIsWiderThanThemselves(_ index: Int) throws {
        let (name, line) = Self.lines[index]
        let argv = ["/bin/bash", "-c", line]
        let decision = try policy([]).decision(onCommand: argv, in: "/w")
        for rule in decision.rememberable(argv: argv, cwd: "/w", files: []) ?? [] {
            switch rule {
            case .exact(let command): #expect(command == ExactCommand(argv: argv, cwd: "/w"), "\(name)")
            case .changes, .writes, .tool: Issue.record("\(name): a command is no change of files")
            case .prefix(let words):
                // Only what says itself what it does.
                #expect(words == ["git", "diff"] || words == ["npm", "install"], "\(name): \(words)")
            }
        }
    }
}
