import Basics
import Engine
import Journal
import Wire

/// What tools and commands did, from the record: their items, effects, questions and answers come again as they are.
///
/// Nothing is run. Calls of one response may overlap; whoever comes first hands on the records of all.
actor RecordedActions {
    private let script: ReplayScript
    private let journal: SessionJournal
    private let events: EventLog
    private let gate: Gate
    private let hooks: HookStage
    private let spending: ReviewSpending
    private let budget: BudgetLedger
    private let clock: RecordedLimits
    private var work: Task<Void, any Error>?

    init(
        script: ReplayScript, journal: SessionJournal, events: EventLog, gate: Gate, hooks: HookStage,
        spending: ReviewSpending, budget: BudgetLedger, clock: RecordedLimits
    ) {
        self.script = script
        self.journal = journal
        self.events = events
        self.gate = gate
        self.hooks = hooks
        self.spending = spending
        self.budget = budget
        self.clock = clock
    }

    /// Hands on all records up to the next that the engine itself makes; returns the last outcome of a command.
    @discardableResult
    func run() async throws -> JSONValue? {
        let from = script.cursor
        let task = work ?? Task { try await handOn() }
        work = task
        defer { work = nil }
        try await task.value
        let records = script.records[min(from, script.cursor)..<script.cursor]
        return records.last { $0.type == "effect.finished" }?.payload["outcome"]
    }

    private func handOn() async throws {
        while let record = script.next, !Self.isEngines(record) || record.isDeadline {
            if record.isDeadline {
                let index = script.cursor
                clock.ring()
                await script.reach(index + 1)
            } else {
                try give(record)
            }
        }
    }

    private func give(_ record: JournalRecord) throws {
        switch record.type {
        case "event":
            if record.event == "effect.denied" { gate.countDenial() }
            if record.event == "hook", record.payload["verdict"] == "stop", let run = HookRun(recorded: record.payload)
            {
                hooks.take(stop: run)
            }
            try script.giving { try events.repeated(record.payload) }
            return
        case "effect.requested": count(record)
        case "review.response":
            let estimate = BudgetLedger.Estimate(inputTokens: 0, outputTokens: 0) { _, _ in nil }
            spending.add(
                ReviewSpending.Request(
                    reservation: try budget.reserve(estimate),
                    usage: TokenUsage(json: record.payload["usage"] ?? .null),
                    cost: record.payload["cost_usd"]?.double))
        default: break
        }
        _ = try script.giving { try journal.append(record.type, record.payload) }
    }

    /// Counts a command that ran, but not one that changed after it was approved.
    private func count(_ record: JournalRecord) {
        let effect = record.payload["effect"]
        guard record.requestedEffect == "command" else { return }
        let item = record.payload["item_id"]
        let end = script.rest.first { $0.type == "effect.finished" && $0.payload["item_id"] == item }
        guard end?.payload["outcome"]?["refused"] == nil else { return }
        gate.countCommand(
            argv: (effect?["argv"]?.array ?? []).compactMap(\.string), cwd: effect?["cwd"]?.string ?? "")
    }

    /// Records that the engine makes by itself, so that they are never handed on.
    private static func isEngines(_ record: JournalRecord) -> Bool {
        switch record.type {
        case "conversation", "compaction", "model.response", "model.retry", "settings": return true
        case "event": break
        default: return false
        }
        switch record.event {
        case "item.completed":
            return ["agent_message", "reasoning"].contains(record.payload["item"]?["type"]?.string)
        case "hook":
            let isOfTools = [HookEvent.preToolUse, .permissionRequest, .postToolUse].contains { event in
                event.rawValue == record.payload["event"]?.string
            }
            return !isOfTools
        case "check", "checkpoint", "staged", "completion.evidence", "compacted", "budget", "turn.started",
            "turn.completed", "turn.failed", "thread.started":
            return true
        default: return false
        }
    }
}

extension JournalRecord {
    /// The end of a turn by a limit in seconds.
    var isDeadline: Bool { event == "budget" && payload["budget"] == "seconds" && payload["exceeded"] == true }
}

/// A tool by its name: answers with what it answered.
struct RecordedTool: Tool {
    let definition: ToolDefinition
    let runsInParallel: Bool
    let script: ReplayScript
    let actions: RecordedActions

    init(_ name: String, isParallel: Bool, script: ReplayScript, actions: RecordedActions) {
        definition = ToolDefinition(name: name, description: "", kind: .function(parameters: [:]))
        runsInParallel = isParallel
        self.script = script
        self.actions = actions
    }

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        try await actions.run()
        let rest = script.rest.prefix { !$0.isTurnEnd }
        for record in rest where record.type == "conversation" {
            if record.payload["call_id"]?.string == call.id, let item = ConversationItem(json: record.payload),
                case .toolResult(let result) = item.content
            {
                return result
            }
            // A model without tool calls reads results as messages.
            if let text = record.texts.first, text == "Result of \(call.name):\n",
                case .user(let parts)? = ConversationItem(json: record.payload)?.content
            {
                return ToolResult(callID: call.id, parts: Array(parts.dropFirst()))
            }
        }
        throw LockgateError(turnFailed: script.rest.first { $0.isTurnEnd }) ?? ReplayScript.ended
    }
}

/// The engine's own commands: checks, set-ups, proofs and those of the user.
struct RecordedCommands: CommandRunner {
    let script: ReplayScript
    let actions: RecordedActions

    func run(_ command: String, host: any ToolHost) async throws -> (exitCode: Int, output: String) {
        try await actions.run()
        guard let check = script.next, check.event == "check" else {
            throw LockgateError(turnFailed: script.rest.first { $0.isTurnEnd }) ?? ReplayScript.ended
        }
        return (check.payload["exit_code"]?.int ?? -1, check.payload["output"]?.string ?? "")
    }

    func run(
        _ command: String, limit: Duration, outputBytes: Int, host: any ToolHost
    ) async throws -> CommandOutcome {
        let outcome = try await actions.run()
        let rest = script.rest.prefix { !$0.isTurnEnd }
        if let record = rest.first(where: { $0.origin == "command" }) {
            return Self.outcome(inWords: record.texts.joined())
        }
        let runs = rest.first { $0.event == "completion.evidence" }?.payload["runs"]?.array ?? []
        if let run = runs.first(where: { $0["command"]?.string == command && $0["source"] == "agent" }) {
            return .exited(code: run["exit_code"]?.int ?? -1, output: "")
        }
        if let failure = LockgateError(turnFailed: script.rest.first { $0.isTurnEnd }),
            failure.code == "worktree.setup_failed"
        {
            throw failure
        }
        guard let outcome else { return .refused("refused in the recorded run") }
        guard let code = outcome["exit_code"]?.int, rest.first(where: { $0.event == "completion.evidence" }) == nil
        else { return .stopped(output: "") }
        return .exited(code: code, output: "")
    }

    /// What `Session.runUserCommand` made words of.
    private static func outcome(inWords text: String) -> CommandOutcome {
        guard let start = text.range(of: "\n\n", after: "I ran this command myself:\n") else { return .refused(text) }
        let words = text[start...]
        if let rest = words.dropping("It was not run: ") { return .refused(String(rest)) }
        if let rest = words.dropping("It was stopped.\n") { return .stopped(output: String(rest)) }
        guard let rest = words.dropping("Exit code "), let end = rest.firstIndex(of: "."), let code = Int(rest[..<end])
        else { return .refused(text) }
        return .exited(code: code, output: String(rest[end...].dropFirst(2)))
    }
}

extension Substring {
    fileprivate func dropping(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}

extension String {
    /// Where the text after the last separator before an outcome begins. A command may hold empty lines itself.
    fileprivate func range(of separator: String, after prefix: String) -> Index? {
        guard hasPrefix(prefix) else { return nil }
        var start = index(startIndex, offsetBy: prefix.count)
        while let found = self[start...].firstRange(of: separator) {
            let rest = self[found.upperBound...]
            if ["Exit code ", "It was stopped.\n", "It was not run: "].contains(where: { rest.hasPrefix($0) }) {
                return found.upperBound
            }
            start = found.upperBound
        }
        return nil
    }
}
