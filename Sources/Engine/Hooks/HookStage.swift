import Basics
import Synchronization
package import Wire

/// The hooks' place at the gate: before an effect, before a question about it, and after it.
///
/// What hooks say can only be heard within the rules: an `allow` skips a question but lifts no refusal and no sandbox,
/// other input is judged by the policy as if the model had written it, and whatever fails blocks unless the hook's own
/// definition says otherwise.
package final class HookStage: Sendable {
    let runner: any HookRunner
    let facts: HookFacts
    private let events: EventLog
    private let state = Mutex(State())

    private struct State {
        var turn: String?
        /// Uses with other input that the hooks have settled, by item: the second pass of the same effect.
        var settled: [String: Settlement] = [:]
        /// What hooks want the model to read, by call; under an empty id for what the engine does on its own.
        var feedback: [String: Feedback] = [:]
        var stop: HookRun?
    }

    private struct Settlement {
        var input: JSONObject
        var opinion: Opinion
    }

    /// What the hooks before an effect say together: the strictest counts.
    private struct Opinion {
        var ask: HookRun?
        var allow: HookRun?
    }

    struct Feedback: Sendable {
        var replacement: String?
        var additions: [String] = []
    }

    private static let engine = ""

    package init(runner: any HookRunner, facts: HookFacts, events: EventLog) {
        self.runner = runner
        self.facts = facts
        self.events = events
    }

    func beginTurn(_ id: String) { state.withLock { $0.turn = id } }

    // MARK: Before an effect

    enum Ruling: Sendable {
        case judged(Verdict)
        case revised(JSONObject)
    }

    /// Asks the hooks about an effect on which the policy has `verdict`.
    ///
    /// - Throws: `CancellationError`, `journal.unwritable`.
    func beforeUse(_ use: ToolUse, item: String?, verdict: Verdict) async throws -> Ruling {
        // The engine acts on its own one thing after the other; what nobody took of the last one is over.
        if use.callID == nil { state.withLock { $0.feedback[Self.engine] = nil } }
        if let opinion = takeSettled(use, item) { return .judged(Self.apply(opinion, to: verdict)) }
        guard runner.hasHooks(for: .preToolUse) else { return .judged(verdict) }
        let results = try await run(.preToolUse, use, item)
        if let refusal = refusal(results) { return .judged(refusal) }
        var opinion = Opinion()
        Self.add(results, to: &opinion)
        let proposals = results.filter { $0.answer.updatedInput.map { $0 != use.input } ?? false }
        guard let first = proposals.first, let input = first.answer.updatedInput else {
            note(results, use)
            return .judged(Self.apply(opinion, to: verdict))
        }
        guard use.takesOtherInput, let item else {
            return try .judged(conflict(first, item, "it gives other input to \(use.name), which takes none"))
        }
        if let other = proposals.first(where: { $0.answer.updatedInput != input }) {
            return try .judged(conflict(other, item, "it and \"\(first.run.name)\" give different input"))
        }
        // What runs has been seen by every hook but its authors.
        let revised = use.with(input)
        let second = try await run(.preToolUse, revised, item, leavingOut: Set(proposals.map(\.number)))
        if let refusal = refusal(second) { return .judged(refusal) }
        if let other = second.first(where: { $0.answer.updatedInput.map { $0 != input } ?? false }) {
            return try .judged(conflict(other, item, "it and \"\(first.run.name)\" give different input"))
        }
        opinion = Opinion()
        Self.add(proposals + second, to: &opinion)
        note(proposals + second, use)
        state.withLock { $0.settled[item] = Settlement(input: input, opinion: opinion) }
        return .revised(input)
    }

    /// Asks the hooks before anybody else is asked; a verdict other than `ask` comes back as it is.
    func onRequest(_ use: ToolUse, item: String?, verdict: Verdict) async throws -> Verdict {
        guard verdict.decision == .ask, runner.hasHooks(for: .permissionRequest) else { return verdict }
        let results = try await run(
            .permissionRequest, use, item, more: ["permission_reason": .string(verdict.reason)])
        if let refusal = refusal(results) { return refusal }
        guard let allow = results.first(where: { $0.run.verdict == .allow && !$0.isProject })?.run else {
            return verdict
        }
        return Verdict(.allow, rule: allow.rule, origin: allow.origin)
    }

    private func takeSettled(_ use: ToolUse, _ item: String?) -> Opinion? {
        guard let item else { return nil }
        return state.withLock { state in
            guard let settled = state.settled.removeValue(forKey: item), settled.input == use.input else { return nil }
            return settled.opinion
        }
    }

    private static func add(_ results: [HookResult], to opinion: inout Opinion) {
        for result in results {
            if result.run.verdict == .ask, opinion.ask == nil { opinion.ask = result.run }
            if result.run.verdict == .allow, opinion.allow == nil, !result.isProject { opinion.allow = result.run }
        }
    }

    /// The policy's refusals stand; of the rest an ask wins over an allow.
    private static func apply(_ opinion: Opinion, to verdict: Verdict) -> Verdict {
        guard verdict.decision != .deny else { return verdict }
        if let ask = opinion.ask {
            let reason = ask.reason ?? "the hook \"\(ask.name)\" wants it to be asked about"
            return Verdict(.ask, rule: ask.rule, origin: ask.origin, reason: reason)
        }
        guard verdict.decision == .ask, let allow = opinion.allow else { return verdict }
        return Verdict(.allow, rule: allow.rule, origin: allow.origin)
    }

    private func refusal(_ results: [HookResult]) -> Verdict? {
        let stop = results.first { $0.run.verdict == .stop }
        if let stop { state.withLock { $0.stop = $0.stop ?? stop.run } }
        return (results.first { $0.run.verdict == .block } ?? stop)?.refusal
    }

    /// A hook whose answer cannot be followed: shown as a failure of its own, and nothing runs.
    private func conflict(_ result: HookResult, _ item: String?, _ message: String) throws -> Verdict {
        var result = result
        result.run.failure = HookRun.Failure(.conflict, message)
        result.run.verdict = .block
        result.run.item = item
        try events.emit(.hook(result.run))
        return result.refusal
    }

    // MARK: After an effect

    /// Tells the hooks what an effect gave.
    func afterUse(_ use: ToolUse, item: String?, response: JSONValue) async throws {
        guard runner.hasHooks(for: .postToolUse) else { return }
        do {
            note(try await run(.postToolUse, use, item, more: ["tool_response": response]), use)
        } catch is CancellationError {
            // The effect is done and its item is still to be completed; the turn notices the interruption by itself.
        }
    }

    /// Keeps what hooks want the model to read with the answer to its call.
    private func note(_ results: [HookResult], _ use: ToolUse) {
        var feedback = Feedback()
        for result in results {
            if let context = result.answer.context { feedback.additions.append(context) }
            if let output = result.answer.updatedOutput { feedback.replacement = output.string ?? output.text }
        }
        for result in results where result.run.event == .postToolUse {
            if result.run.verdict == .stop { state.withLock { $0.stop = $0.stop ?? result.run } }
            if result.run.verdict == .block || result.run.verdict == .stop {
                feedback.replacement = "The output is withheld: \(result.refusal.reason)"
            }
        }
        guard feedback.replacement != nil || !feedback.additions.isEmpty else { return }
        let call = use.callID ?? Self.engine
        state.withLock { state in
            let before = state.feedback[call]
            state.feedback[call] = Feedback(
                replacement: feedback.replacement ?? before?.replacement,
                additions: (before?.additions ?? []) + feedback.additions)
        }
    }

    /// The answer to a call as the model is to read it.
    func applied(to result: ToolResult) -> ToolResult {
        guard let feedback = state.withLock({ $0.feedback.removeValue(forKey: result.callID) }) else { return result }
        var result = result
        if let replacement = feedback.replacement { result.parts = [.text(replacement)] }
        result.parts += feedback.additions.map { .text("\n\($0)") }
        return result
    }

    /// The output of what the engine did on its own just now, as the model is to read it.
    func applied(toOwn output: String) -> String {
        guard let feedback = takeOwn() else { return output }
        return ([feedback.replacement ?? output] + feedback.additions).joined(separator: "\n")
    }

    /// What hooks say to what the engine did on its own just now.
    func takeOwn() -> Feedback? { state.withLock { $0.feedback.removeValue(forKey: Self.engine) } }

    /// Takes a run that is on record already and wants the turn to end: for replay.
    package func take(stop run: HookRun) { state.withLock { $0.stop = $0.stop ?? run } }

    /// The hook that wants the turn to end, once.
    func takeStop() -> HookRun? {
        state.withLock { state in
            defer { state.stop = nil }
            return state.stop
        }
    }

    // MARK: Running

    private func run(
        _ event: HookEvent, _ use: ToolUse, _ item: String?, more: JSONObject = [:], leavingOut: Set<Int> = []
    ) async throws -> [HookResult] {
        var own = use.hookInput(id: item)
        for (key, value) in more.members { own[key] = value }
        return try await run(event, subjects: use.subjects, own, item: item, leavingOut: leavingOut)
    }

    /// Runs an event's hooks; every run is an event of the session before anything is done about it.
    func run(
        _ event: HookEvent, subjects: [String] = [], _ own: JSONObject, item: String? = nil, leavingOut: Set<Int> = []
    ) async throws -> [HookResult] {
        let input = facts.input(event, turn: state.withLock { $0.turn }, own)
        let results = try await runner.run(event, subjects: subjects, input: input, leavingOut: leavingOut)
        for result in results {
            var run = result.run
            run.item = item
            try events.emit(.hook(run))
        }
        return results
    }
}
