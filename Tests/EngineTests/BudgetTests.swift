import Basics
import Synchronization
import Testing
import Wire

@testable import Engine

@Suite struct BudgetTests {
    /// USD for tokens: a thousandth for ten of input, a hundredth for ten of output.
    private static let price: @Sendable (String, TokenUsage) -> Double? = { _, usage in
        Double(usage.inputTokens) * 0.0001 + Double(usage.outputTokens) * 0.001
    }

    private static let calls = Array(repeating: ScriptedClient.Step.call("echo", "{}"), count: 30)

    @Test func moneyStopsAtTheCentAndIsNeverExceeded() async {
        // 100 in and 10 out: two cents a request.
        let bench = Bench(Self.calls, limits: [BudgetLimit(.session, .usd, 0.1)]) { $0.price = Self.price }
        let end = await bench.session.run([.text("go")])
        #expect(end.exitCode == 3)
        #expect(await bench.session.cost ?? 0 <= 0.1)
        #expect(bench.client.requests.count >= 3)
        // The last request may bring no more than what was left.
        #expect(bench.client.requests.last?.maxOutputTokens ?? 0 < 8_192)
        guard case .budget(let state)? = bench.events.last(where: { $0.type == "budget" }) else {
            Issue.record("no event")
            return
        }
        #expect(state.exceeded && state.name == "usd" && state.scope == .session && state.action == nil)
    }

    @Test func tokensAreNeverExceeded() async {
        let bench = Bench(Self.calls, limits: [BudgetLimit(.session, .tokens, 600)])
        #expect(await bench.session.run([.text("go")]).exitCode == 3)
        let usage = await bench.session.usage
        #expect(usage.inputTokens + usage.outputTokens <= 600)
        #expect(bench.client.requests.count >= 3)
    }

    @Test func aTurnsLimitEndsTheTurnAndNotTheSession() async {
        let bench = Bench(Self.calls, limits: [BudgetLimit(.turn, .commands, 2), BudgetLimit(.turn, .tokens, 300)])
        #expect(await bench.session.run([.text("go")]).exitCode == 3)
        let first = bench.client.requests.count
        #expect(await bench.session.run([.text("go on")]).exitCode == 3)
        #expect(bench.client.requests.count > first)
    }

    @Test(arguments: [BudgetLimit.Scope.session, .turn])
    func bytesWrittenAreCountedOverCommandsAndFilesAndEndTheTurn(_ scope: BudgetLimit.Scope) async {
        let bench = Bench(
            [
                .call("echo", #"{"text":"12345"}"#), .call("echo", #"{"text":"1234","path":"/w/a"}"#),
                .call("echo", #"{"text":"1"}"#), .call("echo", #"{"text":"beyond"}"#), .say("done"),
            ], limits: [BudgetLimit(scope, .bytesWritten, 10)])
        #expect(await bench.session.run([.text("go")]).exitCode == 3)
        let refused = bench.events.compactMap {
            if case .effectDenied(_, _, let verdict) = $0 { verdict } else { nil }
        }
        let key = scope == .turn ? "budget.turn.bytes_written" : "budget.bytes_written"
        #expect(
            refused == [
                Verdict(
                    .deny, rule: "\(key) = 10", origin: .builtIn, reason: "the budget of 10 bytes to write is used up",
                    grant: "--budget \(key.dropFirst("budget.".count))=N")
            ])
        #expect(bench.client.requests.count == 4)
    }

    @Test func bytesSentAreNeverExceeded() async {
        let bench = Bench(Self.calls, limits: [BudgetLimit(.session, .bytesSent, 3_500)])
        #expect(await bench.session.run([.text("go")]).exitCode == 3)
        // Asked four times, and the fourth would have gone beyond it.
        #expect(bench.client.requests.map(\.byteLimit) == [3_500, 2_500, 1_500, 500])
        guard case .budget(let state)? = bench.events.last(where: { $0.type == "budget" }) else {
            Issue.record("no event")
            return
        }
        #expect(state.exceeded && state.name == "bytes_sent" && state.spent == 3_000 && state.limit == 3_500)
    }

    @Test func anAnswerThatALimitCutIsTheBudgetsEndAndRunsNothing() async {
        let bench = Bench([.cut], limits: [BudgetLimit(.session, .tokens, 200)])
        #expect(await bench.session.run([.text("go")]).exitCode == 3)
        #expect(bench.events.map(\.type) == ["budget", "turn.failed"])
    }

    @Test func theTimeBudgetEndsAHangingModel() async {
        let bench = Bench([.hang], limits: [BudgetLimit(.turn, .seconds, 0.05), BudgetLimit(.session, .seconds, 60)])
        let end = await bench.session.run([.text("go")])
        #expect(end.exitCode == 3)
        #expect(bench.events.map(\.type) == ["budget", "turn.failed"])
    }

    @Test func theLadderWarnsThenAsksForLessThenForAnotherModel() async {
        let ladder = BudgetLadder(warnAt: 0.3, lowerEffortAt: 0.5, cheaperModelAt: 0.7, cheaperModel: "small")
        let bench = Bench(Self.calls, limits: [BudgetLimit(.session, .tokens, 2_000)], ladder: ladder) {
            $0.reasoningEffort = "high"
            $0.outputCeiling = 100
        }
        #expect(await bench.session.run([.text("go")]).exitCode == 3)
        let requests = bench.client.requests
        #expect(requests.first?.reasoningEffort == "high")
        #expect(requests.contains { $0.reasoningEffort == "medium" && $0.model == "m" })
        #expect(requests.last?.model == "small")
        let actions = bench.events.compactMap {
            if case .budget(let state) = $0 { state.action ?? "stop" } else { nil }
        }
        #expect(actions == ["warn", "lower_effort", "cheaper_model", "stop"])
    }

    @Test func theDaysLimitHoldsOverSessions() async {
        let shared = ScriptedSpend()
        let limits = [BudgetLimit(.day, .tokens, 500)]
        let first = Bench([.call("echo", "{}"), .say("done")], limits: limits, shared: shared) { $0.outputCeiling = 50 }
        #expect(await first.session.run([.text("go")]) == .done("done"))
        let second = Bench(Self.calls, limits: limits, shared: shared) { $0.outputCeiling = 50 }
        #expect(await second.session.run([.text("go")]).exitCode == 3)
        #expect(shared.spent.tokens <= 500)
    }

    @Test(arguments: [(ModelFailure.Kind.unauthorized, 0), (.rateLimited, 0), (.streamCut, 1)])
    func whatAProviderRefusedIsNotCountedForTheDay(_ kind: ModelFailure.Kind, _ open: Int) async {
        let shared = ScriptedSpend()
        let failure = ModelFailure(kind, message: "no")
        let bench = Bench([.fail(failure)], limits: [BudgetLimit(.day, .tokens, 100_000)], shared: shared)
        #expect(await bench.session.run([.text("go")]).exitCode == 1)
        #expect(shared.reservations == open)
    }

    /// Whatever is asked and used, as long as an answer keeps to what it was asked for, no limit is exceeded.
    @Test func noRandomRunExceedsALimit() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let prices = (
                Double.random(in: 0...2, using: &random) / 1000, Double.random(in: 0...2, using: &random) / 1000
            )
            let usd = Double.random(in: 0.001...3, using: &random)
            let tokens = Int.random(in: 1...20_000, using: &random)
            let ledger = BudgetLedger(limits: [
                BudgetLimit(.session, .usd, usd), BudgetLimit(.turn, .tokens, Double(tokens)),
            ])
            var (money, used) = (0.0, 0)
            for _ in 0..<40 {
                let input = Int.random(in: 0...3_000, using: &random)
                let ceiling = Int.random(in: 16...4_000, using: &random)
                let estimate = BudgetLedger.Estimate(inputTokens: input, outputTokens: ceiling) {
                    Double($0) * prices.0 + Double($1) * prices.1
                }
                guard let leave = try? ledger.reserve(estimate) else { break }
                let output = Int.random(in: 0...(leave.outputTokens ?? ceiling), using: &random)
                let cost = Double(input) * prices.0 + Double(output) * prices.1
                _ = try ledger.settle(
                    leave,
                    SpendEntry(
                        session: "s", model: "m", provider: "p", source: "exec",
                        usage: TokenUsage(inputTokens: input, outputTokens: output), cost: cost))
                money += cost
                used += input + output
            }
            #expect(money <= usd + 1e-6 && used <= tokens, "\(usd) \(tokens) \(prices)")
        }
    }
}

/// A record of spending in memory.
private final class ScriptedSpend: SharedSpend {
    private let total = Mutex(Spend())
    private let open = Mutex<[String: Spend]>([:])

    var spent: Spend { total.withLock { $0 } }

    var reservations: Int { open.withLock { $0.count } }

    func cancel(_ reservation: String) { open.withLock { _ = $0.removeValue(forKey: reservation) } }

    func totals() -> (day: Spend, project: Spend) {
        let all = open.withLock { $0.values.reduce(spent, +) }
        return (all, all)
    }

    func reserve(_ most: Spend, fits: (Spend, Spend) -> Bool) -> String? {
        let all = totals()
        guard fits(all.day, all.project) else { return nil }
        return open.withLock { open in
            let id = "\(open.count)"
            open[id] = most
            return id
        }
    }

    func settle(_ reservation: String?, _ entry: SpendEntry) {
        if let reservation { open.withLock { _ = $0.removeValue(forKey: reservation) } }
        let used = Spend(
            money: NanoDollars(usd: entry.cost ?? 0), tokens: entry.usage.inputTokens + entry.usage.outputTokens)
        total.withLock { $0 = $0 + used }
    }
}
