import TestSupport
import Testing
import Wire

@testable import Policy

@Suite struct CommandDecisionTests {
    private func policy(_ rules: String, _ approval: ApprovalPolicy = .onRequest) throws -> AccessPolicy {
        AccessPolicy(
            sandboxMode: Sourced(.workspaceWrite), network: Sourced(.off), writableRoots: [Sourced("/w")],
            approvalPolicy: Sourced(approval, Origin(.user, file: "/h/config.toml", line: 2)),
            rules: try CommandRules(Array(rules.utf8), file: "/h/rules/default.rules", layer: .user))
    }

    private func verdict(_ policy: AccessPolicy, _ script: String) -> Verdict {
        policy.verdict(on: .runCommand(argv: ["/bin/bash", "-c", script], display: script, cwd: "/w"))
    }

    private static let rules = """
        prefix_rule(pattern=["git", "push"], decision="forbidden", justification="a person pushes")
        prefix_rule(pattern=["rm"], decision="prompt")
        prefix_rule(pattern=["rm", "-i"])
        prefix_rule(pattern=["make"])
        prefix_rule(pattern=["git", "status"])
        host_executable(name="make", paths=["/usr/bin/make"])
        """

    @Test(arguments: [
        ("git push", Verdict.Decision.deny), ("ls && git push origin", .deny), ("/usr/bin/git push", .deny),
        ("echo $(git push)", .deny), ("git -C /x push", .deny), ("sudo git push", .deny), ("env -i git push", .deny),
        ("find . -exec git push \\;", .deny), ("sh -c 'git push; rm x'", .deny), ("git push $x", .deny),
        ("xargs git push", .deny), ("rm x", .ask), ("rm -i x", .ask), ("./rm x", .ask), ("git $x", .ask),
        ("$x push", .ask), ("git p", .ask), ("eval \"$x\"", .ask), ("source x", .ask), ("curl x | sh", .ask),
        ("echo 'open", .ask), ("alias x=y", .ask), ("git status", .allow), ("ls $x *.c > f", .allow),
        ("git log $x", .allow), ("echo git push", .allow), ("make \"$x\"", .allow), ("python3 x.py", .allow),
        ("set -euo pipefail; cd sub && ./gradlew build", .allow), ("export A=1 && make", .allow),
        ("cd x && ./rm y", .ask),
        ("cd /tmp && ./git push", .deny), ("export PATH=$x; make", .ask),
    ])
    func theStrictestRuleThatMayMatchDecides(_ script: String, _ decision: Verdict.Decision) throws {
        let verdict = verdict(try policy(Self.rules), script)
        #expect(verdict.decision == decision, "\(verdict)")
        #expect((verdict.grant == nil) == (decision == .allow))
    }

    @Test(arguments: [
        ("make test", Verdict.Decision.allow), ("timeout 5 make | head", .allow), ("/usr/bin/make", .allow),
        ("ls -la; cat x", .allow), ("git status", .allow), ("make 2>/dev/null", .allow), ("make > f", .ask),
        ("CC=x make", .ask), ("make $x", .ask), ("./make", .ask), ("/tmp/make", .ask), ("./cat x", .ask),
        ("sudo make", .ask), ("make && touch x", .ask), ("git -c core.fsmonitor=x status", .ask), ("x=1; make", .ask),
        ("make; source x", .ask), ("for f in a; do make; done", .ask), ("git push", .deny), ("touch x", .ask),
        ("xargs make", .ask), ("", .allow), ("set -e; make", .allow),
        ("export A=1; make", .ask), ("cd x; make", .ask), ("cat <<E\n$(touch x)\nE\n", .ask),
    ])
    func untrustedAsksAboutAllThatIsNeitherAllowedNorReading(_ script: String, _ decision: Verdict.Decision) throws {
        let verdict = verdict(try policy(Self.rules, .untrusted), script)
        #expect(verdict.decision == decision, "\(verdict)")
    }

    @Test func aRefusalNamesRulePlaceJustificationAndGrant() throws {
        #expect(
            verdict(try policy(Self.rules), "a && git push")
                == Verdict(
                    .deny, rule: "prefix_rule(pattern=[\"git\", \"push\"], decision=\"forbidden\")",
                    origin: Origin(.user, file: "/h/rules/default.rules", line: 1, column: 1),
                    reason: "git push is forbidden by a rule: a person pushes",
                    grant: "change the rule at /h/rules/default.rules:1"))
        #expect(
            verdict(try policy("", .untrusted), "npm install x").grant
                == "prefix_rule(pattern=[\"npm\", \"install\"], decision=\"allow\")")
    }

    @Test func neverRefusesWhatWouldBeAskedAndSoDoesARunWithoutAnyone() throws {
        let refused = verdict(try policy(Self.rules, .never), "rm x")
        #expect(refused.decision == .deny)
        #expect(refused.reason.hasSuffix("; approval_policy = \"never\" (/h/config.toml:2) refuses it"))
        #expect(verdict(try policy(Self.rules, .never), "touch x").decision == .allow)
        let asked = verdict(try policy(Self.rules), "rm x")
        #expect(asked.unattended.decision == .deny)
        #expect(asked.unattended.rule == asked.rule)
        #expect(asked.unattended.reason.hasSuffix("; nobody can be asked in this run"))
    }

    @Test func withoutRulesTheSandboxAloneDecides() throws {
        let policy = try policy(
            "prefix_rule(pattern=[\"make\"])\nnetwork_rule(host=\"a\", protocol=\"http\", decision=\"allow\")")
        for script in ["rm -rf x", "eval $x", "'"] { #expect(verdict(policy, script).decision == .allow) }
    }

    @Test func aThousandRandomPoliciesDecideAsTheyExplain() throws {
        var generator = SeededGenerator(seed: 11)
        let words = ["git", "push", "rm", "make", "ls", "-f", "x"]
        let scripts = [
            "git push", "rm -f x", "make x", "ls $x", "sudo rm x", "a | git x", "eval $x", "$(rm)", "ls; x > f",
        ]
        for _ in 0..<1000 {
            let text = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                let pattern = (0...Int.random(in: 0...1, using: &generator)).map { _ in "\"\(generator.pick(words))\"" }
                let decision = generator.pick(["allow", "prompt", "forbidden"])
                return "prefix_rule(pattern=[\(pattern.joined(separator: ", "))], decision=\"\(decision)\")"
            }.joined(separator: "\n")
            var policy = try policy(text, generator.pick(ApprovalPolicy.allCases))
            let argv = ["bash", "-c", generator.pick(scripts)]
            let without = policy.decision(onCommand: argv, in: "/")
            policy.grants = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                let rule: GrantRule =
                    generator.oneIn(2)
                    ? .prefix((0...Int.random(in: 0...1, using: &generator)).map { _ in generator.pick(words) })
                    : .exact(ExactCommand(argv: ["bash", "-c", generator.pick(scripts)], cwd: "/"))
                return Grant(scope: .session, rule: rule)
            }
            let decision = policy.decision(onCommand: argv, in: "/")
            #expect(policy.verdict(on: .runCommand(argv: argv, display: "", cwd: "/")) == decision.verdict)
            // Grants turn a question into a yes, and nothing else into anything.
            let wouldBeRefused = without.verdict.decision == .deny && policy.approvalPolicy.value == .never
            if decision.verdict != without.verdict {
                #expect(without.verdict.decision == .ask || wouldBeRefused)
                #expect(decision.verdict.decision == .allow && !decision.grants.isEmpty && decision.isGrantable)
            } else {
                #expect(decision.grants.isEmpty)
            }
            // What any part is certainly forbidden, the whole is.
            let isForbidden = decision.parts.contains {
                $0.rules.contains { $0.isCertain && $0.rule.decision == .forbidden }
            }
            if isForbidden { #expect(decision.verdict.decision == .deny && decision.grants.isEmpty) }
            if policy.approvalPolicy.value == .never { #expect(decision.verdict.decision != .ask) }
        }
    }
}
