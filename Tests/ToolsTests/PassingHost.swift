import Basics
import Synchronization
import Wire

/// A gate that lets everything pass, and the items that were completed.
final class PassingHost: ToolHost {
    private let state = Mutex<[ThreadItem.Kind]>([])

    var items: [ThreadItem.Kind] { state.withLock { $0 } }

    func begin(_ kind: ThreadItem.Kind) -> String { "item" }
    func update(_ id: String, _ kind: ThreadItem.Kind) {}
    func complete(_ id: String, _ kind: ThreadItem.Kind) { state.withLock { $0.append(kind) } }

    func pass<Value: Sendable>(
        _ effect: Effect, as use: ToolUse?, item: String, context: EffectContext,
        run: @Sendable () async throws -> (Value, JSONValue)
    ) async throws -> Passage<Value> {
        .ran(try await run().0)
    }

    func refused(_ effect: Effect, item: String, verdict: Verdict) {}
    func noticed(_ changes: [SensitiveChange], item: String) {}
}
