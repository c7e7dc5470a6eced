import Basics
import Wire

/// The engine's side of a tool call.
struct SessionToolHost: ToolHost {
    let gate: Gate
    let events: EventLog
    /// See `Gate.pass`.
    var asks = true

    func begin(_ kind: ThreadItem.Kind) throws -> String {
        try events.begin(kind)
    }

    func update(_ id: String, _ kind: ThreadItem.Kind) throws {
        try events.emit(.itemUpdated(ThreadItem(id: id, kind: kind)))
    }

    func complete(_ id: String, _ kind: ThreadItem.Kind) throws {
        try events.emit(.itemCompleted(ThreadItem(id: id, kind: kind)))
    }

    func pass<Value: Sendable>(
        _ effect: Effect, as use: ToolUse?, item: String, context: EffectContext,
        run: @Sendable () async throws -> (Value, JSONValue)
    ) async throws -> Passage<Value> {
        try await gate.pass(effect, as: use, item: item, context: context, asks: asks, run: run)
    }

    func refused(_ effect: Effect, item: String, verdict: Verdict) throws {
        try gate.deny(effect, item: item, verdict: verdict)
    }

    func offer(_ denials: [EffectDenial], of command: Effect, item: String) async throws -> [String] {
        try await gate.offer(denials, of: command, item: item)
    }

    func noticed(_ changes: [SensitiveChange], item: String) throws {
        try events.emit(.sensitiveChanges(item: item, changes))
    }
}
