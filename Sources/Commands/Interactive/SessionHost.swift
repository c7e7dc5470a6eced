import Basics
import Config
import Engine
import Glibc
import Journal
import Models
import Policy
import Sandbox
import Sessions
import TUI
import Wire

/// The session behind a screen: made when the first prompt comes, and made anew when what it runs with changes. Tells
/// the screen everything by events.
actor SessionHost {
    /// A session that runs, with what it is made of.
    struct Open: Sendable {
        let journal: SessionJournal
        let events: EventLog
        let assembled: AssembledSession
    }

    var request: ExecRequest
    let environment: [String: String]
    nonisolated let post: @Sendable (ScreenEvent) -> Void
    let reviewer: SheetReviewer
    var setup: SessionSetup?
    var open: Open?
    /// What a session is gone on with, as its records tell it.
    private struct Restored: Sendable {
        let journal: SessionJournal
        let events: EventLog
        let conversation: Conversation?
        let grants: [Grant]

        /// The records themselves are not kept: they are as long as the session.
        ///
        /// - Parameter records: nil for a session that has none yet.
        init(_ journal: SessionJournal, _ events: EventLog, _ records: RestoredRecords?) {
            self.journal = journal
            self.events = events
            conversation = records.flatMap { $0.count == 0 ? nil : Conversation($0) }
            grants = GrantBook.sessionGrants(in: records?.grants ?? [], foreign: journal.foreignRecords)
        }
    }

    /// A session to go on with, until the next prompt.
    private var restored: Restored?
    /// What the session that the first prompt makes begins with.
    private var fork: SessionFork?
    /// Whether a session that is picked is forked rather than gone on with.
    var forksPicked = false
    /// What the list of sessions shows.
    var showsAllFolders = false
    var sessionSearch = ""
    /// The overrides from before plan mode; nil outside of it.
    var formerOverrides: [ExecRequest.Override]?
    /// What the last turn of plan mode ended with, until it is decided about.
    var proposedPlan: String?
    /// What goes along with the next prompt.
    var images: [ContentPart] = []
    nonisolated let inquirer: SheetInquirer
    private var turn: Task<Void, Never>?
    private var isInterrupted = false
    /// What was said to a turn whose session was not there yet.
    private var early: [[ContentPart]] = []
    /// What of another program's setup waits to be written.
    var plannedImport: PlannedImport?
    /// The question about it.
    var importReport: Picker?

    init(
        _ request: ExecRequest, environment: [String: String], reviewer: SheetReviewer,
        forksPicked: Bool = false, post: @escaping @Sendable (ScreenEvent) -> Void
    ) {
        self.request = request
        self.environment = environment
        self.reviewer = reviewer
        self.forksPicked = forksPicked
        self.post = post
        inquirer = SheetInquirer(post: post)
    }

    var isPlanning: Bool { formerOverrides != nil }

    // MARK: - Beginning

    /// Reads the configuration and whatever is gone on with, and says whether prompts can come.
    func prepare() {
        do {
            var setup = try SessionSetup.load(request, environment: environment)
            if setup.configuration.trustLevel == nil, request.trust == nil, !request.bypasses {
                return post(.pick(try FirstRun.trustQuestion(setup)))
            }
            let standing = try setup.standing.settle()
            self.setup = setup
            for event in try ScreenPreferences(setup.configuration).events { post(event) }
            let facts = facts(setup, standing)
            if request.origin == .new {
                post(.banner(facts))
            } else {
                try restore(setup, facts)
                return
            }
            post(.ready(facts))
        } catch let error as LockgateError {
            refuse(error)
        } catch {
            post(.unready(LockgateError("internal", "\(error)")))
        }
    }

    private func refuse(_ error: LockgateError) {
        switch error.code.name {
        case "trust.unreviewed", "trust.changed":
            post(.note(.init(.warning, error.message)))
            post(.pick(FirstRun.changedContentQuestion))
        case "model.none", "provider.no_key", "provider.none":
            post(.unready(error))
            post(.pick(FirstRun.modelQuestion(environment)))
        default: post(.unready(error))
        }
    }

    private func facts(_ setup: SessionSetup, _ standing: SandboxStanding) -> SessionFacts {
        let settings = setup.settings
        let level = settings.sandboxMode == .dangerFullAccess ? "no sandbox" : "sandbox \(standing.level.rawValue)"
        var facts = SessionFacts(
            version: Version.text, id: nil, cwd: setup.cwd, model: setup.selection.model,
            provider: setup.selection.provider.id, sandboxMode: settings.sandboxMode, network: settings.networkMode,
            approvals: "asks \(settings.approvalPolicy.rawValue)", enforcement: level,
            isReduced: standing.warning != nil || settings.sandboxMode == .dangerFullAccess,
            contextWindow: setup.selection.profile.contextWindow,
            isUntrusted: setup.configuration.trust != .trusted)
        facts.isPlanning = isPlanning
        return facts
    }

    /// Opens the session that is gone on with, and shows its conversation.
    private func restore(_ setup: SessionSetup, _ facts: SessionFacts) throws {
        let store = SessionStore(home: setup.home)
        if case .fork(let parent, let turn) = request.origin {
            let fork = try SessionFork(parent, turn: turn, in: store, request)
            self.fork = fork
            let words = "Forked from session \(fork.parent.text.prefix(18)), which stays as it is."
            show(
                TranscriptReader.tail(of: fork.records, count: ScreenState.resumedEntries),
                at: try store.find(fork.parent), facts, note: words)
            return post(.ready(facts))
        }
        let id = try request.origin.resumed(in: store, request)
        let (journal, records) = try SessionJournal.restore(id: id, path: try store.find(id), keyFile: store.keyFile)
        request.origin = .resume(id)
        if let path = journal.path {
            show(TranscriptReader.end(ofFile: path, count: ScreenState.resumedEntries), at: path, facts)
        }
        post(.ready(facts))
        let restored = Restored(journal, events(journal), records)
        self.restored = restored
        guard let conversation = restored.conversation else { return }
        post(
            .meter(
                SessionMeter(
                    usage: conversation.usage, cost: conversation.cost, contextTokens: conversation.estimatedTokens)))
    }

    /// The end of a conversation; the rest is read when somebody looks.
    private func show(
        _ tail: (entries: [TranscriptEntry], start: Int), at path: String, _ facts: SessionFacts, note: String? = nil
    ) {
        let place = tail.start > 0 ? StoredPlace(journal: path, bytes: tail.start) : nil
        let notes = note.map { [TranscriptEntry.note(.init(.info, $0))] } ?? []
        post(.replaced([.banner(facts)] + tail.entries + notes, stored: place))
    }

    private func events(_ journal: SessionJournal) -> EventLog {
        let post = post
        return EventLog(journal: journal) { [weak journal] event, _ in
            post(.thread(event))
            if let journal, let path = journal.path { post(.stored(StoredPlace(journal: path, bytes: journal.length))) }
        } live: { event in
            post(.live(event))
        }
    }

    /// The session, made now if it has not been yet.
    private func opened(task: String) async throws -> Open {
        if let open { return open }
        guard let setup else { throw LockgateError("session.none", "there is no session yet") }
        let restored = try self.restored ?? newJournal(setup)
        let (journal, events) = (restored.journal, restored.events)
        let post = post
        let assembled = try await setup.assemble(
            journal: journal, events: events, outputSchema: nil,
            restored: restored.conversation ?? fork.map(Conversation.init(fork:)),
            questions: SessionSetup.Questions(
                task: task, sessionGrants: restored.grants,
                person: reviewer, inquirer: isPlanning ? inquirer : nil,
                output: { post(.output(item: $0, $1)) }),
            progress: { post(.note(.init(.info, $0))) })
        if restored.conversation == nil {
            try journal.append(
                "session",
                setup.header(
                    journal: journal, policy: assembled.gate.policy, standing: assembled.standing,
                    isStaged: assembled.isStaged, fork: fork))
            if let fork { try journal.append("history", ["items": .array(fork.items)]) }
            try events.emit(.threadStarted(id: journal.id))
            for warning in setup.warnings + [assembled.standing.warning].compactMap(\.self) + assembled.warnings {
                try events.whole(.error(message: warning))
            }
        }
        let open = Open(journal: journal, events: events, assembled: assembled)
        self.restored = nil
        fork = nil
        self.open = open
        SessionPruning.runBeside(home: setup.home, settings: setup.settings)
        request.origin = .resume(journal.id)
        return open
    }

    private func newJournal(_ setup: SessionSetup) throws -> Restored {
        let journal = try SessionJournal.create(in: SessionStore(home: setup.home))
        return Restored(journal, events(journal), nil)
    }

    // MARK: - Turns

    /// What has to be done in the order in which it was wanted; returns at once.
    func carryOut(_ action: ScreenAction) {
        switch action {
        case .submit(let prompt): submit(prompt)
        case .shell(let command): shell(command)
        case .steer(let text):
            let parts = [.text(text)] + images
            images = []
            if let open { open.assembled.session.steer(parts) } else { early.append(parts) }
        case .interrupt: interrupt()
        case .attach(let image): attach(image)
        default: break
        }
    }

    private func submit(_ prompt: String) {
        if let setup { PromptHistory(home: setup.home).add(prompt) }
        // A session that goes on elsewhere is told where it is.
        let moved = open == nil ? setup?.relocation(restored?.conversation) : nil
        let parts = parts(prompt) + [moved].compactMap(\.self).map(ContentPart.text)
        start(task: prompt) { await $0.run(parts) }
    }

    private func shell(_ command: String) {
        if let setup { PromptHistory(home: setup.home).add("!" + command) }
        start(task: command) { await $0.runUserCommand(command) }
    }

    func compact() { start(task: "") { await $0.compactNow() } }

    private func interrupt() {
        isInterrupted = true
        turn?.cancel()
    }

    private func start(task: String, _ work: @escaping @Sendable (Session) async -> TurnEnd) {
        isInterrupted = false
        turn = Task { [self] in
            let (end, unheard) = await run(task: task, work)
            post(.turnEnded(unheard: unheard))
            if let end, unheard.isEmpty { offerPlan(end) }
        }
    }

    /// - Returns: what was said to the turn when it asked the model no more.
    private func run(
        task: String, _ work: @Sendable (Session) async -> TurnEnd
    ) async -> (TurnEnd?, unheard: [String]) {
        do {
            let open = try await opened(task: task)
            guard let setup else { return (nil, []) }
            try open.events.emit(.turnStarted(setup.turnHeader(policy: open.assembled.gate.policy)))
            let session = open.assembled.session
            for parts in early { session.steer(parts) }
            early = []
            let end = await work(session)
            // Hooks that hear of the interruption must not be stopped by it.
            if isInterrupted { await Task { await session.wasInterrupted() }.value }
            await measure()
            let unheard = session.takeSteering()
            // They are the next prompt, and so are their images.
            images += unheard.joined().filter { if case .image = $0 { true } else { false } }
            return (end, unheard.map(\.words))
        } catch let error as LockgateError {
            post(.thread(.turnFailed(code: error.code.name, message: error.message, remedy: error.remedy)))
        } catch is CancellationError {
            post(.thread(.turnFailed(code: "turn.interrupted", message: "interrupted", remedy: nil)))
        } catch {
            post(.thread(.turnFailed(code: "internal", message: "\(error)", remedy: nil)))
        }
        return (nil, [])
    }

    /// Tells what the session has used.
    func measure() async {
        guard let session = open?.assembled.session else { return }
        let meter = await SessionMeter(
            usage: session.usage, cost: session.cost, contextTokens: session.contextTokens)
        post(.meter(meter))
    }

    // MARK: - Ends

    /// Ends the session's turn and programs. What it was can be gone on with.
    func close(reason: String) async {
        turn?.cancel()
        await turn?.value
        turn = nil
        guard let open else {
            restored = nil
            return
        }
        self.open = nil
        await open.assembled.session.end(reason: reason)
        await open.assembled.close()
        guard let setup else { return }
        await setup.conclude(open.journal) { [post] in post(.note(.init(.warning, $0))) }
    }

    /// The same writer goes on with the next prompt; its records are read back as a resumed session's are.
    func goOn(_ open: Open, _ path: String) throws {
        restored = Restored(open.journal, open.events, try RestoredRecords.read(path: path))
    }

    /// The session's id, once there is one.
    var id: SessionID? { journal?.id }

    var journal: SessionJournal? { open?.journal ?? restored?.journal }

    func begin(_ origin: ExecRequest.Origin) async {
        await close(reason: "clear")
        request.origin = origin
        fork = nil
        request.prompt = .unspecified
        if origin == .new { post(.replaced([])) }
        prepare()
    }

    /// Goes on with the same conversation under other settings; the old ones stay where these cannot be had.
    func change(_ overrides: [ExecRequest.Override], _ words: String) async {
        func changed(_ old: [ExecRequest.Override]) -> [ExecRequest.Override] {
            old.filter { override in !overrides.contains { $0.key == override.key } } + overrides
        }
        // What is chosen in plan mode counts after it; nothing of it makes the mode less than it is.
        if let former = formerOverrides {
            formerOverrides = changed(former)
            let keys = Set(overrides.map(\.key))
            guard keys.isDisjoint(with: ["sandbox_mode", "network.mode", "approval_policy"]) else {
                return post(.note(.init(.info, "\(words) It counts when plan mode is over.")))
            }
        }
        _ = await change(to: changed(request.overrides), words)
    }

    /// - Returns: whether they could be had.
    func change(to overrides: [ExecRequest.Override], _ words: String) async -> Bool {
        let old = request.overrides
        request.overrides = overrides
        do {
            var setup = try SessionSetup.load(request, environment: environment)
            let standing = try setup.standing.settle()
            if let open {
                guard let path = open.journal.path else { return false }
                await close(reason: "other")
                try goOn(open, path)
            }
            self.setup = setup
            post(.ready(facts(setup, standing)))
            post(.note(.init(.info, words)))
            return true
        } catch {
            request.overrides = old
            fail(error)
            return false
        }
    }
}
