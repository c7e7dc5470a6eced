package import Basics
package import Journal
import Synchronization
package import Wire

/// The one way from the engine to anybody who looks: an event is journaled, then shown.
///
/// The order in the journal is the order on every front end.
package final class EventLog: Sendable {
    package typealias Sink = @Sendable (ThreadEvent, WallTime) -> Void

    private let journal: SessionJournal
    private let sink: Sink
    private let liveSink: @Sendable (ModelEvent) -> Void
    /// Guards the order of journal and sink together, and counts items.
    private let items: Mutex<Int>

    /// - Parameters:
    ///   - firstItem: the number of the first item.
    ///   - live: gets the model's words as they arrive; they are void when the attempt fails, so they are
    ///     shown but never recorded.
    package init(
        journal: SessionJournal, firstItem: Int = 0, sink: @escaping Sink,
        live: @escaping @Sendable (ModelEvent) -> Void = { _ in }
    ) {
        items = Mutex(firstItem)
        self.journal = journal
        self.sink = sink
        liveSink = live
    }

    func live(_ event: ModelEvent) {
        liveSink(event)
    }

    /// Records and shows an event.
    ///
    /// - Throws: `journal.unwritable`; the event was then not shown.
    package func emit(_ event: ThreadEvent) throws(LockgateError) {
        let failure = items.withLock { _ in emitLocked(event) }
        if let failure { throw failure }
    }

    /// Shows how the turn failed although it cannot be recorded: only for when the journal itself is what failed, since
    /// a person has to learn the reason from somewhere.
    func showUnrecorded(_ event: ThreadEvent) {
        items.withLock { _ in sink(event, .now) }
    }

    /// Emits `item.started` for a new item and returns its id.
    package func begin(_ kind: ThreadItem.Kind) throws(LockgateError) -> String {
        let (id, failure) = items.withLock { count in
            let id = "item_\(count)"
            count += 1
            return (id, emitLocked(.itemStarted(ThreadItem(id: id, kind: kind))))
        }
        if let failure { throw failure }
        return id
    }

    /// Emits `item.completed` for an item that has no beginning of its own, such as a message.
    package func whole(_ kind: ThreadItem.Kind) throws(LockgateError) {
        let failure = items.withLock { count in
            let id = "item_\(count)"
            count += 1
            return emitLocked(.itemCompleted(ThreadItem(id: id, kind: kind)))
        }
        if let failure { throw failure }
    }

    /// Records an event as another run recorded it, and counts its item: for replay.
    package func repeated(_ payload: JSONValue) throws(LockgateError) {
        let failure = items.withLock { count -> LockgateError? in
            let id = payload["item"]?["id"]?.string ?? ""
            if id.hasPrefix("item_"), let number = Int(id.dropFirst(5)) { count = max(count, number + 1) }
            do throws(LockgateError) {
                try journal.append("event", payload)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private func emitLocked(_ event: ThreadEvent) -> LockgateError? {
        do throws(LockgateError) {
            var payload = event.json(at: WallTime(milliseconds: 0))
            payload["timestamp"] = nil
            let time = try journal.append("event", payload)
            sink(event, time)
            return nil
        } catch {
            return error
        }
    }
}
