package import Wire

/// A turn with a small model as a value: what happened goes in, what to do next comes out, as with `TurnMachine`.
///
/// The model is shown the files and the task, answers in Markdown, and the answer's blocks are carried out. What keeps
/// a model of one or two billion parameters on the way is built in here:
/// - Files that changed must be followed by a run before an answer counts as the last.
/// - A command that failed, or an answer with nothing new in it, leads to a fresh view: a new conversation with the
///   files as they are and the last output, asked a little warmer. Such models repeat what their context holds, their
///   own mistakes first.
/// - Repeated commands, tests, files never seen whole and blocks that leave lines out are not carried out. A block that
///   shows a part of its file is put where it belongs, see `FileFragment`.
/// - With a check, it alone decides; after a failure the turn's own writes are taken back before the next attempt.
package struct SmallModelMachine: Sendable, Hashable {
    package enum Input: Sendable, Hashable {
        case start
        case view(WorkspaceSnapshot)
        /// Answers `read`; a path that is missing has no file that can be read.
        case contents([String: [UInt8]])
        /// - isCut: a limit ended it, so what stands last in it may be half.
        case answer(String, isCut: Bool)
        /// - refusal: why nothing was written.
        case written(refusal: String?)
        case ran(CommandOutcome)
        case checked(exitCode: Int, output: String)
        /// - complete: whether every file is as it was before the turn.
        case restored(complete: Bool)
        /// The conversation does not fit the model's window.
        case overflow
    }

    package enum Action: Sendable, Hashable {
        case look
        case read([String])
        case ask(Question)
        case write(path: String, content: String)
        case run(String)
        /// Attempt 0 only looks, before any work.
        case check(attempt: Int)
        case restore([WrittenFile])
        case finish(TurnMachine.Outcome)
    }

    /// One request.
    package struct Question: Sendable, Hashable {
        package enum Message: Sendable, Hashable {
            /// Starts the conversation anew with this one message.
            case opening([ContentPart])
            /// Goes on with it.
            case note(String)
        }

        package var message: Message
        /// Whether the answer has to be one command.
        package var needsCommand = false
        package var temperature: Double
        package var seed: Int
    }

    enum Phase: Sendable, Hashable {
        case idle, firstCheck, looking, readingForView, asking
        case readingForWrite(candidates: [String], content: String)
        case writing(path: String, old: [UInt8]?, content: String)
        case running(String)
        case finalCheck, lastCheck, restoring, checkAfterRestore
    }

    /// What one answer led to.
    struct Round: Sendable, Hashable {
        var raw = ""
        /// What the model is told, in the order of its actions.
        var results: [String] = []
        /// The part of it that a fresh view repeats.
        var refusals: [String] = []
        var changed = 0
        var ran = 0
        var repeats = 0
        var complaints: [String] = []
        /// The gate or the file layer refused a write.
        var isDenied = false
        /// Lines that the answer showed as they are and has not replaced yet.
        var quotation: Quotation?
    }

    /// A part of a file as an answer quotes it.
    struct Quotation: Sendable, Hashable {
        var path: String
        var lines: QuotedLines
    }

    let settings: SmallModelSettings
    let cwd: String
    let check: String?
    let checkAttempts: Int
    var task: String
    let attachments: [ContentPart]

    var phase = Phase.idle
    var queue: [MarkdownActions.Action] = []
    var round = Round()
    var requests = 0
    /// Notes since the opening.
    var notes = 0
    var checks = 0
    var restarts = 0
    var nextTemperature: Double?
    /// The last command's result while it is of use to a fresh view.
    var lastResult: String?
    var lastSucceeded: Bool?
    /// Files changed and nothing was run since.
    var isDirty = false
    /// A run was asked for and the model answered without one.
    var hasInsisted = false
    /// The model gave up on a failing run and was shown it once more.
    var hasInsistedOnFailure = false
    /// The last answer held nothing but blocks that could not be used.
    var hasComplained = false
    var seen = SeenCommands()
    /// What the model has before it whole, or wrote itself.
    var known: Set<String> = []
    /// What a view has to show next.
    var wanted: [String] = []
    var showsNoTexts = false
    var viewNote: String?
    var snapshot = WorkspaceSnapshot()
    var files: [String: WrittenFile] = [:]
    /// Changes to tests that were refused once; a model that insists has a reason.
    var refusedTests: [String: Set<String>] = [:]

    /// Blocks that leave much of a file out and were refused once.
    var refusedFragments: [String: Set<String>] = [:]

    /// - Parameters:
    ///   - check: the command that decides success, for the messages that show its output.
    ///   - checkAttempts: 0 without a check.
    package init(
        settings: SmallModelSettings, cwd: String, prompt: [ContentPart], check: String? = nil, checkAttempts: Int = 0
    ) {
        self.settings = settings
        self.cwd = cwd
        self.check = check
        self.checkAttempts = check == nil ? 0 : checkAttempts
        var texts: [String] = []
        var others: [ContentPart] = []
        for part in prompt {
            if case .text(let text) = part { texts.append(text) } else { others.append(part) }
        }
        task = texts.joined(separator: "\n")
        attachments = others
    }

    /// Takes words of the person that arrive during the turn; every fresh view repeats them.
    package mutating func steer(_ text: String) {
        task += "\n\(text)"
    }

    /// The next step. An input that answers no action ends the turn as failed.
    package mutating func next(_ input: Input) -> Action {
        switch (phase, input) {
        case (.idle, .start):
            guard checkAttempts > 0 else { return look() }
            return enter(.firstCheck, .check(attempt: 0))
        case (.firstCheck, .checked(let code, let output)), (.checkAfterRestore, .checked(let code, let output)):
            let isFirst = phase == .firstCheck
            lastResult = code == 0 ? nil : checkResult(code, output)
            return isFirst ? look() : freshView()
        case (.looking, .view(let snapshot)):
            return show(snapshot)
        case (.readingForView, .contents(let contents)):
            return open(showing: WorkspaceListing.fitting(viewCandidates, contents, limit: settings.viewBytes))
        case (.asking, .answer(let text, let isCut)):
            return read(text, isCut: isCut)
        case (.asking, .overflow):
            return shrink()
        case (.readingForWrite(let candidates, let content), .contents(let contents)):
            return write(content, to: candidates, contents)
        case (.writing(let path, let old, let content), .written(let refusal)):
            noteWrite(path, old: old, content: content, refusal: refusal)
            return advance()
        case (.running(let command), .ran(let outcome)):
            noteRun(command, outcome)
            return advance()
        case (.finalCheck, .checked(let code, let output)):
            return afterCheck(code, output)
        case (.lastCheck, .checked(let code, _)):
            return .finish(code == 0 ? .done(message: round.raw) : checkFailure(code))
        case (.restoring, .restored(let complete)):
            isDirty = false
            lastSucceeded = nil
            guard complete else { return freshView() }
            files = [:]
            return enter(.checkAfterRestore, .check(attempt: checks))
        default:
            return .finish(.failed(code: "internal", message: "the turn was given \(input) while it was \(phase)"))
        }
    }

    mutating func enter(_ phase: Phase, _ action: Action) -> Action {
        self.phase = phase
        return action
    }

    // MARK: - Views

    mutating func look() -> Action { enter(.looking, .look) }

    /// Files to show besides the snapshot's texts, what is asked for first.
    private var viewCandidates: [String] {
        guard !showsNoTexts else { return [] }
        if let texts = snapshot.texts { return wanted.filter { texts[$0] == nil } }
        let named = WorkspaceListing.named(in: task, of: snapshot).filter { !wanted.contains($0) }
        return wanted + named.prefix(20)
    }

    private mutating func show(_ snapshot: WorkspaceSnapshot) -> Action {
        self.snapshot = snapshot
        if showsNoTexts { self.snapshot.texts = nil }
        let candidates = viewCandidates
        return candidates.isEmpty ? open(showing: [:]) : enter(.readingForView, .read(candidates))
    }

    private mutating func open(showing texts: [String: [UInt8]]) -> Action {
        let listing = WorkspaceListing(snapshot, texts: texts, programs: settings.programs)
        known = listing.shown
        notes = 0
        var parts = [listing.text]
        if let lastResult { parts.append(lastResult) }
        if let viewNote { parts.append(viewNote + "\n") }
        viewNote = nil
        parts.append(SmallModelPrompt.task(task))
        return ask(.opening(parts.map(ContentPart.text) + attachments))
    }

    /// A new conversation about the files as they are now.
    ///
    /// - Parameters:
    ///   - note: what must not be forgotten with the old one.
    ///   - isWarmer: whether to try for another answer than the one before.
    mutating func freshView(note: String? = nil, isWarmer: Bool = true) -> Action {
        if isWarmer {
            restarts += 1
            nextTemperature = min(
                settings.maximumTemperature, settings.temperature + settings.temperatureStep * Double(restarts))
        }
        seen.forget()
        hasInsisted = false
        hasComplained = false
        viewNote = note
        return look()
    }

    private mutating func shrink() -> Action {
        if notes > 0 { return freshView(isWarmer: false) }
        guard !showsNoTexts else {
            return .finish(
                .failed(
                    code: "model.context_window", message: "the task alone does not fit the model's context window"))
        }
        showsNoTexts = true
        return look()
    }

    // MARK: - Asking

    mutating func ask(_ message: Question.Message, needsCommand: Bool = false) -> Action {
        guard requests < settings.requests else {
            guard checkAttempts > 0 else {
                return .finish(
                    .failed(
                        code: "turn.request_limit",
                        message: "the turn ended after \(settings.requests) requests without a final answer"))
            }
            // Out of requests is not yet failed: the check decides.
            checks = checkAttempts
            return enter(.lastCheck, .check(attempt: checks))
        }
        if case .note = message { notes += 1 }
        defer {
            requests += 1
            nextTemperature = nil
        }
        return enter(
            .asking,
            .ask(
                Question(
                    message: message, needsCommand: needsCommand, temperature: nextTemperature ?? settings.temperature,
                    seed: settings.seed &* 100 &+ requests)))
    }

    // MARK: - The check

    private mutating func afterCheck(_ code: Int, _ output: String) -> Action {
        if code == 0 { return .finish(.done(message: round.raw)) }
        guard checks < checkAttempts else { return .finish(checkFailure(code)) }
        lastResult = checkResult(code, output)
        guard !files.isEmpty else { return freshView() }
        return enter(.restoring, .restore(files.values.sorted { $0.path < $1.path }))
    }

    private func checkResult(_ code: Int, _ output: String) -> String {
        SmallModelPrompt.command(check ?? "", output: output, ending: "exit code \(code)")
    }

    private func checkFailure(_ code: Int) -> TurnMachine.Outcome {
        let tries = "\(checks) attempt\(checks == 1 ? "" : "s")"
        return .failed(code: "check.failed", message: "the check still fails (exit code \(code)) after \(tries)")
    }
}
