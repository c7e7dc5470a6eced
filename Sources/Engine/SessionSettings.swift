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
    /// The most output that a request without a limit of its own may bring.
    package var outputCeiling = 8_192
    /// What asks, for the record of spending.
    package var source = "exec"
    /// The commands that decide success (`--check`), run by the engine one after the other.
    package var checks: [String] = []
    /// A command that has to succeed before the first turn begins: that of a new worktree.
    package var setup: String?
    /// How long the commands that prove a turn's claims may take together; nil where claims are not put to the test.
    package var proofLimit: Duration?
    /// Refuse an action that repeats the one before it; for small models.
    package var refusesRepeats = false
    /// Set for a model that is worked with in plain text, see `SmallModelMachine`; tools are then not declared.
    package var smallModel: SmallModelSettings?
    /// USD for a request's usage by model; nil when the model's price is unknown.
    package var price: @Sendable (_ model: String, TokenUsage) -> Double? = { _, _ in nil }

    /// The checks as one command line; nil without any.
    var check: String? { checks.isEmpty ? nil : checks.joined(separator: " && ") }

    package init(cwd: String, model: String, provider: String, instructions: String, context: [ConversationItem] = []) {
        self.cwd = cwd
        self.model = model
        self.provider = provider
        self.instructions = instructions
        self.context = context
    }
}
