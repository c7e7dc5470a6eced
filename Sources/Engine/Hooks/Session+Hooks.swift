import Basics
import Wire

/// The session's own moments at which hooks run.
extension Session {
    private var hooks: HookStage? { gate.hooks }

    /// `SessionStart`, with the first turn, and `UserPromptSubmit`; returns what they add for the model.
    ///
    /// - Throws: `hook.blocked` when one of them blocks, `hook.stopped`.
    func openTurn(_ prompt: [ContentPart], isFirst: Bool) async throws -> [String] {
        guard let hooks else { return [] }
        hooks.beginTurn(SessionID().text)
        var context: [String] = []
        if isFirst, hooks.runner.hasHooks(for: .sessionStart) {
            let source = conversation.items.isEmpty ? "startup" : "resume"
            let results = try await hooks.run(.sessionStart, subjects: [source], ["source": .string(source)])
            context += try heard(results, "the session was not started")
        }
        return try await context + submit(prompt.map { if case .text(let text) = $0 { text } else { "" } }.joined())
    }

    /// `UserPromptSubmit`.
    private func submit(_ text: String) async throws -> [String] {
        guard let hooks, hooks.runner.hasHooks(for: .userPromptSubmit) else { return [] }
        return try heard(try await hooks.run(.userPromptSubmit, ["prompt": .string(text)]), "the prompt was not sent")
    }

    /// The words that came since the last request and that hooks let through, each with what they add. What they
    /// refuse is told, and the turn goes on without it.
    func takeAdmittedSteering() async throws -> [(parts: [ContentPart], hints: [String])] {
        var admitted: [(parts: [ContentPart], hints: [String])] = []
        for parts in takeSteering() {
            do {
                admitted.append((parts, try await submit(parts.words)))
            } catch let error as LockgateError where error.code == "hook.blocked" {
                try events.whole(.error(message: error.message))
            }
        }
        return admitted
    }

    /// `Stop`: what to tell the model instead of ending, or nil. It is heard once a turn.
    func stopObjection(message: String, isActive: Bool) async throws -> String? {
        guard let hooks, hooks.runner.hasHooks(for: .stop) else { return nil }
        let results = try await hooks.run(
            .stop, ["stop_hook_active": .bool(isActive), "last_assistant_message": .string(message)])
        if let stop = results.first(where: { $0.run.verdict == .stop }) { throw LockgateError(stoppedBy: stop.run) }
        let blocks = results.filter { $0.run.verdict == .block }
        guard !blocks.isEmpty, !isActive else { return nil }
        let reasons = blocks.map { $0.run.reason ?? $0.refusal.reason }
        return "<hook_prompt>\n\(reasons.joined(separator: "\n"))\n</hook_prompt>"
    }

    /// `PreCompact` and `PostCompact` around a compaction.
    func compacting<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        guard let hooks else { return try await work() }
        if hooks.runner.hasHooks(for: .preCompact) {
            let results = try await hooks.run(.preCompact, subjects: ["auto"], ["trigger": "auto"])
            _ = try heard(results, "the conversation was not summarised, and does not fit otherwise")
        }
        let value = try await work()
        if hooks.runner.hasHooks(for: .postCompact) {
            let results = try await hooks.run(.postCompact, subjects: ["auto"], ["trigger": "auto"])
            _ = try heard(results, "after the conversation was summarised")
        }
        return value
    }

    /// The outcome of a command of the engine's own as a model is to read it.
    func heard(_ outcome: CommandOutcome) -> CommandOutcome {
        guard let hooks else { return outcome }
        switch outcome {
        case .exited(let code, let output): return .exited(code: code, output: hooks.applied(toOwn: output))
        case .stopped(let output): return .stopped(output: hooks.applied(toOwn: output))
        case .refused(let reason): return .refused(hooks.applied(toOwn: reason))
        }
    }

    /// Whether a hook keeps from the model what the engine just looked at. What hooks would add to it is dropped: it
    /// would end up in a file.
    func isWithheld() -> Bool { hooks?.takeOwn()?.replacement != nil }

    /// Ends the turn when a hook of an effect wanted that.
    func checkHookStop() throws {
        if let stop = hooks?.takeStop() { throw LockgateError(stoppedBy: stop) }
    }

    /// `Interrupt`, when the turn was ended from outside.
    package func wasInterrupted() async {
        await tell(.interrupt, subjects: [], [:])
    }

    /// `SessionEnd`, after the last turn of a run.
    package func end(reason: String) async {
        await tell(.sessionEnd, subjects: [reason], ["reason": .string(reason)])
    }

    /// Runs hooks whose answers change nothing. What cannot be recorded any more is not worth another failure.
    private func tell(_ event: HookEvent, subjects: [String], _ input: JSONObject) async {
        guard let hooks, hooks.runner.hasHooks(for: event) else { return }
        _ = try? await hooks.run(event, subjects: subjects, input)
    }

    /// The context that results add, unless one of them blocks or stops.
    private func heard(_ results: [HookResult], _ consequence: String) throws -> [String] {
        if let stop = results.first(where: { $0.run.verdict == .stop }) { throw LockgateError(stoppedBy: stop.run) }
        if let block = results.first(where: { $0.run.verdict == .block }) {
            throw LockgateError(
                "hook.blocked", "\(consequence): \(block.refusal.reason)",
                remedy: block.refusal.grant ?? "see the hook at \(block.run.origin.location)")
        }
        return results.compactMap(\.answer.context)
    }
}

extension LockgateError {
    /// The end of a turn that a hook asked for.
    init(stoppedBy run: HookRun) {
        self.init("hook.stopped", "stopped by \(run.complaint)", remedy: "go on with: lockgate exec resume --last")
    }
}

extension [ContentPart] {
    /// The texts alone.
    package var words: String {
        compactMap { part in
            if case .text(let text) = part { text } else { nil }
        }.joined()
    }
}
