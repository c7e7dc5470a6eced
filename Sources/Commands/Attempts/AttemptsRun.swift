import Basics
import Engine
import Glibc
import Journal
import Synchronization
import Wire
import Workspace

/// `exec --attempts N`: the same task N times, each in a worktree and a session of its own, under one budget.
struct AttemptsRun: Sendable {
    let request: ExecRequest
    let count: Int
    let models: [String]
    let environment: [String: String]

    private struct Place: Sendable {
        var number: Int
        var request: ExecRequest
        var setup: SessionSetup
        var use: WorktreeUse
        var record: WorktreeRecord
    }

    init(_ request: ExecRequest, _ attempts: ExecRequest.Attempts, environment: [String: String]) {
        var request = request
        request.attempts = nil
        self.request = request
        count = attempts.count
        models = attempts.models
        self.environment = environment
    }

    /// Runs all, and returns the exit code.
    func perform() async throws -> Int32 {
        let setup = try SessionSetup.load(request, environment: environment)
        guard !setup.checks(of: request).isEmpty else {
            throw LockgateError(
                "usage", "attempts are compared by checks, and there is none",
                remedy: "--check \"make test\", or check.command in the configuration", exitCode: 2)
        }
        let (prompt, _) = try PromptReader().read(request.prompt)
        let store = try setup.worktreeStore()
        let budget = try setup.budgetLedger(nil, spansTurns: true)
        let group = Self.groupID()
        let concurrency = AttemptChoice.concurrency(
            count, cores: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), freeMemory: Self.freeMemory)
        // Before the first worktree is made: of a run that is killed nothing is lost sight of.
        let planned = planned(group, prompt, setup)
        try planned.save(in: store)
        let places: [Place]
        do throws(LockgateError) {
            places = try self.places(group, setup, store)
        } catch {
            planned.forget(in: store)
            throw error
        }
        let front = AttemptFront(isJSON: request.isJSON, style: style)
        front.started(group, count: count, concurrency: concurrency)

        let signals = SignalWatch()
        let work = Task {
            var known = planned
            return await run(
                places, prompt, budget, concurrency: concurrency, limit: budget.seconds(.session)
            ) { result in
                var result = result
                (result.changedFiles, result.changedLines) = (try? store.changedSize(of: result.worktree)) ?? (0, 0)
                known = known.with(result)
                // Before it is told. The end says so if the disk is full.
                try? known.save(in: store)
                front.finished(result)
                return result
            } began: {
                front.began($0)
            }
        }
        signals.onSignal { _ in work.cancel() }
        let results = await work.value
        let attempts = AttemptGroup(id: group, task: prompt, results: results.sorted { $0.number < $1.number })
        try attempts.save(in: store)
        try front.completed(attempts)
        if let signal = signals.received { return 128 + signal }
        if attempts.picked != nil { return 0 }
        return results.contains { $0.standing == .stopped } ? 3 : 1
    }

    private var style: TerminalStyle {
        TerminalStyle(descriptor: STDERR_FILENO, choice: request.colour, environment: environment)
    }

    /// In the order of time, and so of names.
    private static func groupID() -> String {
        // To the millisecond: the newest group is the last by name, also of two that begin in one second.
        let date = WallTime.now.rfc3339.prefix(23).filter { $0.isNumber }
        return "a\(date)-\(Int.random(in: 100...999))"
    }

    /// What the kernel says it can give without swapping, in bytes.
    private static var freeMemory: Int {
        let text = PosixFile.head("/proc/meminfo", limit: 4096).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }

    // MARK: Preparing

    /// What is known before anything ran.
    private func planned(_ group: String, _ prompt: String, _ setup: SessionSetup) -> AttemptGroup {
        let checks = setup.checks(of: request).count
        let results = (1...count).map { number in
            let model = models.isEmpty ? setup.selection.model : models[(number - 1) % models.count]
            var result = AttemptResult(
                number: number, worktree: "\(group)-\(number)", session: "", model: model, checks: checks)
            result.reason = "it has not ended"
            return result
        }
        return AttemptGroup(id: group, task: prompt, results: results, hasEnded: false)
    }

    /// A worktree for each, made one after the other: the disk is one. Should one fail, those before are removed again.
    private func places(
        _ group: String, _ setup: SessionSetup, _ store: WorktreeStore
    ) throws(LockgateError) -> [Place] {
        var places: [Place] = []
        do throws(LockgateError) {
            for number in 1...count {
                let wanted = ExecRequest.NewWorktree(name: "\(group)-\(number)", carries: request.carries)
                let record = try store.create(setup.worktreeRequest(wanted)).record
                var own = request
                if !models.isEmpty {
                    let model = models[(number - 1) % models.count]
                    own.overrides.removeAll { $0.flag == "--model" }
                    own.overrides.append(ExecRequest.Override(key: "model", text: model, flag: "--models"))
                }
                let moved = try setup.moved(to: record, request: &own)
                // A limit in USD needs the price of each model.
                _ = try moved.budgetLedger(nil)
                places.append(
                    Place(
                        number: number, request: own, setup: moved, use: try store.use(record.name), record: record))
            }
        } catch {
            let names = store.records.map(\.name).filter { $0.hasPrefix("\(group)-") }
            places = []
            for name in names { _ = try? store.remove(name) }
            throw error
        }
        return places
    }

    // MARK: Running

    private func run(
        _ places: [Place], _ prompt: String, _ budget: BudgetLedger, concurrency: Int, limit: BudgetLimit?,
        finished: (AttemptResult) -> AttemptResult, began: @escaping @Sendable (AttemptResult) -> Void
    ) async -> [AttemptResult] {
        let end = limit.map { ContinuousClock.now + .milliseconds(Int($0.amount * 1000)) }
        return await withTaskGroup(of: AttemptResult.self) { group in
            var waiting = places[...]
            var results: [AttemptResult] = []
            for place in waiting.prefix(concurrency) {
                group.addTask { await attempt(place, prompt, budget, until: end, began) }
            }
            waiting = waiting.dropFirst(concurrency)
            while let result = await group.next() {
                results.append(finished(result))
                if let place = waiting.popFirst() {
                    group.addTask { await attempt(place, prompt, budget, until: end, began) }
                }
            }
            return results
        }
    }

    /// One attempt from its session's beginning to its end; whatever goes wrong is its result.
    private func attempt(
        _ place: Place, _ prompt: String, _ budget: BudgetLedger, until end: ContinuousClock.Instant?,
        _ began: @Sendable (AttemptResult) -> Void
    ) async -> AttemptResult {
        let checks = place.setup.checks(of: place.request)
        var result = AttemptResult(
            number: place.number, worktree: place.record.name, session: "", model: place.setup.selection.model,
            checks: checks.count)
        guard !Task.isCancelled, end.map({ ContinuousClock.now < $0 }) ?? true else {
            result.reason = Task.isCancelled ? "interrupted" : "the time was over before it began"
            return result
        }
        let begin = ContinuousClock.now
        let watch = AttemptWatch()
        do {
            let journal = try SessionJournal.create(in: SessionStore(home: place.setup.home))
            result.session = journal.id.text
            // As in any worktree: see `ExecRun`.
            _ = journal.prepareSeal()
            began(result)
            let turn = try await run(place, prompt, budget, journal, watch)
            result.message = turn.message ?? ""
            switch turn {
            case .done, .doneWithDenials: result.standing = .passed
            case .failed(let error):
                result.standing = error.exitCode == 3 || error.code == "turn.interrupted" ? .stopped : .failed
                result.reason = error.message
            }
        } catch {
            result.standing = .failed
            result.reason = (error as? LockgateError)?.message ?? "\(error)"
        }
        result.milliseconds = (ContinuousClock.now - begin).milliseconds
        let seen = watch.seen
        result.checksPassed = seen.passed
        result.cost = seen.cost
        if result.standing == .passed, result.checksPassed < checks.count {
            result.standing = .failed
            result.reason = "\(checks.count - result.checksPassed) checks do not pass"
        }
        return result
    }

    private func run(
        _ place: Place, _ prompt: String, _ budget: BudgetLedger, _ journal: SessionJournal, _ watch: AttemptWatch
    ) async throws -> TurnEnd {
        let setup = place.setup
        let events = EventLog(journal: journal, sink: { event, _ in watch.see(event) })
        let assembled = try await setup.assemble(
            journal: journal, events: events, outputSchema: nil, restored: nil,
            questions: SessionSetup.Questions(task: prompt), budget: budget, progress: { _ in })
        let policy = assembled.gate.policy
        try journal.append(
            "session",
            setup.header(
                journal: journal, policy: policy, standing: assembled.standing, isStaged: assembled.isStaged))
        try events.emit(.threadStarted(id: journal.id))
        if let worktree = setup.worktreePlace { try events.emit(.worktree(worktree)) }
        try events.emit(.turnStarted(setup.turnHeader(policy: policy)))
        let end = await assembled.session.run([.text(prompt)])
        watch.see(cost: await assembled.session.cost)
        await assembled.session.end(reason: "other")
        await assembled.close()
        await setup.conclude(journal) { CommandOutput.warn($0) }
        return end
    }
}

/// What counts of an attempt's events.
private final class AttemptWatch: Sendable {
    private let state = Mutex((passed: 0, round: 0, cost: Double?.none))

    /// Checks that passed in the last round, and the session's cost.
    var seen: (passed: Int, cost: Double?) { state.withLock { ($0.passed, $0.cost) } }

    func see(_ event: ThreadEvent) {
        guard case .check(let report) = event else { return }
        state.withLock { state in
            if report.attempt != state.round { (state.passed, state.round) = (0, report.attempt) }
            if report.exitCode == 0 { state.passed += 1 }
        }
    }

    func see(cost: Double?) { state.withLock { $0.cost = cost } }
}
