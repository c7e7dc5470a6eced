package import Basics

/// One run of one hook, as `exec --json` and the journal show it.
package struct HookRun: Sendable, Hashable {
    /// What the hook's answer, or its failure, does.
    package enum Verdict: String, Sendable, Hashable {
        /// Nothing against it.
        case pass
        case allow, ask, block
        /// Ends the turn.
        case stop
    }

    /// Why there is no answer that counts.
    package struct Failure: Error, Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            /// It could not be started.
            case spawn
            /// An exit code other than 0 and 2.
            case exit
            case signal, timeout
            /// More output than is read.
            case oversized
            /// Output that is no answer: not JSON, or with fields or values that the event does not have.
            case answer
            /// Two hooks that want different input for one effect.
            case conflict
        }

        package var kind: Kind
        package var message: String

        package init(_ kind: Kind, _ message: String) {
            self.kind = kind
            self.message = message
        }
    }

    package var event: HookEvent
    /// What a person calls it: its status message, else its command, cut.
    package var name: String
    package var command: String
    package var origin: Origin
    package var isSandboxed = true
    /// Whether a failure blocks.
    package var failsClosed: Bool
    package var durationMilliseconds = 0
    package var exitCode: Int?
    package var signal: String?
    package var verdict = Verdict.pass
    package var failure: Failure?
    /// Why it blocks, asks or stops.
    package var reason: String?
    /// Its `systemMessage`, for the person.
    package var message: String?
    /// The effect's item.
    package var item: String?

    package init(event: HookEvent, name: String, command: String, origin: Origin, failsClosed: Bool) {
        self.event = event
        self.name = name
        self.command = command
        self.origin = origin
        self.failsClosed = failsClosed
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "event": .string(event.rawValue), "hook": .string(name), "command": .string(command),
            "origin": .string(origin.location), "layer": .string(origin.layer.name),
            "sandboxed": .bool(isSandboxed), "fail": .string(failsClosed ? "closed" : "open"),
            "duration_ms": .int(durationMilliseconds), "exit_code": .optional(exitCode),
            "verdict": .string(verdict.rawValue),
        ]
        if let signal { object["signal"] = .string(signal) }
        if let failure {
            object["failure"] = ["kind": .string(failure.kind.rawValue), "message": .string(failure.message)]
        }
        if let reason { object["reason"] = .string(reason) }
        if let message { object["message"] = .string(message) }
        if let item { object["item_id"] = .string(item) }
        return object
    }
}

/// What a hook answered beside its verdict.
package struct HookAnswer: Sendable, Hashable {
    package var verdict = HookRun.Verdict.pass
    package var reason: String?
    package var message: String?
    /// The whole new input of the tool.
    package var updatedInput: JSONObject?
    /// For the model.
    package var context: String?
    /// What the model reads instead of the tool's output.
    package var updatedOutput: JSONValue?

    package init() {}
}

/// A run with its answer; a failed one has an empty answer but for the verdict.
package struct HookResult: Sendable, Hashable {
    /// The hook's place among all, to leave it out of another run.
    package var number: Int
    package var run: HookRun
    package var answer: HookAnswer

    package init(number: Int, run: HookRun, answer: HookAnswer) {
        self.number = number
        self.run = run
        self.answer = answer
    }

    /// Whether a project brought the hook. What it allows is no permission: a project can only narrow.
    package var isProject: Bool { if case .project = run.origin.layer { true } else { false } }
}

/// The configured hooks, as the engine sees them.
package protocol HookRunner: Sendable {
    /// Whether anything is configured for an event; asked before any input is built.
    func hasHooks(for event: HookEvent) -> Bool

    /// Runs all hooks of the event that match, at the same time, and returns once all have ended, in their order.
    ///
    /// - Parameters:
    ///   - subjects: the names that a matcher may match; one is enough.
    ///   - leavingOut: hooks that are not run again.
    /// - Throws: `CancellationError`, once all of them are dead.
    func run(
        _ event: HookEvent, subjects: [String], input: JSONObject, leavingOut: Set<Int>
    ) async throws -> [HookResult]
}
