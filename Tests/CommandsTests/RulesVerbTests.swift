import Basics
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct RulesVerbTests {
    private static let rules = """
        prefix_rule(pattern=["git", "push"], decision="forbidden", justification="a person pushes",
            match=["git push origin"], not_match=["git pull"])
        prefix_rule(pattern=["rm"], decision="prompt")

        """
    private static let file = "home/.lockgate/rules/default.rules"

    @Test func checkLoadsWhatCountsAndDecides() async throws {
        try await ProjectFixture.with([Self.file: Self.rules]) { fixture in
            let place = "\(fixture.home)/rules/default.rules"
            let list = try await fixture.lockgate("rules", "check")
            #expect(
                list.text == """
                    prefix_rule(pattern=["git", "push"], decision="forbidden")  \(place):1
                    prefix_rule(pattern=["rm"], decision="prompt")  \(place):3

                    """)
            let json = try await fixture.lockgate("rules", "check", "--json", "--", "git", "push", "x")
            let report = try #require(json.events.first)
            #expect(report["decision"] == "forbidden")
            #expect(report["matchedRules"]?[0]?["prefixRuleMatch"]?["matchedPrefix"] == ["git", "push"])
            #expect(report["matchedRules"]?[0]?["prefixRuleMatch"]?["justification"] == "a person pushes")
        }
    }

    @Test func aFileThatDoesNotLoadStopsEverythingWithItsPlace() async throws {
        let broken = "prefix_rule(pattern=[\"ls\"],\n  match=[\"cat x\"])\n"
        try await ProjectFixture.with([Self.file: broken, "project/a.rules": Self.rules]) { fixture in
            for arguments in [["rules", "check"], ["explain", "--", "ls"], ["exec", "hello"]] {
                let run = try await ProgramRun.run(
                    "lockgate", arguments, in: fixture.project, environment: fixture.environment,
                    scratch: fixture.folder)
                #expect(run.status == 1)
                #expect(run.errorText.contains("rules/default.rules:2:10: the example cat x is not matched by"))
            }
            // A named file is checked without those that count here.
            #expect(try await fixture.lockgate("rules", "check", "a.rules").status == 0)
        }
    }

    @Test func explainShowsTheTraceOfTheDecision() async throws {
        try await ProjectFixture.with([Self.file: Self.rules]) { fixture in
            let place = "\(fixture.home)/rules/default.rules"
            let run = try await fixture.lockgate("explain", "--", "cd sub && sudo rm $x > log")
            #expect(
                run.text == """
                    ask  by prefix_rule(pattern=["rm"], decision="prompt")  \(place):3
                      reason: rm ‹a variable› is to be asked about
                      exec:   refused, for nobody can be asked there
                      grant:  change the rule at \(place):3

                    What would run:
                      > /bin/bash -c 'cd sub && sudo rm $x > log'
                      - cd sub  (in bash)
                      - sudo rm ‹a variable›  (in bash)
                          besides: writes log
                      - rm ‹a variable›  (in bash > sudo)
                          matches prefix_rule(pattern=["rm"], decision="prompt")  \(place):3

                    What holds it in any case:
                      sandbox_mode = "read-only"  built-in default
                      network.mode = "off"  built-in default
                      approval_policy = "on-request"  built-in default

                    """)
            let json = try #require(try await fixture.lockgate("explain", "--json", "--", "git", "push").events.first)
            #expect(json["verdict"]?["decision"] == "deny")
            #expect(json["commands"]?[0]?["rules"]?[0]?["origin"]?["line"] == 1)
        }
    }

    @Test func aProjectsRulesCountOnceTheyWereReviewed() async throws {
        let files = ["project/.lockgate/rules/a.rules": "prefix_rule(pattern=[\"make\"], decision=\"forbidden\")\n"]
        try await ProjectFixture.with(files) { fixture in
            func decision() async throws -> JSONValue? {
                try await fixture.lockgate("explain", "--json", "--", "make").events.first?["verdict"]?["decision"]
            }
            let before = try await decision()
            #expect(before == "allow")
            let trust = try await fixture.lockgate("trust", "--yes")
            #expect(trust.status == 0)
            let after = try await decision()
            #expect(after == "deny")
        }
    }

    @Test func aRunRefusesWhatARuleForbidsAndWhatItWouldHaveToAskAbout() async throws {
        let steps = [ExecFixture.shell("touch a && git push"), ExecFixture.shell("rm a"), .text("Could not.")]
        try await ExecFixture.with(steps) { fixture in
            try fixture.home.write("rules/default.rules", Self.rules)
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 4)
            let verdicts = run.events.filter { $0["type"] == "effect.denied" }.compactMap { $0["verdict"] }
            #expect(verdicts.map { $0["decision"] } == ["deny", "deny"])
            #expect(
                verdicts.map { $0["reason"] } == [
                    "git push is forbidden by a rule: a person pushes",
                    "rm a is to be asked about; nobody can be asked in this run",
                ])
            // Nothing of a refused command line ran.
            #expect(try fixture.repository.git("status", "--porcelain") == "")
            // The model reads why.
            let answer = fixture.server.requests[1].body["input"]?.array?.last
            #expect("\(answer ?? .null)".contains("a person pushes"))
        }
    }

    @Test func theGateDecidesAsExplainSays() async throws {
        let steps = [ExecFixture.shell("touch a"), .text("Could not.")]
        try await ExecFixture.with(steps, settings: "approval_policy = \"untrusted\"") { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            let denial = try #require(run.events.first { $0["type"] == "effect.denied" })
            let explained = try await ProgramRun.run(
                "lockgate", ["explain", "--json", "-c", "sandbox_mode=workspace-write", "--", "touch a"],
                in: fixture.repository.path, environment: fixture.environment, scratch: fixture.home)
            #expect(denial["verdict"] == explained.events.first?["in_exec"])
        }
    }
}
