import Basics
import Journal
import Wire

/// Summing up because the person wants it.
extension Session {
    /// Replaces the history by its summary, as a turn of its own.
    package func compactNow() async -> TurnEnd {
        let begin = ContinuousClock.now
        requests = 0
        budget.beginTurn()
        do {
            try recordSettings()
            guard settings.smallModel == nil, conversation.items.count > settings.context.count + 1 else {
                throw LockgateError("session.short", "there is nothing to sum up yet")
            }
            try await withDeadline { try await self.compact() }
            try journal.sync()
            try events.emit(
                .turnCompleted(
                    ThreadEvent.TurnSummary(
                        usage: usage, cost: cost, durationMilliseconds: (ContinuousClock.now - begin).milliseconds,
                        requests: requests, commands: 0, denials: 0)))
            try? journal.seal()
            return .done("")
        } catch {
            return fail(error)
        }
    }
}
