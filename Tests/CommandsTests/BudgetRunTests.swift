import Basics
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(2))) struct BudgetRunTests {
    /// Two tenths of a cent for each of the scripted model's answers of 20 tokens.
    private static let price = "[prices.scripted]\ninput = 0\noutput = 100"
    private static let calls = Array(repeating: ExecFixture.shell("true"), count: 20)

    private static func usage(_ fixture: ExecFixture, _ arguments: String...) async throws -> ProgramRun.Result {
        try await ProgramRun.run(
            "lockgate", ["usage"] + arguments, in: fixture.repository.path, environment: fixture.environment,
            scratch: fixture.home)
    }

    @Test func aCentStopsAtTheCentWithCode3AndTheSessionGoesOnWithMore() async throws {
        try await ExecFixture.with(Self.calls, settings: Self.price + "\n") { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "--budget", "usd=0.01", "go"])
            #expect(run.status == 3)
            #expect(fixture.server.requests.count == 5)
            let actions = run.events.filter { $0["type"] == "budget" }.map { $0["action"] }
            #expect(actions == ["warn", "stop"])
            let stop = try #require(run.events.last { $0["type"] == "budget" })
            #expect(stop["spent"]?.double == 0.01)
            #expect(stop["origin"] == "command line (--budget)")
            #expect(run.events.last?["error"]?["code"] == "budget.exceeded")
            let more = try await fixture.exec(["--json", "--budget", "usd=0.014", "resume", "--last", "go on"])
            #expect(more.status == 3)
            #expect(fixture.server.requests.count == 7)
            let report = try await Self.usage(fixture, "--by", "model", "--json")
            let total = try JSONValue(parsing: report.output)["total"]
            #expect(total?["requests"] == 7)
            #expect(total?["cost_usd"]?.double == 0.014)
        }
    }

    @Test func theDaysLimitHoldsForTheNextSession() async throws {
        try await ExecFixture.with(
            [.text("One."), .text("Two.")], settings: "budget.day.usd = 0.0039\n" + Self.price + "\n"
        ) { fixture in
            #expect(try await fixture.exec(["--json", "go"]).status == 0)
            let second = try await fixture.exec(["--json", "go"])
            #expect(second.status == 0, "the answer may be as long as what is left pays for")
            let third = try await fixture.exec(["--json", "go"])
            #expect(third.status == 3)
            let stop = try #require(third.events.last { $0["type"] == "budget" })
            #expect(stop["scope"] == "day")
            #expect(stop["origin"]?.string?.hasSuffix("config.toml:3") == true)
        }
    }

    @Test func aLimitInMoneyOnAModelWithoutAPriceIsRefusedBeforeAnythingIsSent() async throws {
        try await ExecFixture.with([.text("One.")]) { fixture in
            let run = try await fixture.exec(["--budget", "usd=1", "go"])
            #expect(run.status == 1)
            #expect(run.errorText.contains("the price of the model scripted is not known"))
            #expect(run.errorText.contains("[prices.\"scripted\"]"))
            #expect(fixture.server.requests.isEmpty)
        }
    }

    @Test func commandsAreCounted() async throws {
        try await ExecFixture.with(Self.calls) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "--budget", "commands=3", "go"])
            #expect(run.status == 3)
            #expect(
                run.items("command_execution").map { $0["status"] } == [
                    "completed", "completed", "completed", "declined",
                ])
            #expect(run.events.first { $0["type"] == "effect.denied" }?["verdict"]?["rule"] == "budget.commands = 3")
        }
    }

    @Test func usageIsATableForPeople() async throws {
        try await ExecFixture.with([.text("One.")]) { fixture in
            #expect(try await Self.usage(fixture).text == "Nothing was spent yet.\n")
            _ = try await fixture.exec(["go"])
            let report = try await Self.usage(fixture, "--by", "model")
            #expect(report.text.contains("scripted"))
            #expect(report.text.contains("1 requests have no known price"))
            #expect(try await Self.usage(fixture, "--by", "colour").status == 2)
        }
    }
}
