package import Basics

/// Something a model can call.
///
/// A tool reaches the world only through its host, so that every effect passes the gate, is journaled and is seen.
package protocol Tool: Sendable {
    var definition: ToolDefinition { get }
    /// Whether calls may overlap with other calls of one response. Commands and reads may; changes may not.
    var runsInParallel: Bool { get }

    /// Carries a call out and answers it. What went wrong for the model is in the result; an error thrown ends the
    /// turn (the journal cannot be written, the turn was interrupted).
    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult
}

/// The engine as a tool sees it: items and the gate.
package protocol ToolHost: Sendable {
    /// Emits `item.started` and returns the item's id.
    func begin(_ kind: ThreadItem.Kind) throws -> String
    /// Emits `item.updated`.
    func update(_ id: String, _ kind: ThreadItem.Kind) throws
    /// Emits `item.completed`.
    func complete(_ id: String, _ kind: ThreadItem.Kind) throws

    /// Asks the gate for an effect and, if it may be, runs it between two journal records.
    ///
    /// `run` returns its value and what the journal keeps of the outcome.
    /// - Parameters:
    ///   - use: what hooks are shown; nil for what can be told from the effect alone.
    ///   - context: what a reviewer is shown besides the effect, where one is asked.
    func pass<Value: Sendable>(
        _ effect: Effect, as use: ToolUse?, item: String, context: EffectContext,
        run: @Sendable () async throws -> (Value, JSONValue)
    ) async throws -> Passage<Value>

    /// Records that an effect the gate had allowed was refused further down, by the sandbox or the file layer.
    func refused(_ effect: Effect, item: String, verdict: Verdict) throws

    /// Asks the user, where one answers in this session, whether what the sandbox refused a command may be written.
    ///
    /// - Returns: what may be written from the next run of this command on.
    func offer(_ denials: [EffectDenial], of command: Effect, item: String) async throws -> [String]

    /// Shows changes to what programs outside the sandbox run or obey, as an event of its own.
    func noticed(_ changes: [SensitiveChange], item: String) throws
}

/// Runs a command for the engine itself, through the same gate as a model's.
package protocol CommandRunner: Sendable {
    func run(_ command: String, host: any ToolHost) async throws -> (exitCode: Int, output: String)

    /// Runs a command that a model wrote in its text.
    ///
    /// - Parameters:
    ///   - limit: after which it is stopped.
    ///   - outputBytes: how much output to return, half from the start and half from the end.
    func run(
        _ command: String, limit: Duration, outputBytes: Int, host: any ToolHost
    ) async throws -> CommandOutcome
}

/// What became of an effect at the gate.
package enum Passage<Value: Sendable>: Sendable {
    case ran(Value)
    case denied(Verdict)
    /// A hook gave other input, and nothing was run: the tool makes its effect anew from it and passes again, with a
    /// use that has exactly this input. Only for uses that take other input.
    case revised(JSONObject)
}

extension ToolCall {
    /// The arguments as a JSON object; nil when the model wrote anything else.
    package var arguments: JSONObject? {
        guard case .function(let text) = input else { return nil }
        if text.allSatisfy(\.isWhitespace) { return JSONObject() }
        return (try? JSONValue(parsing: text))?.object
    }

    /// A text answer to this call.
    package func answer(_ text: String, isError: Bool = false) -> ToolResult {
        var isCustom = false
        if case .custom = input { isCustom = true }
        return ToolResult(callID: id, parts: [.text(text)], isError: isError, isCustom: isCustom)
    }
}

extension ToolHost {
    /// Nobody is asked.
    package func offer(_ denials: [EffectDenial], of command: Effect, item: String) async throws -> [String] { [] }

    /// For an effect that says itself all that there is to know of it.
    package func pass<Value: Sendable>(
        _ effect: Effect, as use: ToolUse? = nil, item: String,
        run: @Sendable () async throws -> (Value, JSONValue)
    ) async throws -> Passage<Value> {
        try await pass(effect, as: use, item: item, context: EffectContext(), run: run)
    }

    /// Records what the sandbox refused a command. Guesses are in the item alone: they are no refusals.
    package func refused(_ denials: [EffectDenial], item: String) throws {
        for denial in denials where denial.isCertain {
            try refused(.access(denial.operation, denial.target), item: item, verdict: denial.verdict)
        }
    }
}
