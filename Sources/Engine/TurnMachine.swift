package import Wire

/// The turn loop as a value: what happened goes in, what to do next comes out. It holds no task, no clock and no
/// connection, so every path through a turn can be tested as a table.
package struct TurnMachine: Sendable, Hashable {
    /// What bounds a turn.
    package struct Limits: Sendable, Hashable {
        /// Requests in one turn; nil for no limit but the budget's.
        package var requests: Int?
        /// How often the check may fail before the turn does; 0 when there is no check.
        package var checkAttempts: Int
        /// How many cut responses in a row are answered with a request to be shorter.
        package var incompleteResponses: Int

        package init(requests: Int? = nil, checkAttempts: Int = 0, incompleteResponses: Int = 2) {
            self.requests = requests
            self.checkAttempts = checkAttempts
            self.incompleteResponses = incompleteResponses
        }
    }

    package enum Input: Sendable, Hashable {
        case start
        case response(calls: [ToolCall], text: String, stop: StopReason)
        case callsFinished
        case check(exitCode: Int)
    }

    package enum Action: Sendable, Hashable {
        /// Ask the model, after telling it `note` if there is one.
        case request(note: String?)
        case runCalls([ToolCall])
        case runCheck(attempt: Int)
        /// The check failed and another try remains: give its output to the model and ask again.
        case reportFailedCheck(attempt: Int)
        case finish(Outcome)
    }

    package enum Outcome: Sendable, Hashable {
        case done(message: String)
        case failed(code: String, message: String)
    }

    private let limits: Limits
    private var requests = 0
    private var cutInARow = 0
    private var emptyInARow = 0
    private var checks = 0
    private var message = ""

    package init(limits: Limits) {
        self.limits = limits
    }

    /// The next step.
    package mutating func next(_ input: Input) -> Action {
        switch input {
        case .start:
            return request(note: nil)
        case .callsFinished:
            return request(note: nil)
        case .response(_, _, .incomplete(let reason)):
            cutInARow += 1
            guard cutInARow <= limits.incompleteResponses else {
                return .finish(
                    .failed(
                        code: "model.incomplete",
                        message:
                            "the model's response was cut \(cutInARow) times in a row (\(reason)); nothing of it was run"
                    ))
            }
            return request(
                note:
                    "Your last response was cut off (\(reason)), so nothing in it was run. Continue with a shorter one."
            )
        case .response(let calls, let text, .completed):
            cutInARow = 0
            if !calls.isEmpty {
                emptyInARow = 0
                return .runCalls(calls)
            }
            if text.isEmpty {
                emptyInARow += 1
                if emptyInARow == 1 {
                    return request(note: "Your last response was empty. Go on, or say what you did.")
                }
            }
            message = text
            guard limits.checkAttempts > 0 else { return .finish(.done(message: text)) }
            checks += 1
            return .runCheck(attempt: checks)
        case .check(let exitCode):
            if exitCode == 0 { return .finish(.done(message: message)) }
            guard checks < limits.checkAttempts else {
                return .finish(
                    .failed(
                        code: "check.failed",
                        message:
                            "the check still fails (exit code \(exitCode)) after \(checks) attempt\(checks == 1 ? "" : "s")"
                    ))
            }
            emptyInARow = 0
            return .reportFailedCheck(attempt: checks)
        }
    }

    private mutating func request(note: String?) -> Action {
        if let limit = limits.requests, requests >= limit {
            if limits.checkAttempts > 0 {
                // Out of requests is not yet failed: the check decides.
                checks = limits.checkAttempts
                return .runCheck(attempt: checks)
            }
            return .finish(
                .failed(
                    code: "turn.request_limit", message: "the turn ended after \(limit) requests without a final answer"
                ))
        }
        requests += 1
        return .request(note: note)
    }

    /// The request that follows when a hook does not let the turn end yet.
    package mutating func requestAfterStop(note: String) -> Action {
        request(note: note)
    }

    /// Counts the request that follows a failed check.
    package mutating func requestAfterCheck() -> Action {
        request(note: nil)
    }
}
