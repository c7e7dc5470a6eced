package import Wire

/// What the status line and the banner say of a session.
package struct SessionFacts: Sendable, Hashable {
    package var version: String
    package var id: String?
    package var cwd: String
    package var model: String
    package var provider: String
    package var sandboxMode: SandboxMode
    package var network: NetworkMode
    package var approvals: String
    /// What the sandbox enforces here, in a word, and whether that is less than all.
    package var enforcement: String
    package var isReduced: Bool
    /// Tokens that the model can take.
    package var contextWindow: Int
    /// Whether nothing of the project's own settings counts.
    package var isUntrusted: Bool
    /// Whether the agent may only look and plan.
    package var isPlanning = false

    package init(
        version: String, id: String? = nil, cwd: String, model: String, provider: String, sandboxMode: SandboxMode,
        network: NetworkMode, approvals: String, enforcement: String, isReduced: Bool = false, contextWindow: Int,
        isUntrusted: Bool = false
    ) {
        self.version = version
        self.id = id
        self.cwd = cwd
        self.model = model
        self.provider = provider
        self.sandboxMode = sandboxMode
        self.network = network
        self.approvals = approvals
        self.enforcement = enforcement
        self.isReduced = isReduced
        self.contextWindow = contextWindow
        self.isUntrusted = isUntrusted
    }
}

/// What a session has used.
package struct SessionMeter: Sendable, Hashable {
    package var usage: TokenUsage
    /// USD; nil where a price is unknown.
    package var cost: Double?
    /// Tokens of the next request, about.
    package var contextTokens: Int

    package init(usage: TokenUsage, cost: Double?, contextTokens: Int) {
        self.usage = usage
        self.cost = cost
        self.contextTokens = contextTokens
    }
}
