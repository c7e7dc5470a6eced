package import Basics
package import Journal
package import Policy
import Synchronization
package import Wire

/// The one function that every effect passes: hooks, policy and approval, budget, the checkpoint before a turn's first
/// change, then the run between two journal records.
///
/// Nothing in the product reaches the world on another way. A gate that cannot record refuses.
package final class Gate: Sendable {
    package let policy: AccessPolicy
    /// What the user hung on the gate; nil without any hook.
    package let hooks: HookStage?
    private let journal: SessionJournal
    private let events: EventLog
    /// Answers what is asked about; without it the answer is no.
    private let approvals: Approvals?
    private let budget: BudgetLedger
    /// nil where none are taken.
    private let checkpoints: (any TurnCheckpoints)?
    /// Texts that nothing may carry out of the machine or the workspace.
    private let canaries: [RedactingClient.Canary]
    /// What reviews used where there is no `approvals`: for replay.
    private let spending: ReviewSpending?
    private let counts = Mutex(Counts())
    /// The turn's commands, for what proves its claims.
    private let commands = Mutex<[RanCommand]>([])

    /// A command that passed.
    struct RanCommand: Sendable, Hashable {
        var argv: [String]
        var cwd: String
    }

    /// More are not remembered.
    private static let rememberedCommands = 500

    /// What passed and what was refused so far.
    package struct Counts: Sendable, Hashable {
        package var commands = 0
        package var denials = 0
    }

    package init(
        policy: AccessPolicy, journal: SessionJournal, events: EventLog, hooks: HookStage? = nil,
        approvals: Approvals? = nil, budget: BudgetLedger = BudgetLedger(),
        checkpoints: (any TurnCheckpoints)? = nil, spending: ReviewSpending? = nil,
        canaries: [RedactingClient.Canary] = []
    ) {
        self.canaries = canaries
        self.spending = spending
        self.approvals = approvals
        self.budget = budget
        self.checkpoints = checkpoints
        self.policy = policy
        self.hooks = hooks
        self.journal = journal
        self.events = events
    }

    package var tally: Counts { counts.withLock { $0 } }

    /// The commands that passed since the last call.
    func takeCommands() -> [RanCommand] {
        commands.withLock { commands in
            defer { commands = [] }
            return commands
        }
    }

    /// What reviews of effects used since the last call.
    func takeReviewSpending() -> [ReviewSpending.Request] {
        (approvals?.spending ?? spending)?.take() ?? []
    }

    /// Decides on an effect and, if it may be, runs it.
    ///
    /// `run` returns its value and what the journal keeps of the outcome. An effect whose network is open is on the
    /// disk before it starts and after it ends, since what it did elsewhere cannot be found out from this machine.
    /// An effect that may change the workspace waits until the workspace is recorded as it was before the turn, and is
    /// refused where it cannot be.
    /// - Parameters:
    ///   - use: what hooks are shown of it; nil for what can be told from the effect alone.
    ///   - context: what a reviewer is shown besides the effect.
    ///   - asks: whether a reviewer may be asked. Where not, what would be asked about is denied without being counted as
    ///     a refusal: nobody wanted it but the engine.
    /// - Throws: what `run` throws, `journal.unwritable`, and `approval.aborted` where the answer was to end the turn.
    package func pass<Value: Sendable>(
        _ effect: Effect, as use: ToolUse? = nil, item: String?, context: EffectContext = EffectContext(),
        asks: Bool = true, run: @Sendable () async throws -> (Value, JSONValue)
    ) async throws -> Passage<Value> {
        if let canary = leaving(effect, context) {
            try deny(effect, item: item, verdict: canary.refusal)
            throw canary.end
        }
        let use = hooks == nil ? nil : use ?? ToolUse(effect)
        let clearance: Clearance
        switch try await judge(effect, as: use, item: item, context: context, asks: asks) {
        case .judged(let judged): clearance = judged
        case .revised(let input): return .revised(input)
        }
        guard clearance.verdict.decision == .allow else {
            if asks { try deny(effect, item: item, verdict: clearance.verdict) }
            if let abort = clearance.abort { throw abort }
            return .denied(clearance.verdict)
        }
        if let refusal = budget.admit(effect) {
            try deny(effect, item: item, verdict: refusal)
            return .denied(refusal)
        }
        if let refusal = await refusalWithoutCheckpoint(effect) {
            // What was interrupted is told by the turn's end.
            if !Task.isCancelled { try deny(effect, item: item, verdict: refusal) }
            return .denied(refusal)
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
        if case .runCommand(let argv, _, let cwd) = effect { countCommand(argv: argv, cwd: cwd) }
        let value: Value
        let outcome: JSONValue
        do {
            (value, outcome) = try await run()
            budget.count(outcome)
            try record(outcome: outcome, item: item)
            if leavesMachine { try journal.sync() }
        } catch {
            try record(outcome: Self.outcome(of: error), item: item)
            throw error
        }
        if let hooks, let use {
            let response = (value as? any ToolResponding)?.toolResponse ?? outcome
            try await hooks.afterUse(use, item: item, response: response)
        }
        return .ran(value)
    }

    /// What the journal keeps of an effect that failed.
    private static func outcome(of error: any Error) -> JSONValue {
        var outcome: JSONObject = ["error": .string("\(error)")]
        if let failure = error as? ModelFailure { outcome["failure"] = failure.json }
        return .object(outcome)
    }

    /// Counts a command that passed.
    package func countCommand(argv: [String], cwd: String) {
        counts.withLock { $0.commands += 1 }
        commands.withLock { if $0.count < Self.rememberedCommands { $0.append(RanCommand(argv: argv, cwd: cwd)) } }
    }

    /// Counts a refusal that is on record already: for replay.
    package func countDenial() { counts.withLock { $0.denials += 1 } }

    private enum Ruling {
        case judged(Clearance)
        /// A hook gave other input, which the tool brings back as an effect of its own.
        case revised(JSONObject)
    }

    /// The hooks before an effect, the policy, and whoever answers what they ask about.
    private func judge(
        _ effect: Effect, as use: ToolUse?, item: String?, context: EffectContext, asks: Bool
    ) async throws -> Ruling {
        let own = policy.verdict(on: effect)
        var verdict = own
        if let hooks, let use {
            switch try await hooks.beforeUse(use, item: item, verdict: own) {
            case .judged(let judged): verdict = judged
            case .revised(let input): return .revised(input)
            }
        }
        let isByHook = verdict != own
        guard asks || verdict.decision == .allow else { return .judged(Clearance(verdict.unattended)) }
        // A grant may answer what the policy refuses for want of somebody to ask; nothing answers a hook but a reviewer.
        guard verdict.decision == .ask || (verdict.decision == .deny && !isByHook) else {
            return .judged(Clearance(verdict))
        }
        @Sendable func request(_ verdict: Verdict) async throws -> Verdict {
            guard let hooks, let use else { return verdict }
            return try await hooks.onRequest(use, item: item, verdict: verdict)
        }
        guard let approvals else {
            let answered = verdict.decision == .ask ? try await request(verdict) : verdict
            return .judged(Clearance(answered.unattended))
        }
        let question = Approvals.Asked(
            effect: effect, item: item, context: context, policy: policy, byHook: isByHook ? verdict : nil)
        return .judged(try await approvals.clear(question, beforeAsking: request))
    }

    /// Records a refusal, by the policy or by a layer below, and shows it.
    package func deny(_ effect: Effect, item: String?, verdict: Verdict) throws(LockgateError) {
        counts.withLock { $0.denials += 1 }
        try events.emit(.effectDenied(item: item, effect: effect, verdict: verdict))
    }

    /// Asks the user whether what the sandbox refused a command may be written; returns what may.
    func offer(_ denials: [EffectDenial], of command: Effect, item: String) async throws -> [String] {
        guard policy.approvalPolicy.value != .never, let approvals else { return [] }
        return try await approvals.offer(denials, of: command, item: item)
    }

    /// The canary that an effect would carry away: in a command, or what is typed into one, whose network is open; or in a
    /// change to a file outside the workspace.
    private func leaving(_ effect: Effect, _ context: EffectContext) -> RedactingClient.Canary? {
        guard !canaries.isEmpty else { return nil }
        let texts: [String]
        switch effect {
        case .runCommand(let argv, _, _): texts = effectLeavesMachine(effect) ? argv : []
        case .writeInput: texts = effectLeavesMachine(effect) ? [context.input].compactMap(\.self) : []
        case .changeFiles(let changes):
            let isInside = changes.allSatisfy { change in
                policy.writableRoots.contains { PathText.isWithin(change.movedTo ?? change.path, $0.value) }
            }
            texts = isInside ? [] : [context.diff].compactMap(\.self)
        case .callTool(let call): texts = [JSONValue.object(call.arguments).text]
        case .readFile, .askModel, .access: return nil
        }
        return canaries.first { canary in texts.contains { $0.contains(canary.text) } }
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
        case .callTool: canChangeWorkspace
        case .readFile, .askModel, .access: false
        }
    }

    private func effectLeavesMachine(_ effect: Effect) -> Bool {
        switch effect {
        case .runCommand, .writeInput: policy.network.value != .off || policy.sandboxMode.value == .dangerFullAccess
        // Where a server sends what it is given nobody knows.
        case .callTool: true
        case .changeFiles, .readFile, .askModel, .access: false
        }
    }
}
