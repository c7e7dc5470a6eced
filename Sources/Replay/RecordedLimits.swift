import Basics
import Engine
import Journal
import Synchronization
import Wire

/// Budgets as they were in the recorded run.
final class RecordedLimits: RecordedBudget {
    private struct Alarm {
        var hasRung = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let script: ReplayScript
    private let model: String
    private let alarm = Mutex(Alarm())

    /// - Parameter model: the session's own.
    init(_ script: ReplayScript, model: String) {
        self.script = script
        self.model = model
    }

    func refusal() -> ThreadEvent.BudgetState? {
        guard let state = ThreadEvent.BudgetState(recorded: script.next), state.exceeded, state.action == nil else {
            return nil
        }
        return state
    }

    func shortensNext() -> Bool {
        let rest = script.rest
        guard let account = rest.firstIndex(where: { $0.type == "model.response" }),
            rest[account].payload["stop"] != "completed"
        else { return false }
        let after = ThreadEvent.BudgetState(
            recorded: rest[account...].dropFirst().first { $0.event == "budget" || $0.type == "conversation" })
        return after?.exceeded == true && after?.action == nil
    }

    func steps() -> [BudgetStep] {
        // The ledger settles before the request's own record for it is made, or after; both stand next to each other.
        script.rest.drop { $0.type == "model.response" }.prefix { $0.event == "budget" }.compactMap { record in
            guard let state = ThreadEvent.BudgetState(recorded: record),
                let action = state.action.flatMap(BudgetLadder.Action.init(rawValue:))
            else { return nil }
            return BudgetStep(action: action, state: state)
        }
    }

    var cheaperModel: String? {
        script.rest.lazy.compactMap { record in
            record.requestedEffect == "model" ? record.payload["effect"]?["model"]?.string : nil
        }.first { $0 != model }
    }

    // MARK: - Time

    func deadline() -> BudgetLimit? {
        let end = script.rest.prefix { !$0.isTurnEnd }.first { $0.isDeadline }
        guard let state = ThreadEvent.BudgetState(recorded: end) else { return nil }
        return BudgetLimit(state.scope, .seconds, state.limit, origin: state.origin)
    }

    func elapse() async throws {
        let number = alarm.withLock { alarm in
            alarm.next += 1
            return alarm.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = alarm.withLock { alarm in
                    if alarm.hasRung || Task.isCancelled { return true }
                    alarm.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            alarm.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
        try Task.checkCancellation()
    }

    /// The limit in seconds is reached.
    func ring() {
        let waiters = alarm.withLock { alarm in
            alarm.hasRung = true
            defer { alarm.waiters = [:] }
            return Array(alarm.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }
}
