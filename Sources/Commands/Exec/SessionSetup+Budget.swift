import Basics
import Config
import Engine
import Journal
import Models
import Wire
import Workspace

extension SessionSetup {
    /// The limits of the command line and the configuration, and what they are counted with.
    ///
    /// - Parameters:
    ///   - restored: a resumed session has used something already.
    ///   - spansTurns: see `BudgetLedger`.
    /// - Throws: `budget.no_price` for a limit in USD on a model whose price is unknown: it could not be kept.
    func budgetLedger(
        _ restored: Conversation?, spansTurns: Bool = false
    ) throws(LockgateError) -> BudgetLedger {
        let limits = try budgetLimits()
        let own = settings.budget
        for model in [selection.model, own.cheaperModel].compactMap(\.self)
        where selection.prices.price(model: model) == nil {
            guard let limit = limits.first(where: { $0.unit == .usd }) else { break }
            throw LockgateError(
                "budget.no_price",
                "\(limit.key) cannot be kept: the price of the model \(model) is not known (\(limit.origin))",
                remedy: "add [prices.\"\(model)\"] with input and output in USD per million tokens, "
                    + "or limit tokens: --budget tokens=200k")
        }
        let used = restored.map { conversation in
            Spend(
                money: NanoDollars(usd: conversation.cost ?? 0),
                tokens: conversation.usage.inputTokens + conversation.usage.outputTokens)
        }
        let ladder = BudgetLadder(
            warnAt: own.warnAt, lowerEffortAt: own.lowerEffortAt, cheaperModelAt: own.cheaperModelAt,
            cheaperModel: own.cheaperModel)
        return BudgetLedger(
            limits: limits, ladder: ladder, session: used ?? Spend(),
            shared: request.isEphemeral
                ? nil : SpendLog(home: home, project: worktree?.root ?? configuration.project.root),
            spansTurns: spansTurns)
    }

    /// All limits that hold, with their places.
    func budgetLimits() throws(LockgateError) -> [BudgetLimit] {
        var limits: [BudgetLimit] = []
        for scope in BudgetLimit.Scope.allCases {
            for unit in BudgetLimit.Unit.allCases {
                let key = BudgetLimit(scope, unit, 0).key
                if let amount = request.budget[String(key.dropFirst("budget.".count))] {
                    limits.append(BudgetLimit(scope, unit, amount, origin: Origin(.flag("--budget"))))
                } else if let amount = settings.budget.amount(scope, unit) {
                    limits.append(BudgetLimit(scope, unit, amount, origin: try configuration.resolve(key).origin))
                }
            }
        }
        return limits
    }
}

extension BudgetSettings {
    fileprivate func amount(_ scope: BudgetLimit.Scope, _ unit: BudgetLimit.Unit) -> Double? {
        switch (scope, unit) {
        case (.session, .usd): usd
        case (.session, .tokens): tokens.map(Double.init)
        case (.session, .seconds): seconds.map(Double.init)
        case (.session, .commands): commands.map(Double.init)
        case (.session, .bytesWritten): bytesWritten.map(Double.init)
        case (.session, .bytesSent): bytesSent.map(Double.init)
        case (.turn, .usd): turn.usd
        case (.turn, .tokens): turn.tokens.map(Double.init)
        case (.turn, .seconds): turn.seconds.map(Double.init)
        case (.turn, .commands): turn.commands.map(Double.init)
        case (.turn, .bytesWritten): turn.bytesWritten.map(Double.init)
        case (.turn, .bytesSent): turn.bytesSent.map(Double.init)
        case (.day, .usd): day.usd
        case (.day, .tokens): day.tokens.map(Double.init)
        case (.project, .usd): project.usd
        case (.project, .tokens): project.tokens.map(Double.init)
        case (.day, .seconds), (.day, .commands), (.day, .bytesWritten), (.day, .bytesSent): nil
        case (.project, .seconds), (.project, .commands), (.project, .bytesWritten), (.project, .bytesSent): nil
        }
    }
}
