package import Basics
package import Wire

/// Everything a session is run with, decided before it starts.
package struct SessionSettings: Sendable {
    /// The workspace; absolute, links resolved.
    package var cwd: String
    package var model: String
    package var provider: String
    package var instructions: String
    /// What stands before the first prompt: project instructions and the environment.
    package var context: [ConversationItem]
    package var toolMode: ToolMode = .native
    package var parallelToolCalls = true
    package var outputSchema: JSONValue?
    package var maxOutputTokens: Int?
    package var temperature: Double?
    package var seed: Int?
    package var reasoningEffort: String?
    /// Tokens at which the conversation is summarised before the next request.
    package var compactionLimit = 200_000
    package var limits = TurnMachine.Limits()
    package var budget = BudgetLimits()
    /// The command that decides success (`--check`), run by the engine.
    package var check: String?
    /// Refuse an action that repeats the one before it; for small models.
    package var refusesRepeats = false
    /// Set for a model that is worked with in plain text, see `SmallModelMachine`; tools are then not declared.
    package var smallModel: SmallModelSettings?
    /// USD for a request's usage; nil when the model's price is unknown.
    package var price: @Sendable (TokenUsage) -> Double? = { _ in nil }

    package init(cwd: String, model: String, provider: String, instructions: String, context: [ConversationItem] = []) {
        self.cwd = cwd
        self.model = model
        self.provider = provider
        self.instructions = instructions
        self.context = context
    }
}

/// Hard limits of a session; nil for none.
package struct BudgetLimits: Sendable, Hashable {
    package var usd: Double?
    package var tokens: Int?
    /// Wall time of the run.
    package var seconds: Double?

    package init(usd: Double? = nil, tokens: Int? = nil, seconds: Double? = nil) {
        self.usd = usd
        self.tokens = tokens
        self.seconds = seconds
    }

    /// The first limit that is used up, with the figures.
    package func exceeded(cost: Double?, usage: TokenUsage, elapsed: Double) -> ThreadEvent.BudgetState? {
        if let usd, let cost, cost >= usd {
            return ThreadEvent.BudgetState(name: "usd", limit: usd, spent: cost, exceeded: true)
        }
        let spent = usage.inputTokens + usage.outputTokens
        if let tokens, spent >= tokens {
            return ThreadEvent.BudgetState(name: "tokens", limit: Double(tokens), spent: Double(spent), exceeded: true)
        }
        if let seconds, elapsed >= seconds {
            return ThreadEvent.BudgetState(name: "seconds", limit: seconds, spent: elapsed, exceeded: true)
        }
        return nil
    }
}
