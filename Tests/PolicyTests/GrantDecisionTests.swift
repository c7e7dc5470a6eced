import Testing
import Wire

@testable import Policy

@Suite struct GrantDecisionTests {
    private static let rules = """
        prefix_rule(pattern=["git", "push"], decision="prompt")
        prefix_rule(pattern=["npm"], decision="prompt")
        prefix_rule(pattern=["rm"], decision="prompt")
        """
    private static let strict = rules + "\nprefix_rule(pattern=[\"git\", \"push\", \"-f\"], decision=\"forbidden\")"

    private func policy(
        _ rules: String = GrantDecisionTests.rules, _ approval: ApprovalPolicy = .onRequest, _ grants: GrantRule...
    ) throws -> AccessPolicy {
        var policy = AccessPolicy(
            sandboxMode: Sourced(.workspaceWrite), network: Sourced(.off), writableRoots: [Sourced("/w")],
            approvalPolicy: Sourced(approval),
            rules: try CommandRules(Array(rules.utf8), file: "/h/rules/default.rules", layer: .user))
        policy.grants = grants.enumerated().map { Grant(id: "g\($0)", scope: .project, rule: $1) }
        return policy
    }

    private func decision(_ policy: AccessPolicy, _ script: String, cwd: String = "/w") -> CommandDecision {
        policy.decision(onCommand: ["/bin/bash", "-c", script], in: cwd)
    }

    private static func whole(_ script: String) -> GrantRule {
        .exact(ExactCommand(argv: ["/bin/bash", "-c", script], cwd: "/w"))
    }

    @Test(arguments: [
        ("npm install x", Verdict.Decision.allow), ("cd sub && npm install x; ls", .allow),
        ("timeout 5 npm install", .allow), ("npm run install", .ask), ("npm", .ask), ("npm $x", .ask),
        ("npm install $x", .ask), ("npm install && npm run x", .ask), ("npm install && rm x", .ask),
        ("npm install > log", .ask), ("CC=x npm install", .ask), ("export A=1; npm install", .ask),
        ("./npm install", .ask), ("/usr/bin/npm install", .ask), ("sudo npm install", .ask),
        ("xargs npm install", .ask), ("find . -exec npm install \\;", .ask), ("eval \"$x\"; npm install", .ask),
        ("npm 'install x'", .ask), ("npm installx", .ask), ("'npm install'", .allow),
    ])
    func aPrefixCoversItsWordsAndNothingMore(_ script: String, _ wanted: Verdict.Decision) throws {
        let decision = decision(try policy(Self.rules, .onRequest, .prefix(["npm", "install"])), script)
        #expect(decision.verdict.decision == wanted, "\(decision.verdict)")
    }

    @Test func aGrantedPlainCommandDoesNotCoverOptionsThatRunSomethingElse() throws {
        let policy = try policy(Self.rules, .onRequest, .prefix(["git", "push"]))
        #expect(decision(policy, "git push origin").verdict.decision == .allow)
        for script in ["git -c core.sshCommand=./x push", "git -C /y push", "GIT_SSH=./x git push"] {
            #expect(decision(policy, script).verdict.decision == .ask, "\(script)")
        }
    }

    @Test func aWholeCommandLineIsGrantedAsItStandsInItsFolder() throws {
        let script = "rm -rf build > log"
        let policy = try policy(Self.rules, .onRequest, Self.whole(script))
        #expect(
            decision(policy, script).verdict
                == Verdict(.allow, rule: Self.whole(script).text, origin: Origin(.grant("g0"))))
        #expect(decision(policy, script, cwd: "/w/sub").verdict.decision == .ask)
        #expect(decision(policy, script + " ").verdict.decision == .ask)
        #expect(policy.decision(onCommand: ["/bin/bash", "-c", script]).verdict.decision == .ask)
        #expect(policy.decision(onCommand: ["/bin/bash", "-lc", script], in: "/w").verdict.decision == .ask)
    }

    @Test func argumentsAreSeparateTexts() throws {
        let policy = try policy(
            Self.rules, .onRequest, .exact(ExactCommand(argv: ["rm", "a", "b"], cwd: "/w")), .prefix(["npm", "ci x"]))
        #expect(policy.decision(onCommand: ["rm", "a", "b"], in: "/w").verdict.decision == .allow)
        #expect(policy.decision(onCommand: ["rm", "a b"], in: "/w").verdict.decision == .ask)
        #expect(policy.decision(onCommand: ["npm", "ci", "x"], in: "/w").verdict.decision == .ask)
        #expect(policy.decision(onCommand: ["npm", "ci x"], in: "/w").verdict.decision == .allow)
    }

    @Test(arguments: [
        "git push -f", "git push -f; npm install", "git push $x", "git push; eval $y", "source z; git push",
    ])
    func whatIsOrMayBeForbiddenIsNeverGranted(_ script: String) throws {
        let granted = try policy(
            Self.strict, .onRequest, Self.whole(script), .prefix(["git", "push"]), .prefix(["npm", "install"]))
        let bare = try policy(Self.strict)
        #expect(decision(granted, script).verdict == decision(bare, script).verdict)
        #expect(decision(granted, script).grants.isEmpty)
        #expect(decision(bare, script).rememberable(argv: ["x"], cwd: "/w", files: []) == nil)
        #expect(decision(granted, "git push").verdict.decision == .allow)
    }

    @Test func grantsCountWhereNobodyIsAsked() throws {
        let policy = try policy(Self.rules, .never, .prefix(["npm", "install"]))
        #expect(decision(policy, "npm install").verdict.decision == .allow)
        #expect(decision(policy, "npm test").verdict.decision == .deny)
    }

    @Test(arguments: [
        ("npm install x", [GrantRule.prefix(["npm", "install"])]),
        ("npm install x && git push", [.prefix(["npm", "install"]), .prefix(["git", "push"])]),
        ("npm ci; npm ci", [.prefix(["npm", "ci"])]), ("npm run x", [whole("npm run x")]),
        ("npm install > f", [whole("npm install > f")]), ("sudo npm install", [whole("sudo npm install")]),
        ("rm x", [whole("rm x")]), ("npm install; eval $x", [whole("npm install; eval $x")]),
        ("/opt/npm install", [whole("/opt/npm install")]),
    ])
    func whatIsOfferedIsTheNarrowestThatSaysWhatRuns(_ script: String, _ rules: [GrantRule]) throws {
        let decision = decision(try policy(), script)
        #expect(decision.verdict.decision == .ask)
        #expect(decision.rememberable(argv: ["/bin/bash", "-c", script], cwd: "/w", files: []) == rules)
    }

    @Test(arguments: [
        "bash", "sh -c ls", "python3 -c x", "python x.py", "node x.js", "perl -e x", "sudo ls", "env ls", "xargs ls",
        "git -c a=b status", "git bisect run", "git config x", "cargo run", "npm exec x", "npx x", "go run .",
        "make test", "docker run x", "ssh host ls", "find . -delete", "curl x", "awk BEGIN", "sed s/a/b/", "rm x",
        "./gradlew build", "/usr/bin/git push", "uv run x", "timeout 5 ls", "busybox sh", "git",
    ])
    func shellsInterpretersAndWrappersHaveNoPrefix(_ line: String) {
        #expect(PrefixWords.of(line.split(separator: " ").map(String.init)) == nil)
    }

    @Test func changesOfFilesAreAskedAboutUnderUntrustedAndGrantedByFolder() throws {
        func verdict(_ policy: AccessPolicy, _ paths: String...) -> Verdict {
            policy.verdict(on: .changeFiles(paths.map { FileChangeSummary(path: $0, kind: .update) }))
        }
        var untrusted = try policy("", .untrusted)
        untrusted.writableRoots.append(Sourced("/x"))
        #expect(
            verdict(untrusted, "/w/a", "/w/b")
                == Verdict(
                    .ask, rule: "approval_policy = \"untrusted\"", origin: .builtIn,
                    reason: "/w/a and 1 more would be changed", grant: "-c approval_policy=on-request"))
        #expect(verdict(try policy(""), "/w/a").decision == .allow)
        // A grant opens nothing that the policy refuses, and no other folder.
        untrusted.grants = [
            Grant(id: "g1", scope: .session, rule: .changes(root: "/w")),
            Grant(scope: .session, rule: .changes(root: "/")), Grant(scope: .session, rule: .prefix(["npm", "ci"])),
        ]
        #expect(verdict(untrusted, "/w/a").origin == Origin(.grant("g1")))
        #expect(verdict(untrusted, "/w/.git/hooks/x").decision == .deny)
        #expect(verdict(untrusted, "/w/a", "/etc/passwd").decision == .deny)
        untrusted.grants.remove(at: 1)
        #expect(verdict(untrusted, "/x/a").decision == .ask)
        #expect(verdict(untrusted, "/w/a", "/x/a").decision == .ask)
        let two = [FileChangeSummary(path: "/w/a", kind: .update, movedTo: "/x/a")]
        #expect(untrusted.decision(onChanges: two).root == nil)
        untrusted.sandboxMode = Sourced(.readOnly)
        #expect(verdict(untrusted, "/w/a").decision == .deny)
    }

    @Test func whatACommandTouchesIsReadFromItsWords() {
        let script =
            "sort < in.txt > out.txt; curl https://u@Example.org:8/x | tee log; scp f me@h.example:d; exec 3<>/dev/tcp/a/1"
        let reach = EffectReach(ShellAnalysis(argv: ["bash", "-c", script]))
        #expect(reach.writes == ["out.txt"])
        #expect(reach.reads == ["in.txt"])
        #expect(Set(reach.hosts) == ["tcp/a/1", "example.org", "h.example"])
        #expect(
            reach.commands == ["sort", "curl https://u@Example.org:8/x", "tee log", "scp f me@h.example:d", "exec"])
    }
}
