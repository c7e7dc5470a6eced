package import Basics
package import Journal
package import Policy
import Synchronization
package import Wire

/// The one function that every effect passes: hooks, policy, budget, the checkpoint before a turn's first change, then
/// the run between two journal records.
///
/// Nothing in the product reaches the world on another way. A gate that cannot record refuses.
package final class Gate: Sendable {
    package let policy: AccessPolicy
    /// What the user hung on the gate; nil without any hook.
    package let hooks: HookStage?
    private let journal: SessionJournal
    private let events: EventLog
    /// nil where none are taken.
    private let checkpoints: (any TurnCheckpoints)?
    private let budget: BudgetLedger
    private let counts = Mutex(Counts())

    /// What passed and what was refused so far.
    package struct Counts: Sendable, Hashable {
        package var commands = 0
        package var denials = 0
    }

    package init(
        policy: AccessPolicy, journal: SessionJournal, events: EventLog, hooks: HookStage? = nil,
        checkpoints: (any TurnCheckpoints)? = nil, budget: BudgetLedger = BudgetLedger()
    ) {
        self.budget = budget
        self.checkpoints = checkpoints
        self.policy = policy
        self.hooks = hooks
        self.journal = journal
        self.events = events
    }

    package var tally: Counts { counts.withLock { $0 } }

    /// Decides on an effect and, if it may be, runs it.
    ///
    /// `run` returns its value and what the journal keeps of the outcome. An effect whose network is open is on the
    /// disk before it starts and after it ends, since what it did elsewhere cannot be found out from this machine.
    /// An effect that may change the workspace waits until the workspace is recorded as it was before the turn, and is
    /// refused where it cannot be.
    /// - Parameter use: what hooks are shown of it; nil for what can be told from the effect alone.
    /// - Throws: what `run` throws, and `journal.unwritable`.
    package func pass<Value: Sendable>(
        _ effect: Effect, as use: ToolUse? = nil, item: String?, run: @Sendable () async throws -> (Value, JSONValue)
    ) async throws -> Passage<Value> {
        var verdict = policy.verdict(on: effect)
        let use = hooks == nil ? nil : use ?? ToolUse(effect)
        if let hooks, let use {
            switch try await hooks.beforeUse(use, item: item, verdict: verdict) {
            case .judged(let judged): verdict = try await hooks.onRequest(use, item: item, verdict: judged)
            case .revised(let input): return .revised(input)
            }
        }
        verdict = verdict.unattended
        guard verdict.decision == .allow else {
            try deny(effect, item: item, verdict: verdict)
            return .denied(verdict)
        }
        if case .runCommand = effect, let refusal = budget.takeCommand() {
            try deny(effect, item: item, verdict: refusal)
            return .denied(refusal)
        }
        if let refusal = await refusalWithoutCheckpoint(effect) {
            // What was interrupted is told by the turn's end.
            if !Task.isCancelled { try deny(effect, item: item, verdict: refusal) }
            return .denied(refusal)
        }
        var request: JSONObject = ["effect": effect.json, "verdict": verdict.json]
        if let item { request["item_id"] = .string(item) }
        try journal.append("effect.requested", .object(request))
        let leavesMachine = effectLeavesMachine(effect)
        if leavesMachine { try journal.sync() }
        if case .runCommand = effect { counts.withLock { $0.commands += 1 } }
        let value: Value
        let outcome: JSONValue
        do {
            (value, outcome) = try await run()
            try record(outcome: outcome, item: item)
            if leavesMachine { try journal.sync() }
        } catch {
            try record(outcome: ["error": .string("\(error)")], item: item)
            throw error
        }
        if let hooks, let use {
            let response = (value as? any ToolResponding)?.toolResponse ?? outcome
            try await hooks.afterUse(use, item: item, response: response)
        }
        return .ran(value)
    }

    /// Records a refusal, by the policy or by a layer below, and shows it.
    package func deny(_ effect: Effect, item: String?, verdict: Verdict) throws(LockgateError) {
        counts.withLock { $0.denials += 1 }
        try events.emit(.effectDenied(item: item, effect: effect, verdict: verdict))
    }

    private func record(outcome: JSONValue, item: String?) throws(LockgateError) {
        var payload: JSONObject = ["outcome": outcome]
        if let item { payload["item_id"] = .string(item) }
        try journal.append("effect.finished", .object(payload))
    }

    /// nil once the workspace is recorded as it was before the turn, or need not be.
    private func refusalWithoutCheckpoint(_ effect: Effect) async -> Verdict? {
        guard let checkpoints, mayChangeWorkspace(effect) else { return nil }
        do {
            try await checkpoints.secure()
            return nil
        } catch {
            let reason =
                error is CancellationError
                ? "The turn was interrupted before it began."
                : "The workspace could not be recorded first, so this could not be taken back: \(error)."
            return Verdict(
                .deny, rule: "checkpoints.enabled = true", origin: Origin(.builtIn), reason: reason,
                grant: (error as? LockgateError)?.remedy ?? "-c checkpoints.enabled=false")
        }
    }

    /// Whether any effect may change it.
    var canChangeWorkspace: Bool { policy.sandboxMode.value != .readOnly }

    private func mayChangeWorkspace(_ effect: Effect) -> Bool {
        switch effect {
        case .runCommand, .writeInput: canChangeWorkspace
        case .changeFiles: true
        case .readFile, .askModel, .access: false
        }
    }

    private func effectLeavesMachine(_ effect: Effect) -> Bool {
        switch effect {
        case .runCommand, .writeInput: policy.network.value != .off || policy.sandboxMode.value == .dangerFullAccess
        case .changeFiles, .readFile, .askModel, .access: false
        }
    }
}
