package import Basics
package import Journal
package import Policy
import Synchronization
package import Wire

/// The one function that every effect passes: hooks, policy, then budget, then the run between two journal records.
///
/// Nothing in the product reaches the world on another way. A gate that cannot record refuses.
package final class Gate: Sendable {
    package let policy: AccessPolicy
    /// What the user hung on the gate; nil without any hook.
    package let hooks: HookStage?
    private let journal: SessionJournal
    private let events: EventLog
    private let counts = Mutex(Counts())

    /// What passed and what was refused so far.
    package struct Counts: Sendable, Hashable {
        package var commands = 0
        package var denials = 0
    }

    package init(policy: AccessPolicy, journal: SessionJournal, events: EventLog, hooks: HookStage? = nil) {
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

    private func effectLeavesMachine(_ effect: Effect) -> Bool {
        switch effect {
        case .runCommand, .writeInput: policy.network.value != .off || policy.sandboxMode.value == .dangerFullAccess
        case .changeFiles, .readFile, .askModel, .access: false
        }
    }
}
