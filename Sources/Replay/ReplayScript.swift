package import Basics
package import Journal
import Synchronization
import Wire

/// The records of a session as a script: what comes next, and whether the engine now does the same.
///
/// The engine appends to a journal that this watches (`observe`). A record that equals the next of the script moves it on;
/// any other is the difference that ends the replay. Models, tools and hooks look up here what they said and did.
package final class ReplayScript: Sendable {
    private struct State {
        var cursor = 0
        /// Where the recorded turn was cut off by the end of its process; nothing may follow there.
        var limit: Int?
        var difference: ReplayDifference?
        /// Records that were handed on as they are.
        var given = 0
        var isGiving = false
        var waiters: [(index: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var onMove: @Sendable () -> Void = {}
        var isOver = false
    }

    let records: [JournalRecord]
    private let state = Mutex(State())

    /// - Parameter records: of one session, in order.
    package init(_ records: [JournalRecord]) {
        self.records = records.filter(ReplayComparison.isCompared)
    }

    var cursor: Int { state.withLock { $0.cursor } }
    var difference: ReplayDifference? { state.withLock { $0.difference } }
    var given: Int { state.withLock { $0.given } }

    /// The record that has to come next; nil at the end, where the turn was cut off, and after a difference.
    var next: JournalRecord? {
        state.withLock { state in
            guard state.difference == nil, !state.isOver, state.cursor < state.limit ?? records.count else {
                return nil
            }
            return records[state.cursor]
        }
    }

    /// The records from the next on, up to where the turn was cut off.
    var rest: ArraySlice<JournalRecord> {
        state.withLock { state in
            let end = state.limit ?? records.count
            return state.difference == nil && state.cursor < end ? records[state.cursor..<end] : []
        }
    }

    // MARK: - Watching

    /// Compares a record that the engine writes; an error ends the run.
    func observe(_ type: String, _ payload: JSONValue) -> LockgateError? {
        guard ReplayComparison.isCompared(type, payload) else { return nil }
        let (error, ready, onMove) = state.withLock {
            state -> (LockgateError?, [CheckedContinuation<Void, Never>], @Sendable () -> Void) in
            if state.difference != nil || state.isOver { return (Self.ended, [], {}) }
            guard state.cursor < state.limit ?? records.count else {
                if state.limit != nil { return (Self.ended, [], {}) }
                state.difference = ReplayDifference(recorded: nil, type: type, payload: payload)
                return (Self.ended, Self.takeAll(&state), {})
            }
            let recorded = records[state.cursor]
            guard ReplayComparison.areEqual(recorded, type, payload) else {
                state.difference = ReplayDifference(recorded: recorded, type: type, payload: payload)
                return (Self.ended, Self.takeAll(&state), {})
            }
            state.cursor += 1
            if state.isGiving { state.given += 1 }
            let ready = state.waiters.filter { $0.index <= state.cursor }.map(\.continuation)
            state.waiters.removeAll { $0.index <= state.cursor }
            return (nil, ready, state.onMove)
        }
        for waiter in ready { waiter.resume() }
        if error == nil { onMove() }
        return error
    }

    /// Runs what hands on the next record as it is.
    func giving<Value>(_ body: () throws -> Value) rethrows -> Value {
        state.withLock { $0.isGiving = true }
        defer { state.withLock { $0.isGiving = false } }
        return try body()
    }

    /// Returns when the record at `index` is the next, or the replay is over.
    func reach(_ index: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.cursor >= index || state.difference != nil || state.isOver { return true }
                state.waiters.append((index, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Sets what is called after each record, and calls it once.
    func onMove(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.onMove = body }
        body()
    }

    /// A turn that was cut off ends before `index`; nil for one that has its own end.
    func cut(at index: Int?) { state.withLock { $0.limit = index } }

    /// What the engine should have done next and did not.
    func endedEarly() {
        let ready = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            if state.difference == nil, state.cursor < records.count {
                state.difference = ReplayDifference(recorded: records[state.cursor], type: nil, payload: .null)
            }
            return Self.takeAll(&state)
        }
        for waiter in ready { waiter.resume() }
    }

    private static func takeAll(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        defer { state.waiters = [] }
        return state.waiters.map(\.continuation)
    }

    /// What whoever waits for more is told once there is no more.
    static let ended = LockgateError("replay.ended", "the recorded session ends here")
}

/// Where a replay and its record part.
package struct ReplayDifference: Sendable, Hashable {
    /// The record that was due; nil after the last.
    package var recorded: JournalRecord?
    /// What came instead; nil for nothing.
    package var type: String?
    package var payload: JSONValue

    package var json: JSONValue {
        [
            "record": .optional(recorded?.sequence),
            "recorded": recorded.map { ["type": .string($0.type), "payload": $0.payload] } ?? .null,
            "replayed": type.map { ["type": .string($0), "payload": payload] } ?? .null,
        ]
    }
}
