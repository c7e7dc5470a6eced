import Basics
import Synchronization
package import Wire

/// Keeps a session within its budgets: reserves the most that a request can use before it is sent, and settles by what
/// it did use. One ledger serves a session and everything it starts.
package final class BudgetLedger: Sendable {
    /// The least output worth a request: providers refuse a smaller limit.
    static let leastOutput = 16

    /// What a request can use at most.
    package struct Estimate: Sendable {
        package var inputTokens: Int
        /// The most output that would be asked for.
        package var outputTokens: Int
        /// USD for so many tokens; nil where the price is unknown.
        package var price: @Sendable (_ input: Int, _ output: Int) -> Double?

        package init(
            inputTokens: Int, outputTokens: Int, price: @escaping @Sendable (_ input: Int, _ output: Int) -> Double?
        ) {
            self.inputTokens = inputTokens
            self.outputTokens = outputTokens
            self.price = price
        }

        func spend(output: Int) -> Spend {
            Spend(money: NanoDollars(usd: price(inputTokens, output) ?? 0), tokens: inputTokens + output)
        }
    }

    /// Leave to send one request.
    package struct Reservation: Sendable {
        /// The most output to ask for; nil leaves the request as it is.
        package var outputTokens: Int?
        /// The limit that lowered it.
        var limit: BudgetLimit?
        fileprivate var most: Spend
        fileprivate var shared: String?
    }

    private struct State {
        var turn = Spend()
        var session: Spend
        /// Of requests under way.
        var reserved = Spend()
        var counts = (turn: EffectCounts(), session: EffectCounts())
        /// A limit on what effects use that one met.
        var met: ThreadEvent.BudgetState?
        /// How many steps of the ladder each limit has climbed.
        var steps: [BudgetLimit: Int] = [:]
    }

    private let limits: [BudgetLimit]
    private let ladder: BudgetLadder
    private let shared: (any SharedSpend)?
    private let state: Mutex<State>
    /// Whether several sessions' turns count as one.
    private let spansTurns: Bool
    /// Answers in place of all arithmetic: for replay.
    private let recorded: (any RecordedBudget)?

    /// A ledger that says what one said before.
    package init(repeating recorded: any RecordedBudget) {
        self.recorded = recorded
        spansTurns = false
        limits = []
        ladder = BudgetLadder()
        shared = nil
        state = Mutex(State(session: Spend()))
    }

    /// - Parameters:
    ///   - session: what a resumed session had used before.
    ///   - shared: nil where nothing is kept of what is spent; limits by day and project then hold for this session.
    ///   - spansTurns: for sessions side by side that are one turn to the user: attempts.
    package init(
        limits: [BudgetLimit] = [], ladder: BudgetLadder = BudgetLadder(), session: Spend = Spend(),
        shared: (any SharedSpend)? = nil, spansTurns: Bool = false
    ) {
        recorded = nil
        self.spansTurns = spansTurns
        self.limits = limits
        self.ladder = ladder
        self.shared = shared
        state = Mutex(State(session: session))
    }

    /// The model that takes over near a limit; nil for none.
    var cheaperModel: String? { recorded?.cheaperModel ?? ladder.cheaperModel }

    /// The tightest limit in seconds of a scope.
    package func seconds(_ scope: BudgetLimit.Scope) -> BudgetLimit? {
        if let recorded { return recorded.deadline().flatMap { $0.scope == scope ? $0 : nil } }
        return limits.filter { $0.scope == scope && $0.unit == .seconds }.min { $0.amount < $1.amount }
    }

    /// Waits for what is left until a limit in seconds.
    func elapse(_ left: Duration) async throws {
        if let recorded { return try await recorded.elapse() }
        try await Task.sleep(for: left)
    }

    package func beginTurn() {
        guard !spansTurns else { return }
        state.withLock { state in
            state.turn = Spend()
            state.counts.turn = EffectCounts()
            state.met = nil
            for limit in limits where limit.scope == .turn { state.steps[limit] = nil }
        }
    }

    // MARK: Requests

    /// Reserves what a request can use; asks for less output where only that fits.
    ///
    /// - Throws: `BudgetExceeded` where not even the least does, or a limit on what effects use was met before.
    package func reserve(_ estimate: Estimate) throws -> Reservation {
        if let recorded {
            if let state = recorded.refusal() { throw BudgetExceeded(state: state) }
            return Reservation(
                outputTokens: recorded.shortensNext() ? estimate.outputTokens : nil, limit: nil, most: Spend(),
                shared: nil)
        }
        if let met = state.withLock({ $0.met }) { throw BudgetExceeded(state: met) }
        guard limits.contains(where: { $0.unit == .usd || $0.unit == .tokens }) else {
            return Reservation(outputTokens: nil, limit: nil, most: Spend(), shared: nil)
        }
        let totals = try sharedLimits.isEmpty ? nil : shared?.totals()
        let room = state.withLock { self.room(for: estimate, $0, totals) }
        guard room.output >= Self.leastOutput else { throw exceeded(room.limit, totals) }
        let most = estimate.spend(output: room.output)
        var reservation = Reservation(
            outputTokens: room.output < estimate.outputTokens ? room.output : nil, limit: room.limit, most: most)
        if let shared, !sharedLimits.isEmpty {
            reservation.shared = try shared.reserve(most) { day, project in
                state.withLock { self.room(for: estimate, $0, (day, project)).output >= room.output }
            }
            // Another process was quicker.
            guard reservation.shared != nil else { throw exceeded(room.limit ?? sharedLimits[0], try shared.totals()) }
        }
        state.withLock { $0.reserved = $0.reserved + most }
        return reservation
    }

    /// Replaces a reservation by what the request used.
    ///
    /// - Returns: the limits that came near, each told once a step.
    package func settle(_ reservation: Reservation, _ entry: SpendEntry) throws(LockgateError) -> [BudgetStep] {
        let used = Spend(
            money: NanoDollars(usd: entry.cost ?? 0), tokens: entry.usage.inputTokens + entry.usage.outputTokens)
        if let recorded { return recorded.steps() }
        try shared?.settle(reservation.shared, entry)
        free(reservation)
        let totals: (day: Spend, project: Spend)? =
            if sharedLimits.isEmpty { nil } else { try shared?.totals() }
        return state.withLock { state -> [BudgetStep] in
            state.turn = state.turn + used
            state.session = state.session + used
            return steps(&state, totals)
        }
    }

    /// A request that was not answered used nothing that is known.
    ///
    /// - Parameter mayBeCharged: whether the provider may have begun to answer; what other processes see of the request
    ///   then stays reserved.
    package func release(_ reservation: Reservation, mayBeCharged: Bool) {
        // Where it cannot be written it stays counted, which is on the safe side.
        if !mayBeCharged, let id = reservation.shared { try? shared?.cancel(id) }
        free(reservation)
    }

    private func free(_ reservation: Reservation) {
        state.withLock { state in
            state.reserved.money.count -= reservation.most.money.count
            state.reserved.tokens -= reservation.most.tokens
        }
    }

    /// The state of the limit that made a request's answer too short.
    func exceeded(_ limit: BudgetLimit?, _ totals: (day: Spend, project: Spend)? = nil) -> BudgetExceeded {
        if let state = recorded?.refusal() { return BudgetExceeded(state: state) }
        let limit = limit ?? limits[0]
        let spent = state.withLock { self.spent(limit, $0, totals, reserving: false) }
        return BudgetExceeded(
            state: ThreadEvent.BudgetState(
                name: limit.unit.rawValue, scope: limit.scope, limit: limit.amount, spent: spent, exceeded: true,
                origin: limit.origin))
    }

    // MARK: Effects

    /// Counts an effect that is about to run; nil while it may.
    ///
    /// What it writes is known when it has ended, so a limit on bytes written can be passed by one effect's.
    package func admit(_ effect: Effect) -> Verdict? {
        let units = effect.countedUnits
        return state.withLock { state -> Verdict? in
            for limit in limits where units.contains(limit.unit) {
                guard let met = reached(limit, state) else { continue }
                state.met = met
                return Verdict(
                    .deny, rule: "\(limit.key) = \(Int(limit.amount))", origin: limit.origin,
                    reason: "the budget of \(limit.unit.phrase(limit.amount)) is used up",
                    grant: "--budget \(limit.flag)")
            }
            if case .runCommand = effect { count(&state, \.commands, 1) }
            return nil
        }
    }

    /// Counts what an effect wrote, by the `bytes_written` of its outcome.
    func count(_ outcome: JSONValue) {
        guard let bytes = outcome["bytes_written"]?.int, bytes > 0 else { return }
        state.withLock { count(&$0, \.written, bytes) }
    }

    /// How many bytes the next request may send, and the limit that says so; nil where none does.
    ///
    /// - Throws: `BudgetExceeded` where nothing is left.
    func roomToSend() throws(BudgetExceeded) -> (bytes: Int, limit: BudgetLimit)? {
        let rooms = state.withLock { state in
            limits.filter { $0.unit == .bytesSent }.map { limit in
                (bytes: Int(limit.amount) - counts(limit.scope, state).sent, limit: limit)
            }
        }
        guard let least = rooms.min(by: { $0.bytes < $1.bytes }) else { return nil }
        guard least.bytes > 0 else { throw exceeded(least.limit) }
        return least
    }

    func count(sent bytes: Int) {
        state.withLock { count(&$0, \.sent, bytes) }
    }

    private func counts(_ scope: BudgetLimit.Scope, _ state: State) -> EffectCounts {
        scope == .turn ? state.counts.turn : state.counts.session
    }

    private func count(_ state: inout State, _ part: WritableKeyPath<EffectCounts, Int>, _ amount: Int) {
        state.counts.turn[keyPath: part] += amount
        state.counts.session[keyPath: part] += amount
    }

    private func reached(_ limit: BudgetLimit, _ state: State) -> ThreadEvent.BudgetState? {
        guard let used = counts(limit.scope, state).amount(limit.unit), Double(used) >= limit.amount else { return nil }
        return ThreadEvent.BudgetState(
            name: limit.unit.rawValue, scope: limit.scope, limit: limit.amount, spent: Double(used), exceeded: true,
            origin: limit.origin)
    }

    // MARK: Arithmetic

    private var sharedLimits: [BudgetLimit] { limits.filter { $0.scope == .day || $0.scope == .project } }

    private func used(
        _ scope: BudgetLimit.Scope, _ state: State, _ totals: (day: Spend, project: Spend)?
    ) -> Spend {
        switch scope {
        case .turn: state.turn
        case .session: state.session
        case .day: totals?.day ?? state.session
        case .project: totals?.project ?? state.session
        }
    }

    private func spent(
        _ limit: BudgetLimit, _ state: State, _ totals: (day: Spend, project: Spend)?, reserving: Bool
    ) -> Double {
        var spend = used(limit.scope, state, totals)
        // The shared totals hold all reservations already.
        if reserving, limit.scope == .turn || limit.scope == .session || totals == nil {
            spend = spend + state.reserved
        }
        return switch limit.unit {
        case .usd: spend.money.usd
        case .tokens: Double(spend.tokens)
        case .commands, .bytesWritten, .bytesSent: Double(counts(limit.scope, state).amount(limit.unit) ?? 0)
        case .seconds: 0
        }
    }

    /// How much output every limit leaves room for, and the one that leaves least.
    private func room(
        for estimate: Estimate, _ state: State, _ totals: (day: Spend, project: Spend)?
    ) -> (output: Int, limit: BudgetLimit?) {
        var output = estimate.outputTokens
        var tightest: BudgetLimit?
        for limit in limits {
            let most: Int
            let before = spent(limit, state, totals, reserving: true)
            switch limit.unit {
            case .tokens: most = Int(max(-1e15, limit.amount - before)) - estimate.inputTokens
            case .usd:
                let left = NanoDollars(usd: limit.amount).count - NanoDollars(usd: before).count
                most = Self.output(within: left, estimate)
            case .seconds, .commands, .bytesWritten, .bytesSent: continue
            }
            if most < output || (most < Self.leastOutput && tightest == nil) {
                output = min(output, most)
                tightest = limit
            }
        }
        return (output, tightest)
    }

    /// The most output tokens that so many billionths of a dollar pay for, found by halving since prices step up.
    private static func output(within nanos: Int64, _ estimate: Estimate) -> Int {
        func fits(_ output: Int) -> Bool { estimate.spend(output: output).money.count <= nanos }
        if fits(estimate.outputTokens) { return estimate.outputTokens }
        guard fits(0), nanos > 0 else { return 0 }
        var (low, high) = (0, estimate.outputTokens)
        while high - low > 1 {
            let middle = (low + high) / 2
            if fits(middle) { low = middle } else { high = middle }
        }
        return low
    }

    private func steps(_ state: inout State, _ totals: (day: Spend, project: Spend)?) -> [BudgetStep] {
        var steps: [BudgetStep] = []
        for limit in limits where limit.unit == .usd || limit.unit == .tokens {
            let spent = spent(limit, state, totals, reserving: false)
            let reached = ladder.steps(at: limit.amount > 0 ? spent / limit.amount : 1)
            guard reached.count > state.steps[limit, default: 0], let last = reached.last else { continue }
            state.steps[limit] = reached.count
            steps.append(
                BudgetStep(
                    action: last,
                    state: ThreadEvent.BudgetState(
                        name: limit.unit.rawValue, scope: limit.scope, limit: limit.amount, spent: spent,
                        exceeded: spent >= limit.amount, origin: limit.origin, action: last.rawValue)))
        }
        return steps
    }
}
