import Basics
package import Journal
import Synchronization
package import Wire

/// A conversation under way: carries out the actions of a `TurnMachine` with a model, tools, a gate and a journal.
package actor Session {
    let settings: SessionSettings
    let client: any ModelClient
    let tools: [String: any Tool]
    let definitions: [ToolDefinition]
    let gate: Gate
    let events: EventLog
    let journal: SessionJournal
    /// Runs the engine's own commands: the check, and those a small model writes in its text.
    let check: (any CommandRunner)?
    /// What a small model is shown.
    let workspace: (any WorkspaceReader)?
    let checkpoints: (any TurnCheckpoints)?
    var conversation: Conversation
    private var guardian = RepeatGuard()
    private let steering = Mutex<[[ContentPart]]>([])
    let budget: BudgetLedger
    let started = ContinuousClock.now
    var requests = 0
    /// What the way to a limit has made of the settings.
    var relief = BudgetRelief()
    private var isFirstTurn = true
    var hasRecordedSettings = false
    /// The last run of the checks in the turn.
    var lastChecks: [CompletionEvidence.Run] = []

    /// - Parameter restored: the conversation of a resumed session; nil starts with the settings' context.
    package init(
        settings: SessionSettings, client: any ModelClient, tools: [any Tool], gate: Gate, events: EventLog,
        journal: SessionJournal, check: (any CommandRunner)? = nil, workspace: (any WorkspaceReader)? = nil,
        checkpoints: (any TurnCheckpoints)? = nil, budget: BudgetLedger = BudgetLedger(),
        restored: Conversation? = nil
    ) {
        self.budget = budget
        self.checkpoints = checkpoints
        self.settings = settings
        self.client = client
        self.tools = Dictionary(tools.map { ($0.definition.name, $0) }) { first, _ in first }
        definitions = tools.map(\.definition)
        self.gate = gate
        self.events = events
        self.journal = journal
        self.check = check
        self.workspace = workspace
        conversation = restored ?? Conversation()
    }

    package var usage: TokenUsage { conversation.usage }
    package var cost: Double? { conversation.cost }
    /// Tokens of the next request, about.
    package var contextTokens: Int { conversation.estimatedTokens }

    /// Words for the turn under way; they reach the model with its next request.
    package nonisolated func steer(_ text: String) { steer([.text(text)]) }

    /// The same with images.
    package nonisolated func steer(_ parts: [ContentPart]) { steering.withLock { $0.append(parts) } }

    /// Runs one turn to its end. Every way out is an event, `turn.completed` or `turn.failed`, and a `TurnEnd`.
    package func run(_ prompt: [ContentPart]) async -> TurnEnd {
        let begin = ContinuousClock.now
        let before = gate.tally
        requests = 0
        lastChecks = []
        _ = gate.takeCommands()
        budget.beginTurn()
        checkpoints?.open(Self.label(prompt))
        do {
            try recordSettings()
            let outcome = try await withDeadline { try await self.turn(prompt) }
            var evidence = try await self.evidence(for: outcome)
            let checkpoint = try await closeCheckpoint()
            try await complete(&evidence, checkpoint)
            if let evidence, !evidence.isEmpty { try events.emit(.completion(evidence)) }
            switch outcome {
            case .done(let message):
                try countReviews()
                let tally = gate.tally
                let summary = ThreadEvent.TurnSummary(
                    usage: conversation.usage, cost: conversation.cost,
                    durationMilliseconds: (ContinuousClock.now - begin).milliseconds, requests: requests,
                    commands: tally.commands - before.commands, denials: tally.denials - before.denials)
                try journal.sync()
                tellUnsigned()
                try events.emit(.turnCompleted(summary))
                // The turn is done with or without its seal.
                try? journal.seal()
                try journal.sync()
                return summary.denials > 0 ? .doneWithDenials(message) : .done(message)
            case .failed(let code, let message):
                throw LockgateError(.init(code), message)
            }
        } catch {
            // What the turn had changed until then can be taken back like that of any other.
            do {
                try await closeCheckpoint()
            } catch let second {
                try? events.emit(.error(message: "\(second)"))
            }
            return fail(error)
        }
    }

    /// Says so before the turn's end if its records will not be signed; the session goes on.
    private func tellUnsigned() {
        guard let problem = journal.prepareSeal() else { return }
        try? events.emit(.error(message: "this turn's records are not signed: \(problem)"))
    }

    @discardableResult
    func closeCheckpoint() async throws -> TurnCheckpoint? {
        guard let checkpoints else { return nil }
        let checkpoint = try await checkpoints.close()
        if let checkpoint, !checkpoint.isUnchanged { try events.emit(.checkpoint(checkpoint)) }
        if let staged = try await checkpoints.staged() { try events.emit(.staged(staged)) }
        return checkpoint
    }

    /// The prompt's first words, for the list of turns.
    private static func label(_ prompt: [ContentPart]) -> String {
        let text = prompt.lazy.compactMap { if case .text(let text) = $0 { text } else { nil } }.first ?? ""
        return String(text.prefix(200).split(whereSeparator: \.isNewline).first ?? "")
    }

    func fail(_ error: any Error) -> TurnEnd {
        let failure = LockgateError(turnError: error)
        let event = ThreadEvent.turnFailed(
            code: failure.code.name, message: failure.message, remedy: failure.remedy)
        tellUnsigned()
        do {
            try events.emit(event)
            try? journal.seal()
        } catch {
            events.showUnrecorded(event)
        }
        // What was recorded and shown is not shown again for want of a disk that answers.
        try? journal.sync()
        return .failed(failure)
    }

    private func turn(_ prompt: [ContentPart]) async throws -> TurnMachine.Outcome {
        defer { isFirstTurn = false }
        if isFirstTurn { try await runSetup() }
        let hints = try await openTurn(prompt, isFirst: isFirstTurn)
        if let small = settings.smallModel {
            let outcome = try await smallModelTurn(prompt + hints.map(ContentPart.text), small)
            guard case .done(let message) = outcome,
                let objection = try await stopObjection(message: message, isActive: false)
            else { return outcome }
            return try await smallModelTurn([.text(objection)], small)
        }
        try appendContextOnce()
        for call in conversation.unansweredCalls {
            try append(
                ConversationItem(
                    .toolResult(call.answer("The session was interrupted; the outcome is unknown.", isError: true))))
        }
        try append(ConversationItem(.user(prompt)), origin: .prompt)
        for hint in hints { try append(ConversationItem(.developer(hint)), origin: .hook) }
        var isStopHookActive = false
        var machine = TurnMachine(limits: settings.limits)
        var action = machine.next(.start)
        while true {
            try Task.checkCancellation()
            switch action {
            case .request(let note):
                if let note { try append(ConversationItem(.user([.text(note)]))) }
                let response = try await ask()
                action = machine.next(try await input(from: response))
            case .runCalls(let calls):
                try await run(calls)
                try checkHookStop()
                action = machine.next(.callsFinished)
            case .runCheck(let attempt):
                action = machine.next(.check(exitCode: try await runCheck(attempt: attempt)))
            case .reportFailedCheck:
                action = machine.requestAfterCheck()
            case .finish(.done(let message)):
                guard let objection = try await stopObjection(message: message, isActive: isStopHookActive) else {
                    return .done(message: message)
                }
                isStopHookActive = true
                action = machine.requestAfterStop(note: objection)
            case .finish(let outcome):
                return outcome
            }
        }
    }

    /// What stands before a session's first prompt.
    func appendContextOnce() throws {
        if conversation.items.isEmpty { for item in settings.context { try append(item, origin: .context) } }
    }

    func append(_ item: ConversationItem) throws {
        try journal.append("conversation", item.json)
        conversation.append(item)
    }

    // MARK: - Asking

    private func ask() async throws -> ModelResponse {
        for (parts, hints) in try await takeAdmittedSteering() {
            try append(ConversationItem(.user(parts)), origin: .steering)
            for hint in hints { try append(ConversationItem(.developer(hint)), origin: .hook) }
        }
        if conversation.estimatedTokens > settings.compactionLimit,
            conversation.items.count > settings.context.count + 1
        {
            try await compact()
        }
        do {
            return try await send(request(items: conversation.items))
        } catch let failure as ModelFailure where failure.kind == .contextWindowExceeded {
            try await compact()
            return try await send(request(items: conversation.items))
        }
    }

    /// What came since the last request.
    package nonisolated func takeSteering() -> [[ContentPart]] {
        steering.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }

    func request(items: [ConversationItem], tools: Bool = true) -> ModelRequest {
        var isNative = false
        if case .native = settings.toolMode { isNative = true }
        return ModelRequest(
            model: settings.model, instructions: settings.instructions, items: items,
            tools: tools && isNative ? definitions : [], toolMode: tools ? settings.toolMode : .native,
            parallelToolCalls: settings.parallelToolCalls, outputSchema: tools ? settings.outputSchema : nil,
            maxOutputTokens: settings.maxOutputTokens,
            temperature: settings.temperature.map { $0 + Double(min(guardian.repeats, 3)) * 0.2 },
            seed: settings.seed, reasoningEffort: settings.reasoningEffort, cacheKey: journal.id.text)
    }

    private func input(from response: ModelResponse) async throws -> TurnMachine.Input {
        guard response.stop == .completed else {
            return .response(calls: [], text: "", stop: response.stop)
        }
        var calls: [ToolCall] = []
        var text = ""
        for item in response.items {
            try append(item)
            switch item.content {
            case .assistant(let message):
                let reply = ActionReply(message, mode: settings.toolMode, number: requests)
                calls.append(contentsOf: reply.calls)
                if !reply.message.isEmpty { text = reply.message }
                if let shown = reply.shown, !shown.isEmpty { try events.whole(.agentMessage(text: shown)) }
            case .reasoning(let summary):
                if !summary.isEmpty { try events.whole(.reasoning(text: summary)) }
            case .toolCall(let call): calls.append(call)
            case .user, .developer, .toolResult: continue
            }
        }
        return .response(calls: calls, text: text, stop: .completed)
    }

    // MARK: - Acting

    private func run(_ calls: [ToolCall]) async throws {
        var rest = calls[...]
        while let first = rest.first {
            try Task.checkCancellation()
            // A run of calls that may overlap goes together; any other waits for all before it.
            let overlapping = rest.prefix { tools[$0.name]?.runsInParallel == true }
            let group = overlapping.count > 1 ? overlapping : rest.prefix(1)
            rest = rest.dropFirst(group.count)
            if group.count == 1 {
                try append(result: try await answer(first), to: first)
                continue
            }
            let results = try await withThrowingTaskGroup(of: (Int, ToolResult).self) { tasks in
                for (index, call) in group.enumerated() {
                    tasks.addTask { (index, try await self.answer(call)) }
                }
                var results: [Int: ToolResult] = [:]
                for try await (index, result) in tasks { results[index] = result }
                return results
            }
            for (index, call) in group.enumerated() {
                if let result = results[index] { try append(result: result, to: call) }
            }
        }
    }

    private func append(result: ToolResult, to call: ToolCall) throws {
        if case .native = settings.toolMode {
            try append(ConversationItem(.toolResult(result)))
        } else {
            // Models without tool calls read results as messages.
            try append(ConversationItem(.user(ActionReply.resultParts(result, of: call))))
        }
    }

    private func answer(_ call: ToolCall) async throws -> ToolResult {
        if settings.refusesRepeats, guardian.isRepeat(call) {
            return call.answer(ActionReply.repeatRefusal, isError: true)
        }
        guard let tool = tools[call.name] else {
            let names = tools.keys.sorted().joined(separator: ", ")
            return call.answer("There is no tool \"\(call.name)\". The tools are: \(names).", isError: true)
        }
        let result = try await tool.run(call, host: toolHost)
        return gate.hooks?.applied(to: result) ?? result
    }

    private func runCheck(attempt: Int) async throws -> Int {
        let result = try await checkResult(attempt: attempt)
        if let command = result.command, result.exitCode != 0, attempt < settings.limits.checkAttempts {
            try append(
                ConversationItem(
                    .user([
                        .text(
                            ActionReply.checkFailure(
                                command: command, result: (result.exitCode, result.output), mode: settings.toolMode))
                    ]))
            )
        }
        return result.exitCode
    }

    /// Runs the checks up to the first that fails, and shows their outcomes; 0 where there is none.
    func checkResult(attempt: Int) async throws -> (command: String?, exitCode: Int, output: String) {
        guard let check else { return (nil, 0, "") }
        var last: (command: String?, exitCode: Int, output: String) = (nil, 0, "")
        lastChecks = []
        for command in settings.checks where last.exitCode == 0 {
            let begin = ContinuousClock.now
            let result = try await check.run(command, host: toolHost)
            lastChecks.append(
                CompletionEvidence.Run(
                    command: command, source: .check, exitCode: result.exitCode,
                    milliseconds: (ContinuousClock.now - begin).milliseconds))
            last = (command, result.exitCode, gate.hooks?.applied(toOwn: result.output) ?? result.output)
            try events.emit(
                .check(
                    ThreadEvent.CheckReport(
                        command: command, exitCode: last.exitCode, attempt: attempt,
                        attempts: settings.limits.checkAttempts, output: last.output)))
        }
        return last
    }

    var toolHost: SessionToolHost { SessionToolHost(gate: gate, events: events) }
}
