import Basics
import Synchronization
import Wire

/// The engine as a tool sees it, with everything that it was told.
final class RecordingHost: ToolHost {
    /// What happened to an item.
    enum Step: Sendable, Hashable {
        case began(ThreadItem.Kind)
        case updated(ThreadItem.Kind)
        case completed(ThreadItem.Kind)
        case refused(rule: String)
        case noticed([SensitiveChange])
    }

    private struct State {
        var steps: [Step] = []
        var effects: [Effect] = []
        var outcomes: [JSONValue] = []
        var items = 0
    }

    private let state = Mutex(State())
    /// What the gate says to every effect; nil lets all pass.
    private let denial: Verdict?

    init(denying denial: Verdict? = nil) {
        self.denial = denial
    }

    var steps: [Step] { state.withLock { $0.steps } }
    var effects: [Effect] { state.withLock { $0.effects } }
    /// What the journal would keep of each effect that passed.
    var outcomes: [JSONValue] { state.withLock { $0.outcomes } }

    /// The items that were completed, as they were then.
    var completed: [ThreadItem.Kind] {
        steps.compactMap { if case .completed(let kind) = $0 { kind } else { nil } }
    }

    /// The commands that were completed.
    var commands: [ThreadItem.CommandExecution] {
        completed.compactMap { if case .commandExecution(let command) = $0 { command } else { nil } }
    }

    /// The changes that were completed.
    var changes: [ThreadItem.FileChangeReport] {
        completed.compactMap { if case .fileChange(let report) = $0 { report } else { nil } }
    }

    func begin(_ kind: ThreadItem.Kind) -> String {
        state.withLock { state in
            state.steps.append(.began(kind))
            state.items += 1
            return "item_\(state.items)"
        }
    }

    func update(_ id: String, _ kind: ThreadItem.Kind) { note(.updated(kind)) }
    func complete(_ id: String, _ kind: ThreadItem.Kind) { note(.completed(kind)) }
    func refused(_ effect: Effect, item: String, verdict: Verdict) { note(.refused(rule: verdict.rule)) }

    func noticed(_ changes: [SensitiveChange], item: String) { note(.noticed(changes)) }

    private func note(_ step: Step) { state.withLock { $0.steps.append(step) } }

    func pass<Value: Sendable>(
        _ effect: Effect, as use: ToolUse?, item: String, context: EffectContext,
        run: @Sendable () async throws -> (Value, JSONValue)
    ) async throws -> Passage<Value> {
        state.withLock { $0.effects.append(effect) }
        if let denial { return .denied(denial) }
        let (value, outcome) = try await run()
        state.withLock { $0.outcomes.append(outcome) }
        return .ran(value)
    }
}

extension ToolResult {
    /// All text of the answer.
    var text: String { parts.map { if case .text(let text) = $0 { text } else { "" } }.joined() }

    /// What follows the head of a command's answer.
    var output: String? {
        text.firstRange(of: "Output:\n").map { String(text[$0.upperBound...]) }
    }
}

extension Tool {
    /// Calls the tool as a model does.
    func call(_ arguments: JSONValue, _ host: any ToolHost = RecordingHost()) async throws -> ToolResult {
        try await call(text: arguments.text, host)
    }

    /// Calls it with argument text as it is, which may be anything.
    func call(text: String, _ host: any ToolHost = RecordingHost()) async throws -> ToolResult {
        try await run(
            ToolCall(id: "call", name: definition.name, input: .function(arguments: text)), host: host)
    }
}
