package import Basics

/// One line of `exec --json`: Codex's events plus additive ones. Every front end is a view of this stream.
package enum ThreadEvent: Sendable, Hashable {
    case threadStarted(id: SessionID)
    case turnStarted(TurnHeader)
    case itemStarted(ThreadItem)
    case itemUpdated(ThreadItem)
    case itemCompleted(ThreadItem)
    case turnCompleted(TurnSummary)
    case turnFailed(code: String, message: String, remedy: String?)
    /// A passing trouble, such as a retry; the end is `turnFailed` alone.
    case error(message: String)
    case effectDenied(item: String?, effect: Effect, verdict: Verdict)
    /// A question about an effect with its answer, also where a grant or nobody answered.
    case approval(ApprovalRecord)
    /// Something changed that programs outside the sandbox run or obey.
    case sensitiveChanges(item: String?, [SensitiveChange])
    /// A budget's state after a request or when it ends the run.
    case budget(BudgetState)
    /// The context was summarised.
    case compacted(tokensBefore: Int, tokensAfter: Int)
    /// The outcome of the run's `--check` command.
    case check(CheckReport)
    /// What a turn changed in the workspace, and under which number it can be taken back.
    case checkpoint(TurnCheckpoint)
    /// What waits in the session's stage at a turn's end.
    case staged(StagedSummary)
    /// A hook ran.
    case hook(HookRun)
    /// The session works in a managed worktree.
    case worktree(WorktreePlace)
    /// What became of the claims in the turn's last message.
    case completion(CompletionEvidence)

    package struct TurnHeader: Sendable, Hashable {
        package var cwd: String
        package var model: String
        package var provider: String
        package var sandboxMode: SandboxMode
        package var network: NetworkMode
        package var policyDigest: String

        package init(
            cwd: String, model: String, provider: String, sandboxMode: SandboxMode, network: NetworkMode,
            policyDigest: String
        ) {
            self.cwd = cwd
            self.model = model
            self.provider = provider
            self.sandboxMode = sandboxMode
            self.network = network
            self.policyDigest = policyDigest
        }
    }

    package struct TurnSummary: Sendable, Hashable {
        /// Tokens of the whole thread, as Codex's SDKs expect.
        package var usage: TokenUsage
        /// USD for the whole thread; nil when a request's price is unknown.
        package var cost: Double?
        package var durationMilliseconds: Int
        /// Requests, commands and refusals of this turn.
        package var requests: Int
        package var commands: Int
        package var denials: Int

        package init(
            usage: TokenUsage, cost: Double?, durationMilliseconds: Int, requests: Int, commands: Int, denials: Int
        ) {
            self.usage = usage
            self.cost = cost
            self.durationMilliseconds = durationMilliseconds
            self.requests = requests
            self.commands = commands
            self.denials = denials
        }
    }

    package struct BudgetState: Sendable, Hashable {
        /// `usd`, `tokens`, `seconds` or `commands`.
        package var name: String
        package var scope: BudgetLimit.Scope
        package var limit: Double
        package var spent: Double
        package var exceeded: Bool
        package var origin: Origin
        /// What follows on the way to the limit: `warn`, `lower_effort`, `cheaper_model`; nil for the stop at its end.
        package var action: String?

        package init(
            name: String, scope: BudgetLimit.Scope, limit: Double, spent: Double, exceeded: Bool,
            origin: Origin = .builtIn, action: String? = nil
        ) {
            self.name = name
            self.scope = scope
            self.limit = limit
            self.spent = spent
            self.exceeded = exceeded
            self.origin = origin
            self.action = action
        }

        /// As `--budget` names it.
        package var flag: String { scope == .session ? name : "\(scope.rawValue).\(name)" }
    }

    package struct CheckReport: Sendable, Hashable {
        package var command: String
        package var exitCode: Int
        package var attempt: Int
        package var attempts: Int
        package var output: String

        package init(command: String, exitCode: Int, attempt: Int, attempts: Int, output: String) {
            self.command = command
            self.exitCode = exitCode
            self.attempt = attempt
            self.attempts = attempts
            self.output = output
        }
    }
}

extension TokenUsage {
    package var json: JSONValue {
        [
            "input_tokens": .int(inputTokens), "cached_input_tokens": .int(cachedInputTokens),
            "cache_write_input_tokens": .int(cacheWriteInputTokens), "output_tokens": .int(outputTokens),
            "reasoning_output_tokens": .int(reasoningOutputTokens),
        ]
    }

    /// Reads what `json` writes; missing counts are zero.
    package init(json: JSONValue) {
        self.init(
            inputTokens: json["input_tokens"]?.int ?? 0, cachedInputTokens: json["cached_input_tokens"]?.int ?? 0,
            cacheWriteInputTokens: json["cache_write_input_tokens"]?.int ?? 0,
            outputTokens: json["output_tokens"]?.int ?? 0,
            reasoningOutputTokens: json["reasoning_output_tokens"]?.int ?? 0)
    }
}

extension ThreadEvent {
    /// The event's name on the wire.
    package var type: String {
        switch self {
        case .threadStarted: "thread.started"
        case .turnStarted: "turn.started"
        case .itemStarted: "item.started"
        case .itemUpdated: "item.updated"
        case .itemCompleted: "item.completed"
        case .turnCompleted: "turn.completed"
        case .turnFailed: "turn.failed"
        case .error: "error"
        case .effectDenied: "effect.denied"
        case .approval: "approval"
        case .sensitiveChanges: "sensitive_changes"
        case .budget: "budget"
        case .compacted: "compacted"
        case .check: "check"
        case .checkpoint: "checkpoint"
        case .staged: "staged"
        case .hook: "hook"
        case .worktree: "worktree"
        case .completion: "completion.evidence"
        }
    }

    /// The line `exec --json` prints, stamped with the time it was journaled.
    package func json(at time: WallTime) -> JSONValue {
        var object: JSONObject = ["type": .string(type)]
        switch self {
        case .threadStarted(let id):
            object["thread_id"] = .string(id.text)
        case .turnStarted(let header):
            object["cwd"] = .string(header.cwd)
            object["model"] = .string(header.model)
            object["provider"] = .string(header.provider)
            object["sandbox_mode"] = .string(header.sandboxMode.rawValue)
            object["network"] = .string(header.network.rawValue)
            object["policy_digest"] = .string(header.policyDigest)
        case .itemStarted(let item), .itemUpdated(let item), .itemCompleted(let item):
            object["item"] = item.json
        case .turnCompleted(let summary):
            object["usage"] = summary.usage.json
            object["cost_usd"] = summary.cost.map { .double($0) } ?? .null
            object["duration_ms"] = .int(summary.durationMilliseconds)
            object["requests"] = .int(summary.requests)
            object["commands"] = .int(summary.commands)
            object["denials"] = .int(summary.denials)
        case .turnFailed(let code, let message, let remedy):
            var error: JSONObject = ["message": .string(message), "code": .string(code)]
            if let remedy { error["remedy"] = .string(remedy) }
            object["error"] = .object(error)
        case .error(let message):
            object["message"] = .string(message)
        case .effectDenied(let item, let effect, let verdict):
            if let item { object["item_id"] = .string(item) }
            object["effect"] = effect.json
            object["verdict"] = verdict.json
        case .approval(let record):
            for (name, value) in record.members.members { object[name] = value }
        case .sensitiveChanges(let item, let changes):
            if let item { object["item_id"] = .string(item) }
            object["changes"] = .array(changes.map(\.json))
        case .budget(let state):
            object["budget"] = .string(state.name)
            object["limit"] = .double(state.limit)
            object["spent"] = .double(state.spent)
            object["exceeded"] = .bool(state.exceeded)
            object["scope"] = .string(state.scope.rawValue)
            object["origin"] = .string(state.origin.description)
            object["action"] = .string(state.action ?? "stop")
        case .compacted(let before, let after):
            object["tokens_before"] = .int(before)
            object["tokens_after"] = .int(after)
        case .check(let report):
            object["command"] = .string(report.command)
            object["exit_code"] = .int(report.exitCode)
            object["attempt"] = .int(report.attempt)
            object["attempts"] = .int(report.attempts)
            object["output"] = .string(report.output)
        case .checkpoint(let checkpoint):
            object["turn"] = .int(checkpoint.turn)
            object["before"] = .string(checkpoint.before)
            object["after"] = .string(checkpoint.after)
            object["changed"] = .int(checkpoint.changed)
            object["changes"] = .array(
                checkpoint.changes.map { ["path": .string($0.path), "kind": .string($0.kind.rawValue)] })
            object["repository_changed"] = .bool(checkpoint.repositoryChanged)
            object["duration_ms"] = .int(checkpoint.durationMilliseconds)
            if let losses = checkpoint.losses { object["losses"] = losses.json }
            if !checkpoint.notKept.isEmpty { object["not_kept"] = .array(checkpoint.notKept.map { .string($0) }) }
        case .staged(let summary):
            for (key, value) in summary.json.members { object[key] = value }
        case .hook(let run):
            for (key, value) in run.json.members { object[key] = value }
        case .worktree(let place):
            for (key, value) in place.json.members { object[key] = value }
        case .completion(let evidence):
            for (key, value) in evidence.json.members { object[key] = value }
        }
        object["timestamp"] = .string(time.rfc3339)
        return .object(object)
    }
}
