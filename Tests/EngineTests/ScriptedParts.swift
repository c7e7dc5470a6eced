import Basics
import Engine
import Journal
import Policy
import Synchronization
import Wire

/// A model that plays a list of answers and keeps what it was asked.
final class ScriptedClient: ModelClient {
    enum Step: Sendable {
        case say(String)
        case call(String, String)
        case calls([ToolCall])
        case cut
        /// An answer that a limit ended.
        case half(String)
        case fail(ModelFailure)
        /// Waits until the task is cancelled.
        case hang
    }

    /// What every request counts for.
    static let bodyBytes = 1000

    private let state: Mutex<(steps: [Step], requests: [ModelRequest])>
    private let usage: TokenUsage

    init(_ steps: [Step], usage: TokenUsage = TokenUsage(inputTokens: 100, outputTokens: 10)) {
        state = Mutex((steps, []))
        self.usage = usage
    }

    var requests: [ModelRequest] { state.withLock { $0.requests } }

    func respond(
        to request: ModelRequest, onEvent: @escaping @Sendable (ModelEvent) -> Void
    ) async throws -> ModelResponse {
        let (step, number) = state.withLock { state in
            state.requests.append(request)
            return (state.steps.isEmpty ? Step.say("All done.") : state.steps.removeFirst(), state.requests.count)
        }
        guard Self.bodyBytes <= request.byteLimit ?? .max else { throw ModelFailure(.byteLimit, message: "too long") }
        onEvent(.sending(bytes: Self.bodyBytes))
        switch step {
        case .say(let text):
            return ModelResponse(items: [ConversationItem(.assistant(text))], usage: usage, stop: .completed)
        case .call(let name, let arguments):
            let call = ToolCall(id: "call_\(number)", name: name, input: .function(arguments: arguments))
            return ModelResponse(items: [ConversationItem(.toolCall(call))], usage: usage, stop: .completed)
        case .calls(let calls):
            return ModelResponse(items: calls.map { ConversationItem(.toolCall($0)) }, usage: usage, stop: .completed)
        case .cut:
            return ModelResponse(items: [], usage: usage, stop: .incomplete("max_output_tokens"))
        case .half(let text):
            return ModelResponse(
                items: [ConversationItem(.assistant(text))], usage: usage, stop: .incomplete("max_output_tokens"))
        case .fail(let failure): throw failure
        case .hang:
            try await Task.sleep(for: .seconds(3600))
            throw CancellationError()
        }
    }
}

/// A tool that answers `ran N` and asks the gate for a command or, with a `path`, for a change. Either writes as many
/// bytes as `text` has.
struct EchoTool: Tool {
    let definition = ToolDefinition(name: "echo", description: "", kind: .function(parameters: ["type": "object"]))
    let runsInParallel = true

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments else { return call.answer("bad arguments", isError: true) }
        let text = arguments["text"]?.string ?? ""
        var command = ThreadItem.CommandExecution(command: text, cwd: "/w")
        let id = try host.begin(.commandExecution(command))
        let effect: Effect =
            if let path = arguments["path"]?.string {
                .changeFiles([FileChangeSummary(path: path, kind: .update)])
            } else {
                .runCommand(argv: ["echo", text], display: "echo \(text)", cwd: "/w")
            }
        let passage = try await host.pass(effect, item: id) {
            (0, ["exit_code": 0, "bytes_written": .int(text.utf8.count)])
        }
        switch passage {
        case .ran:
            command.status = .completed
            command.exitCode = 0
            try host.complete(id, .commandExecution(command))
            return call.answer("ran \(text)")
        case .revised(let input): return call.answer("other input: \(JSONValue.object(input).text)", isError: true)
        case .denied(let verdict):
            command.status = .declined
            command.reason = verdict.reason
            try host.complete(id, .commandExecution(command))
            return call.answer("refused: \(verdict.reason)", isError: true)
        }
    }
}

final class ScriptedCheck: CommandRunner {
    let results: Mutex<[Int]>

    init(_ results: [Int]) { self.results = Mutex(results) }

    func run(_ command: String, host: any ToolHost) async throws -> (exitCode: Int, output: String) {
        let code = results.withLock { $0.removeFirst() }
        return (code, "output of \(command)")
    }

    func run(
        _ command: String, limit: Duration, outputBytes: Int, host: any ToolHost
    ) async throws -> CommandOutcome {
        .refused("only checks are scripted")
    }
}

/// A session with a scripted model and all the events it emitted.
final class Bench: Sendable {
    let client: ScriptedClient
    let journal: SessionJournal
    let session: Session
    private let seen: Log

    final class Log: Sendable {
        let events = Mutex<[ThreadEvent]>([])
    }

    init(
        _ steps: [ScriptedClient.Step], mode: SandboxMode = .workspaceWrite,
        usage: TokenUsage = TokenUsage(inputTokens: 100, outputTokens: 10), check: [Int] = [],
        journal: SessionJournal = .ephemeral(), restored: Conversation? = nil, workspace: ToyWorkspace? = nil,
        hooks: (any HookRunner)? = nil, limits: [BudgetLimit] = [], ladder: BudgetLadder = BudgetLadder(),
        shared: (any SharedSpend)? = nil, adjust: (inout SessionSettings) -> Void = { _ in }
    ) {
        client = ScriptedClient(steps, usage: usage)
        self.journal = journal
        let log = Log()
        seen = log
        let events = EventLog(journal: journal) { event, _ in log.events.withLock { $0.append(event) } }
        var settings = SessionSettings(
            cwd: "/w", model: "m", provider: "p", instructions: "be good",
            context: [ConversationItem(.user([.text("context")]))])
        if let workspace {
            settings.context = []
            settings.smallModel = SmallModelSettings()
            settings.checks = [workspace.check].compactMap(\.self)
            settings.limits.checkAttempts = workspace.check == nil ? 0 : 2
        }
        adjust(&settings)
        let policy = AccessPolicy(sandboxMode: Sourced(mode), network: Sourced(.off), writableRoots: [Sourced("/w")])
        let budget = BudgetLedger(limits: limits, ladder: ladder, shared: shared)
        session = Session(
            settings: settings, client: client,
            tools: workspace.map { [ToyWorkspace.Writer(workspace: $0)] } ?? [EchoTool()],
            gate: Gate(
                policy: policy, journal: journal, events: events,
                hooks: hooks.map { HookStage(runner: $0, facts: .test, events: events) }, budget: budget),
            events: events, journal: journal, check: workspace ?? ScriptedCheck(check), workspace: workspace,
            budget: budget, restored: restored)
    }

    var events: [ThreadEvent] { seen.events.withLock { $0 } }
}
