/// When a person is asked before an effect. Names and meanings are Codex's.
package enum ApprovalPolicy: String, Sendable, Hashable, CaseIterable {
    /// Everything but commands known to only read is asked about.
    case untrusted
    /// What the sandbox allows runs; the model may ask for more.
    case onRequest = "on-request"
    /// Nobody is asked: what the policy does not allow is refused.
    case never
}

/// What the user decided about a project. A project nobody decided about has no level and counts as untrusted.
package enum TrustLevel: String, Sendable, Hashable, CaseIterable {
    case trusted, untrusted
}
