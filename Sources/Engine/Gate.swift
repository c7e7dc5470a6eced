package import Basics
package import Journal
package import Policy
import Synchronization
package import Wire

/// The one function that every effect passes: policy and approval, then budget, then the run between two journal
/// records.
///
/// Nothing in the product reaches the world on another way. A gate that cannot record refuses.
package final class Gate: Sendable {
    package let policy: AccessPolicy
    private let journal: SessionJournal
    private let events: EventLog
    /// Answers what the policy asks about; without it the answer is no.
    private let approvals: Approvals?
    private let counts = Mutex(Counts())

    /// What passed and what was refused so far.
    package struct Counts: Sendable, Hashable {
        package var commands = 0
        package var denials = 0
    }

    package init(policy: AccessPolicy, journal: SessionJournal, events: EventLog, approvals: Approvals? = nil) {
        self.approvals = approvals
        self.policy = policy
        self.journal = journal
        self.events = events
    }

    package var tally: Counts { counts.withLock { $0 } }

    /// What reviews of effects used since the last call.
    func takeReviewSpending() -> [ReviewSpending.Request] { approvals?.spending.take() ?? [] }

    /// Decides on an effect and, if it may be, runs it.
    ///
    /// `run` returns its value and what the journal keeps of the outcome. An effect whose network is open is on the
    /// disk before it starts and after it ends, since what it did elsewhere cannot be found out from this machine.
    /// - Throws: what `run` throws, `journal.unwritable`, and `approval.aborted` where the answer was to end the turn.
    package func pass<Value: Sendable>(
        _ effect: Effect, item: String?, context: EffectContext = EffectContext(),
        run: @Sendable () async throws -> (Value, JSONValue)
    ) async throws -> Passage<Value> {
        let clearance =
            try await approvals?.clear(effect, item: item, context: context, policy: policy)
            ?? Clearance(policy.verdict(on: effect).unattended)
        guard clearance.verdict.decision == .allow else {
            try deny(effect, item: item, verdict: clearance.verdict)
            if let abort = clearance.abort { throw abort }
            return .denied(clearance.verdict)
        }
        var request: JSONObject = ["effect": effect.json, "verdict": clearance.verdict.json]
        if let item { request["item_id"] = .string(item) }
        if let approval = clearance.approval { request["approval"] = approval.summary }
        try journal.append("effect.requested", .object(request))
        let leavesMachine = effectLeavesMachine(effect)
        if leavesMachine { try journal.sync() }
        let settled = clearance.settled()
        guard settled.decision == .allow else {
            try record(outcome: ["refused": .string(settled.reason)], item: item)
            try deny(effect, item: item, verdict: settled)
            return .denied(settled)
        }
        if case .runCommand = effect { counts.withLock { $0.commands += 1 } }
        do {
            let (value, outcome) = try await run()
            try record(outcome: outcome, item: item)
            if leavesMachine { try journal.sync() }
            return .ran(value)
        } catch {
            try record(outcome: ["error": .string("\(error)")], item: item)
            throw error
        }
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
