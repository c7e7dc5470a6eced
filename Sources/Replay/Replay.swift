import Audit
import Basics
import Engine
package import Journal
import Policy
package import Wire

/// Runs a recorded session again through the engine, without a model, a key, a network or any command.
package struct Replay {
    /// What came of it.
    package struct Outcome: Sendable, Hashable {
        package var turns = 0
        /// Records that were compared and are the same.
        package var same = 0
        /// Those of them that were handed on, and not made again by the engine.
        package var given = 0
        /// Records that had to come.
        package var expected = 0
        package var difference: ReplayDifference?
        /// SHA-256 over the records in their compared form.
        package var stream = ""

        package var isSame: Bool { difference == nil && same == expected }
    }

    private let script: ReplayScript
    private let journal: SessionJournal
    private var events: EventLog
    private var session: Session?
    private var outcome = Outcome()

    /// - Parameter records: a session's, verified.
    /// - Throws: `replay.unsupported` for sessions that do not hold what a replay needs.
    package static func run(_ records: [JournalRecord]) async throws(LockgateError) -> Outcome {
        let script = ReplayScript(records)
        guard
            script.records.contains(where: { $0.type == "settings" })
                || !script.records.contains(where: { $0.event == "turn.started" })
        else {
            throw LockgateError(
                "replay.unsupported", "the session was recorded by a version that did not record what a replay needs")
        }
        guard !records.contains(where: { $0.type == "settings" && $0.payload["tool_mode"] == "text" }) else {
            throw LockgateError(
                "replay.unsupported",
                "sessions of models that are worked with in plain text cannot be replayed: "
                    + "the files that the engine showed the model are not in the record")
        }
        var replay = Replay(script)
        return await replay.run()
    }

    /// The digest of what a replay has to reproduce.
    package static func stream(_ records: [JournalRecord]) -> String {
        var bytes: [UInt8] = []
        for record in records where ReplayComparison.isCompared(record) {
            let line: JSONValue = [
                "type": .string(record.type), "payload": ReplayComparison.normal(record.type, record.payload),
            ]
            bytes += line.bytes + [0x0A]
        }
        return ContentHash.of(bytes)
    }

    private init(_ script: ReplayScript) {
        self.script = script
        journal = .observed { script.observe($0, $1) }
        events = EventLog(journal: journal) { _, _ in }
    }

    private mutating func run() async -> Outcome {
        while let record = script.next {
            let before = script.cursor
            if record.event == "turn.started" {
                give(record)
                await runTurn()
            } else {
                give(record)
            }
            // Every round has to get on.
            if script.cursor == before { script.endedEarly() }
        }
        outcome.same = script.cursor
        outcome.given = script.given
        outcome.expected = script.records.count
        outcome.difference = script.difference
        outcome.stream = Self.stream(script.records)
        return outcome
    }

    /// Hands on a record of what stands around turns.
    private func give(_ record: JournalRecord) {
        script.giving {
            if record.type == "event" {
                try? events.repeated(record.payload)
            } else {
                _ = try? journal.append(record.type, record.payload)
            }
        }
    }

    // MARK: - Turns

    private mutating func runTurn() async {
        let from = script.cursor
        let rest = script.rest
        let end = rest.firstIndex { $0.isTurnEnd || $0.event == "thread.started" || $0.event == "turn.started" }
        let isCut = end.map { !script.records[$0].isTurnEnd } ?? true
        let stop = end ?? script.records.count
        guard stop > from || !isCut else { return }
        outcome.turns += 1
        let records = script.records[from..<stop]
        if let settings = records.first(where: { $0.type == "settings" }) { open(settings, at: from) }
        guard let session else { return script.endedEarly() }
        script.cut(at: isCut ? stop : nil)
        defer { script.cut(at: nil) }
        await perform(session, records)
        if isCut ? script.cursor < stop : script.cursor <= stop { script.endedEarly() }
    }

    private func perform(_ session: Session, _ records: ArraySlice<JournalRecord>) async {
        let script = script
        let (start, starter) = AsyncStream.makeStream(of: Void.self)
        let command = records.first { $0.origin == "command" }
        let prompt = records.first { $0.origin == "prompt" }
        let isSummed = records.contains { $0.type == "compaction" }
        let turn = Task {
            for await _ in start { break }
            if command != nil, prompt == nil {
                _ = await session.runUserCommand(Self.command(in: records))
                return
            }
            if prompt == nil, isSummed {
                _ = await session.compactNow()
                return
            }
            var parts = [ContentPart.text("")]
            if let prompt, case .user(let own)? = ConversationItem(json: prompt.payload)?.content { parts = own }
            _ = await session.run(parts)
        }
        script.onMove {
            if script.isInterruptionNext { turn.cancel() }
            for parts in script.steeringNext { session.steer(parts) }
        }
        starter.yield()
        await turn.value
        script.onMove {}
    }

    private static func command(in records: ArraySlice<JournalRecord>) -> String {
        records.lazy.compactMap { $0.payload["item"]?["command"]?.string }.first ?? ""
    }

    /// Makes the session of a `settings` record.
    private mutating func open(_ settings: JournalRecord, at index: Int) {
        let rest = script.records[index...]
        let restored = Conversation(records: Array(script.records[..<index]))
        var context = rest.prefix { !$0.isTurnEnd }.filter { $0.origin == "context" }
            .compactMap { ConversationItem(json: $0.payload) }
        if context.isEmpty { context = Array(restored.items.prefix(settings.payload["context"]?.int ?? 0)) }
        var own = SessionSettings(recorded: settings.payload, context: context)
        let script = script
        own.price = { _, _ in
            script.rest.first { $0.type == "model.response" }?.payload["cost_usd"]?.double
        }
        events = EventLog(journal: journal, firstItem: Self.firstItem(rest)) { _, _ in }
        let limits = RecordedLimits(script, model: own.model)
        let budget = BudgetLedger(repeating: limits)
        let hooks = HookStage(
            runner: RecordedHooks(script),
            facts: HookFacts(
                sessionID: journal.id.text, transcriptPath: nil, cwd: own.cwd, model: own.model,
                permissionMode: "default"), events: events)
        let spending = ReviewSpending()
        let gate = Gate(
            policy: AccessPolicy(
                sandboxMode: Sourced(.readOnly), network: Sourced(.off), writableRoots: [Sourced(own.cwd)]),
            journal: journal, events: events, hooks: hooks, budget: budget, spending: spending)
        let actions = RecordedActions(
            script: script, journal: journal, events: events, gate: gate, hooks: hooks, spending: spending,
            budget: budget, clock: limits)
        func names(_ key: String) -> [String] { (settings.payload[key]?.array ?? []).compactMap(\.string) }
        let parallel = Set(names("parallel_tools"))
        session = Session(
            settings: own, client: RecordedClient(script: script),
            tools: names("tools").map {
                RecordedTool($0, isParallel: parallel.contains($0), script: script, actions: actions)
            }, gate: gate, events: events, journal: journal,
            check: RecordedCommands(script: script, actions: actions),
            checkpoints: RecordedCheckpoints(script: script), budget: budget,
            restored: restored.items.isEmpty ? nil : restored)
    }

    /// The number of the first item that a run makes.
    private static func firstItem(_ records: ArraySlice<JournalRecord>) -> Int {
        let first = records.first { $0.event == "item.started" || $0.event == "item.completed" }
        let id = first?.payload["item"]?["id"]?.string ?? ""
        return id.hasPrefix("item_") ? Int(id.dropFirst(5)) ?? 0 : 0
    }
}

extension ReplayScript {
    /// Whether the recorded turn was interrupted right here.
    fileprivate var isInterruptionNext: Bool {
        let end = rest.first { $0.event != "checkpoint" && $0.event != "staged" }
        return end?.event == "turn.failed" && end?.payload["error"]?["code"] == "turn.interrupted"
    }

    /// What the user said to the turn right here.
    fileprivate var steeringNext: [[ContentPart]] {
        let rest = rest
        let isHeard = cursor > 0 && (records[cursor - 1].origin == "steering" || records[cursor - 1].origin == "hook")
        guard !isHeard else { return [] }
        func isHook(_ record: JournalRecord) -> Bool {
            record.event == "hook" && record.payload["event"]?.string == HookEvent.userPromptSubmit.rawValue
        }
        if let before = cursor > 0 ? records[cursor - 1] : nil, isHook(before) { return [] }
        guard rest.first(where: { !isHook($0) })?.origin == "steering" else { return [] }
        return rest.prefix { isHook($0) || $0.origin == "steering" || $0.origin == "hook" }
            .filter { $0.origin == "steering" }.map { record in
                if case .user(let parts)? = ConversationItem(json: record.payload)?.content { return parts }
                return [.text(record.texts.joined())]
            }
    }
}
