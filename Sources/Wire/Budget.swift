/// One limit on what may be used, with the place it was set.
package struct BudgetLimit: Sendable, Hashable {
    package enum Unit: String, Sendable, Hashable, CaseIterable {
        case usd, tokens, seconds, commands
        /// What file tools and commands wrote to disks.
        case bytesWritten = "bytes_written"
        /// What was sent to providers.
        case bytesSent = "bytes_sent"
    }

    /// What a limit counts over. A day is one of UTC; a project's limit counts from the first day on record.
    package enum Scope: String, Sendable, Hashable, CaseIterable {
        case turn, session, day, project
    }

    package var scope: Scope
    package var unit: Unit
    package var amount: Double
    package var origin: Origin

    package init(_ scope: Scope, _ unit: Unit, _ amount: Double, origin: Origin = .builtIn) {
        self.scope = scope
        self.unit = unit
        self.amount = amount
        self.origin = origin
    }

    /// The configuration key, `budget.day.usd`; a session's limits have no scope in theirs.
    package var key: String {
        scope == .session ? "budget.\(unit.rawValue)" : "budget.\(scope.rawValue).\(unit.rawValue)"
    }

    /// The limit as `--budget` takes it, with another amount: `day.usd=N`.
    package var flag: String {
        scope == .session ? "\(unit.rawValue)=N" : "\(scope.rawValue).\(unit.rawValue)=N"
    }
}

/// Money in billionths of a dollar, so that sums are exact and a limit is reached neither early nor late.
package struct NanoDollars: Sendable, Hashable, Comparable {
    package var count: Int64

    package init(_ count: Int64) { self.count = count }

    /// Rounded up: a limit must hold for what a provider charges.
    package init(usd: Double) {
        let nanos = (usd * 1_000_000_000 - 1e-6).rounded(.up)
        count = nanos < Double(Int64.max / 2) ? Int64(max(0, nanos)) : Int64.max / 2
    }

    package var usd: Double { Double(count) / 1_000_000_000 }

    package static func < (left: NanoDollars, right: NanoDollars) -> Bool { left.count < right.count }
    package static func + (left: NanoDollars, right: NanoDollars) -> NanoDollars {
        NanoDollars(left.count.addingReportingOverflow(right.count).partialValue)
    }
}

/// What requests to models have used.
package struct Spend: Sendable, Hashable {
    /// What is known of it; a request without a price adds nothing here.
    package var money: NanoDollars
    /// Input and output together.
    package var tokens: Int

    package init(money: NanoDollars = NanoDollars(0), tokens: Int = 0) {
        self.money = money
        self.tokens = tokens
    }

    package static func + (left: Spend, right: Spend) -> Spend {
        Spend(money: left.money + right.money, tokens: left.tokens + right.tokens)
    }
}

/// What all sessions of this user have used by day and project, with what requests under way have reserved.
///
/// Implementations hold for several processes at once.
package protocol SharedSpend: Sendable {
    /// The spend of today and of the project, reservations under way included.
    func totals() throws(LockgateError) -> (day: Spend, project: Spend)

    /// Writes down a reservation if `fits` says so of the totals before it.
    ///
    /// - Returns: an id for `settle`; nil where it does not fit.
    func reserve(
        _ most: Spend, fits: (_ day: Spend, _ project: Spend) -> Bool
    ) throws(LockgateError) -> String?

    /// Takes back the reservation of a request that a provider cannot charge for.
    func cancel(_ reservation: String) throws(LockgateError)

    /// Replaces a reservation, or adds where there was none.
    func settle(_ reservation: String?, _ entry: SpendEntry) throws(LockgateError)
}

/// One request in the record of spending.
package struct SpendEntry: Sendable, Hashable {
    package var session: String
    package var model: String
    package var provider: String
    /// What asked: `exec`.
    package var source: String
    package var usage: TokenUsage
    /// USD; nil where the price is unknown.
    package var cost: Double?

    package init(
        session: String, model: String, provider: String, source: String, usage: TokenUsage, cost: Double?
    ) {
        self.session = session
        self.model = model
        self.provider = provider
        self.source = source
        self.usage = usage
        self.cost = cost
    }
}
