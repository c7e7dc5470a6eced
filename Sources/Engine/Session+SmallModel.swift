import Basics
import Journal
import Wire

/// Carries out the actions of a `SmallModelMachine`: requests, commands and writes pass the gate and become items just
/// as those of any other model.
extension Session {
    func smallModelTurn(_ prompt: [ContentPart], _ small: SmallModelSettings) async throws -> TurnMachine.Outcome {
        guard let workspace, let check else {
            throw LockgateError(
                "internal", "a small model's session has no workspace to read or no way to run commands")
        }
        // What every conversation of this turn begins with.
        let base = settings.context + SmallModelHistory.condensed(conversation.items)
        var machine = SmallModelMachine(
            settings: small, cwd: settings.cwd, prompt: prompt, check: settings.check,
            checkAttempts: settings.limits.checkAttempts)
        var action = machine.next(.start)
        while true {
            try Task.checkCancellation()
            try checkHookStop()
            switch action {
            case .look: action = machine.next(.view(try await look(workspace, small)))
            case .read(let paths): action = machine.next(.contents(try await read(paths, workspace)))
            case .ask(let question): action = try await ask(question, &machine, base: base, small)
            case .write(let path, let content):
                action = machine.next(.written(refusal: try await write(path, content)))
            case .run(let command):
                let outcome = try await check.run(
                    command, limit: small.commandLimit, outputBytes: small.outputBytes, host: toolHost)
                action = machine.next(.ran(heard(outcome)))
            case .check(let attempt):
                let result = try await checkResult(attempt: attempt)
                action = machine.next(.checked(exitCode: result.exitCode, output: result.output))
            case .restore(let files):
                let isComplete = try await restorer?.restore(files, host: toolHost) ?? false
                action = machine.next(.restored(complete: isComplete))
            case .finish(.done(let message)): return .done(message: try await formatted(message, small))
            case .finish(let outcome): return outcome
            }
        }
    }

    private var restorer: (any FileRestorer)? { workspace as? any FileRestorer }

    // MARK: - Asking

    private func ask(
        _ question: SmallModelMachine.Question, _ machine: inout SmallModelMachine, base: [ConversationItem],
        _ small: SmallModelSettings
    ) async throws -> SmallModelMachine.Action {
        switch question.message {
        case .opening(let parts):
            try begin(base + [ConversationItem(.user(parts))])
        case .note(let text):
            guard conversation.estimatedTokens + text.utf8.count / 4 <= settings.compactionLimit else {
                return machine.next(.overflow)
            }
            try append(ConversationItem(.user([.text(text)])))
        }
        for (parts, hints) in try await takeAdmittedSteering() {
            machine.steer(parts.words)
            try append(ConversationItem(.user(parts + hints.map(ContentPart.text))))
        }
        var request = smallModelRequest(small)
        request.temperature = question.temperature
        request.seed = question.seed
        if question.needsCommand, small.hasGrammar { request.toolMode = .grammar(SmallModelPrompt.commandGrammar) }
        let response: ModelResponse
        do {
            response = try await send(request)
        } catch let failure as ModelFailure where failure.kind == .contextWindowExceeded {
            return machine.next(.overflow)
        }
        return machine.next(.answer(try record(response), isCut: response.stop != .completed))
    }

    private func smallModelRequest(_ small: SmallModelSettings) -> ModelRequest {
        ModelRequest(
            model: settings.model, instructions: settings.instructions, items: conversation.items,
            maxOutputTokens: settings.maxOutputTokens ?? small.maxOutputTokens, temperature: small.temperature,
            seed: small.seed, cacheKey: journal.id.text)
    }

    /// Makes `items` the conversation: by adding what is new where it only grows, else as a compaction, from which a
    /// resumed session starts.
    private func begin(_ items: [ConversationItem]) throws {
        let current = conversation.items
        if items.starts(with: current) {
            for item in items[current.count...] { try append(item) }
            return
        }
        let before = conversation.estimatedTokens
        try journal.append("compaction", ["items": .array(items.map(\.json))])
        conversation.replace(with: items)
        try events.emit(.compacted(tokensBefore: before, tokensAfter: conversation.estimatedTokens))
    }

    /// Keeps what the model said and shows it; returns its text.
    private func record(_ response: ModelResponse) throws -> String {
        var whole = ""
        for item in response.items {
            switch item.content {
            case .assistant(let text):
                try append(item)
                whole += text
                let prose = MarkdownActions(text).prose
                if !prose.isEmpty { try events.whole(.agentMessage(text: prose)) }
            case .reasoning(let summary):
                if !summary.isEmpty { try events.whole(.reasoning(text: summary)) }
            case .user, .developer, .toolCall, .toolResult: continue
            }
        }
        return whole
    }

    /// The last message in the form that `--output-schema` asks for; it takes one more request.
    private func formatted(_ message: String, _ small: SmallModelSettings) async throws -> String {
        guard let schema = settings.outputSchema else { return message }
        try append(ConversationItem(.user([.text("Say this again as one JSON object of the given schema.")])))
        var request = smallModelRequest(small)
        request.outputSchema = schema
        return try record(try await send(request))
    }

    // MARK: - The workspace

    private func look(_ workspace: any WorkspaceReader, _ small: SmallModelSettings) async throws -> WorkspaceSnapshot {
        let passage = try await gate.pass(.readFile(path: settings.cwd), item: nil) {
            let snapshot = try workspace.snapshot(files: small.viewFiles, bytes: small.viewBytes)
            return (snapshot, ["files": .int(snapshot.paths.count)])
        }
        guard case .ran(let snapshot) = passage, !isWithheld() else {
            return WorkspaceSnapshot(isComplete: false, texts: nil)
        }
        return snapshot
    }

    private func read(_ paths: [String], _ workspace: any WorkspaceReader) async throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for path in paths {
            let absolute = PathText.absolute(path, from: settings.cwd)
            let passage = try await gate.pass(.readFile(path: absolute), item: nil) {
                let bytes = try workspace.contents(path, limit: 1 << 20)
                return (bytes, ["bytes": .optional(bytes?.count)])
            }
            if isWithheld() {
                // Taken for a missing file it would be overwritten.
                throw LockgateError(
                    "hook.blocked", "a hook withholds \(absolute), which the session has to read",
                    remedy: "see the hook in the events before this")
            }
            if case .ran(let bytes?) = passage { contents[path] = bytes }
        }
        return contents
    }

    /// Writes through the tool that other models call; returns its words where it did not.
    private func write(_ path: String, _ content: String) async throws -> String? {
        guard let tool = tools["write_file"] else { return "There is no tool to write files." }
        let arguments: JSONValue = ["path": .string(path), "content": .string(content)]
        let call = ToolCall(id: "write", name: "write_file", input: .function(arguments: arguments.text))
        let ran = try await tool.run(call, host: toolHost)
        let result = gate.hooks?.applied(to: ran) ?? ran
        guard result.isError else { return nil }
        return result.parts.map { if case .text(let text) = $0 { text } else { "" } }.joined()
    }
}
