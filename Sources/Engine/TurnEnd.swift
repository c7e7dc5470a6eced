package import Wire

/// How a turn ended, for the process's exit code.
package enum TurnEnd: Sendable, Hashable {
    case done(String)
    /// Finished, but the gate refused something on the way.
    case doneWithDenials(String)
    case failed(LockgateError)

    /// DESIGN's contract: 0 done, 1 failed, 3 budget, 4 done with refusals.
    package var exitCode: Int32 {
        switch self {
        case .done: 0
        case .doneWithDenials: 4
        case .failed(let error): error.exitCode
        }
    }

    /// The agent's last words; nil for a turn that failed.
    package var message: String? {
        switch self {
        case .done(let message), .doneWithDenials(let message): message
        case .failed: nil
        }
    }
}

extension LockgateError {
    /// Why a turn failed, for a person.
    init(turnError error: any Error) {
        switch error {
        case let error as LockgateError: self = error
        case let error as ModelFailure: self.init(modelFailure: error)
        case is CancellationError: self.init("turn.interrupted", "the turn was interrupted")
        case let error as BudgetExceeded:
            let state = error.state
            self.init(
                "budget.exceeded",
                "the \(state.scope.rawValue)'s budget of \(state.limit.plain) \(state.name) is used up (\(state.spent.plain))",
                remedy: "raise it with --budget \(state.flag)=N and go on with: lockgate exec resume --last",
                exitCode: 3)
        default: self.init("internal", "\(error)")
        }
    }

    private init(modelFailure failure: ModelFailure) {
        let status = failure.status.map { " (HTTP \($0))" } ?? ""
        let tries = failure.attempts > 1 ? " after \(failure.attempts) attempts" : ""
        let text = failure.message
        switch failure.kind {
        case .unauthorized:
            self.init(
                "model.unauthorized", "the provider refused the key\(status): \(text)",
                remedy: "check the key in the variable that `env_key` of this provider names")
        case .forbidden:
            self.init(
                "model.forbidden", "the provider does not allow this request\(status): \(text)",
                remedy: "check that the key may use this model")
        case .badRequest: self.init("model.bad_request", "the provider rejected the request\(status): \(text)")
        case .notFound:
            self.init(
                "model.not_found", "the provider does not know this model or address\(status): \(text)",
                remedy: "check `model` and the provider's `base_url`")
        case .rateLimited:
            self.init(
                "model.rate_limited", "the provider limits the rate of requests\(status)\(tries): \(text)",
                remedy: "wait, then go on with: lockgate exec resume --last")
        case .usageLimit:
            self.init("model.usage_limit", "the provider's usage limit is reached\(status): \(text)")
        case .contextWindowExceeded:
            self.init(
                "model.context_window", "the conversation does not fit the model's context window: \(text)",
                remedy: "use a model with a larger window, or a shorter prompt")
        case .server: self.init("model.server", "the provider failed\(status)\(tries): \(text)")
        case .network:
            self.init(
                "model.network", "the provider cannot be reached\(tries): \(text)",
                remedy: "check `base_url`, the network and HTTPS_PROXY")
        case .idleTimeout:
            self.init(
                "model.idle_timeout", "the provider stopped sending\(tries): \(text)",
                remedy: "raise `stream_idle_timeout_ms` of this provider if the model thinks longer")
        case .streamCut: self.init("model.stream_cut", "the response broke off\(tries): \(text)")
        case .inStream: self.init("model.failed", "the provider reported an error\(tries): \(text)")
        case .byteLimit:
            self.init(
                "budget.bytes_sent", "the budget of bytes to send leaves no room for the request\(tries): \(text)",
                remedy: "raise it: --budget bytes_sent=N")
        case .malformed: self.init("model.malformed", "the provider's response cannot be read\(tries): \(text)")
        }
    }
}

extension Double {
    /// Without a needless fraction.
    fileprivate var plain: String { self == rounded() && abs(self) < 1e15 ? String(Int64(self)) : "\(self)" }
}
