import Synchronization
package import Wire

/// What reviews of effects used, until the session counts it.
package final class ReviewSpending: Sendable {
    package struct Request: Sendable {
        /// What was set aside for it, until the session counts it.
        package var reservation: BudgetLedger.Reservation
        package var usage: TokenUsage
        /// USD; nil where no price is known.
        package var cost: Double?

        package init(reservation: BudgetLedger.Reservation, usage: TokenUsage, cost: Double?) {
            self.reservation = reservation
            self.usage = usage
            self.cost = cost
        }
    }

    private let requests = Mutex<[Request]>([])

    package init() {}

    package func add(_ request: Request) { requests.withLock { $0.append(request) } }

    /// Those since the last call.
    func take() -> [Request] {
        requests.withLock { requests in
            defer { requests = [] }
            return requests
        }
    }
}
