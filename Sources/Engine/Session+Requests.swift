import Basics
import Journal
import Wire

/// Requests to the model: reserved, sent through the gate, settled.
extension Session {
    /// Sends a request and counts what it used.
    ///
    /// - Throws: `BudgetExceeded` before it is sent where no limit leaves room for it, and after it where a limit made
    ///   the answer too short to be whole.
    func send(_ request: ModelRequest) async throws -> ModelResponse {
        try countReviews()
        var request = relief.applied(to: request)
        let reservation = try reserve(request)
        if let output = reservation.outputTokens { request.maxOutputTokens = output }
        requests += 1
        let response: ModelResponse
        do {
            response = try await withinBytes(request)
        } catch {
            budget.release(reservation, mayBeCharged: (error as? ModelFailure)?.mayBeCharged ?? true)
            throw error
        }
        try settle(response, to: request, reservation)
        if response.stop != .completed, reservation.outputTokens != nil {
            let exceeded = budget.exceeded(reservation.limit)
            try events.emit(.budget(exceeded.state))
            throw exceeded
        }
        return response
    }

    /// Sends no more than the limits on bytes leave room for.
    private func withinBytes(_ request: ModelRequest) async throws -> ModelResponse {
        var request = request
        do {
            let room = try budget.roomToSend()
            request.byteLimit = room?.bytes
            do {
                return try await answer(to: request)
            } catch let failure as ModelFailure where failure.kind == .byteLimit {
                throw budget.exceeded(room?.limit)
            }
        } catch let exceeded as BudgetExceeded {
            try events.emit(.budget(exceeded.state))
            throw exceeded
        }
    }

    private func reserve(_ request: ModelRequest) throws -> BudgetLedger.Reservation {
        let (model, price) = (request.model, settings.price)
        let estimate = BudgetLedger.Estimate(
            inputTokens: inputTokens(of: request), outputTokens: request.maxOutputTokens ?? settings.outputCeiling
        ) { input, output in
            price(model, TokenUsage(inputTokens: input, outputTokens: output))
        }
        do {
            return try budget.reserve(estimate)
        } catch let exceeded as BudgetExceeded {
            try events.emit(.budget(exceeded.state))
            throw exceeded
        }
    }

    /// An estimate: what the provider has counted, plus a quarter of the bytes since then.
    private func inputTokens(of request: ModelRequest) -> Int {
        let known = conversation.items.count
        guard conversation.isCounted, request.items.count >= known else {
            let tools = request.tools.reduce(0) { $0 + $1.approximateBytes }
            let items = request.items.reduce(0) { $0 + $1.approximateBytes }
            return (request.instructions.utf8.count + tools + items) / 4
        }
        return conversation.estimatedTokens + request.items[known...].reduce(0) { $0 + $1.approximateBytes / 4 }
    }

    private func answer(to request: ModelRequest) async throws -> ModelResponse {
        let (events, journal, budget) = (events, journal, budget)
        let checkpoints = gate.canChangeWorkspace ? checkpoints : nil
        let passage = try await gate.pass(.askModel(model: request.model, maximumCost: nil), item: nil) {
            let response = try await client.respond(to: request) { event in
                if case .sending(let bytes) = event { return budget.count(sent: bytes) }
                guard case .retrying(let attempt, let of, let delay, let reason) = event else {
                    // An answer has begun, and may end in an effect: the time until then is used.
                    checkpoints?.prepare()
                    return events.live(event)
                }
                // An event that cannot be recorded here surfaces with the next record, which throws.
                _ = try? journal.append(
                    "model.retry",
                    [
                        "attempt": .int(attempt), "of": .int(of), "delay_ms": .int(delay), "reason": .string(reason),
                    ])
                try? events.emit(
                    .error(message: "\(reason); retrying in \(delay) ms (\(attempt)/\(of))"))
                events.live(event)
            }
            let outcome: JSONValue = [
                "response_id": .optional(response.responseID), "attempts": .int(response.attempts),
            ]
            return (response, outcome)
        }
        guard case .ran(let response) = passage else {
            throw LockgateError("gate.denied", "the request to the model was refused")
        }
        return response
    }

    private func settle(
        _ response: ModelResponse, to request: ModelRequest, _ reservation: BudgetLedger.Reservation
    ) throws {
        let cost = settings.price(request.model, response.usage)
        conversation.count(response.usage, cost: cost)
        var record: JSONObject = [
            "usage": response.usage.json, "cost_usd": cost.map { .double($0) } ?? .null,
            "stop": .string(response.stop == .completed ? "completed" : "incomplete"),
        ]
        if case .incomplete(let reason) = response.stop { record["reason"] = .string(reason) }
        if request.model != settings.model { record["model"] = .string(request.model) }
        if let fallback = response.fallback { record["fallback"] = .string(fallback) }
        try journal.append("model.response", .object(record))
        let steps = try budget.settle(
            reservation,
            SpendEntry(
                session: journal.id.text, model: request.model, provider: settings.provider, source: settings.source,
                usage: response.usage, cost: cost))
        try show(steps)
    }

    /// What reviews of effects used since the last time counts for the session.
    func countReviews() throws {
        for review in gate.takeReviewSpending() {
            conversation.countAside(review.usage, cost: review.cost)
            try show(
                budget.settle(
                    review.reservation,
                    SpendEntry(
                        session: journal.id.text, model: settings.model, provider: settings.provider,
                        source: "auto_review", usage: review.usage, cost: review.cost)))
        }
    }

    private func show(_ steps: [BudgetStep]) throws {
        for step in steps {
            relief.take(step.action, cheaperModel: budget.cheaperModel)
            try events.emit(.budget(step.state))
        }
    }

    // MARK: - Time

    /// Ends the work when the tightest limit in seconds is reached.
    func withDeadline<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let gone = ContinuousClock.now - started
        let limits = [(budget.seconds(.turn), Duration.zero), (budget.seconds(.session), gone)]
        let deadlines = limits.compactMap { limit, spent in
            limit.map { (limit: $0, left: Duration.milliseconds(Int($0.amount * 1000)) - spent) }
        }
        guard let (limit, left) = deadlines.min(by: { $0.left < $1.left }) else { return try await work() }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask { [budget] in
                try await budget.elapse(max(left, .zero))
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else {
                let state = ThreadEvent.BudgetState(
                    name: "seconds", scope: limit.scope, limit: limit.amount, spent: limit.amount, exceeded: true,
                    origin: limit.origin)
                try events.emit(.budget(state))
                throw BudgetExceeded(state: state)
            }
            return value
        }
    }
}

extension ModelFailure {
    /// Whether the provider may have begun to answer.
    var mayBeCharged: Bool {
        switch kind {
        case .unauthorized, .forbidden, .badRequest, .notFound, .rateLimited, .usageLimit, .contextWindowExceeded: false
        // Another attempt did not fit; one before it may have been answered in part.
        case .byteLimit: attempts > 1
        case .server, .network, .idleTimeout, .streamCut, .inStream, .malformed: true
        }
    }
}

extension ToolDefinition {
    /// Its size in a request, about.
    fileprivate var approximateBytes: Int {
        switch kind {
        case .function(let parameters): name.utf8.count + description.utf8.count + parameters.text.utf8.count
        case .custom(_, let grammar): name.utf8.count + description.utf8.count + grammar.utf8.count
        }
    }
}
