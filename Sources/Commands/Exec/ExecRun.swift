import Basics
import Engine
import Glibc
import Journal
import Policy
import Sessions
import Text
import Wire

/// One `exec` run from checked arguments to the exit code.
struct ExecRun {
    let request: ExecRequest
    let environment: [String: String]

    /// Runs to the end. Errors before the first turn are printed here, each with its remedy.
    static func main(_ request: ExecRequest) async -> Int32 {
        let run = ExecRun(request: request, environment: ProcessEnvironment.variables)
        do {
            if let attempts = request.attempts {
                signal(SIGPIPE, SIG_IGN)
                return try await AttemptsRun(request, attempts, environment: run.environment).perform()
            }
            return try await run.perform()
        } catch let error as LockgateError {
            run.report(error)
            return error.exitCode
        } catch {
            run.report(LockgateError("internal", "\(error)"))
            return 1
        }
    }

    private func report(_ error: LockgateError) {
        let style = TerminalStyle(descriptor: STDERR_FILENO, choice: request.colour, environment: environment)
        var text = "\(style.red("error:")) \(TerminalStyle.harmless(error.message))\n"
        if let remedy = error.remedy { text += "  \(style.bold("fix:")) \(remedy)\n" }
        try? PosixFile.writeAll(STDERR_FILENO, Array(text.utf8))
        guard request.isJSON else { return }
        JSONLinesWriter().show(
            .turnFailed(code: error.code.name, message: error.message, remedy: error.remedy), at: .now)
    }

    private func perform() async throws -> Int32 {
        // A reader that went away must not end the work midway; writes report it instead.
        signal(SIGPIPE, SIG_IGN)
        if request.asks { try TerminalReviewer.check(isJSON: request.isJSON) }
        let place = try ExecPlace(request, environment: environment)
        let setup = place.setup
        defer { withExtendedLifetime(place) {} }
        let (prompt, notice) = try PromptReader().read(request.prompt)
        var parts = try [.text(prompt)] + request.images.map { try image($0, cwd: setup.startDirectory) }
        let schema = try request.outputSchema.map { try schemaFile($0, cwd: setup.startDirectory) }
        try checkLastMessageFile(cwd: setup.startDirectory)

        let (journal, records, fork) = try openJournal(place)
        let restored = records.map { Conversation($0) } ?? fork.map(Conversation.init(fork:))
        // A worktree lies in the folder of the product's own files, and what comes into that after a command has begun is
        // not hidden from it: what signs journals is there before.
        if setup.worktree != nil { _ = journal.prepareSeal() }
        let front = FrontEnd(request: request, environment: environment)
        let events = EventLog(journal: journal, sink: front.show, live: front.live)
        let assembled = try await setup.assemble(
            journal: journal, events: events, outputSchema: schema, restored: restored,
            questions: SessionSetup.Questions(
                task: prompt,
                sessionGrants: GrantBook.sessionGrants(in: records?.grants ?? [], foreign: journal.foreignRecords),
                pause: front.pause),
            progress: front.note)
        front.redact(with: assembled.redactor)
        let (policy, standing) = (assembled.gate.policy, assembled.standing)
        if records == nil {
            try journal.append(
                "session",
                setup.header(
                    journal: journal, policy: policy, standing: standing, isStaged: assembled.isStaged, fork: fork))
            if let fork { try journal.append("history", ["items": .array(fork.items)]) }
        }
        try events.emit(.threadStarted(id: journal.id))
        if let worktree = setup.worktreePlace { try events.emit(.worktree(worktree)) }
        for note in place.notes { try events.whole(.error(message: note)) }
        if let relocation = setup.relocation(restored) { parts.insert(.text(relocation), at: 0) }
        for warning in setup.warnings + [standing.warning].compactMap(\.self) + assembled.warnings {
            try events.whole(.error(message: warning))
        }
        if let notice { try events.whole(.error(message: notice)) }
        try events.emit(.turnStarted(setup.turnHeader(policy: policy)))

        if !request.isEphemeral { SessionPruning.runBeside(home: setup.home, settings: setup.settings) }
        let signals = SignalWatch()
        let turn = Task { await assembled.session.run(parts) }
        let spinner = Task { await front.spin() }
        signals.onSignal { _ in turn.cancel() }
        let end = await turn.value
        spinner.cancel()
        await spinner.value
        if signals.received != nil { await assembled.session.wasInterrupted() }
        await assembled.session.end(reason: "other")
        await assembled.close()
        await setup.conclude(journal) { CommandOutput.warn($0) }
        return try finish(end, signal: signals.received, front: front)
    }

    private func finish(_ end: TurnEnd, signal: Int32?, front: FrontEnd) throws -> Int32 {
        if let message = end.message {
            try front.last(message)
            if let path = request.outputLastMessage {
                do {
                    try PosixFile.replace(absolute(path), with: Array(message.utf8), mode: 0o644)
                } catch {
                    throw LockgateError("output.unwritable", "cannot write the last message: \(error)")
                }
            }
        }
        if let signal { return 128 + signal }
        // A reader that went away wanted no more; anything else means that the caller did not get what it asked for.
        if let failure = front.failure, failure.errno != EPIPE { throw Self.outputLost(failure) }
        return end.exitCode
    }

    fileprivate static func outputLost(_ failure: SystemError) -> LockgateError {
        LockgateError(
            "output.unwritable", "cannot write standard output: \(failure)",
            remedy: "the work is done and the session recorded; free space on that disk, "
                + "then ask for what is missing with: lockgate exec resume --last")
    }

    // MARK: - What the run needs

    private func openJournal(
        _ place: ExecPlace
    ) throws -> (SessionJournal, records: RestoredRecords?, fork: SessionFork?) {
        let store = SessionStore(home: place.setup.home)
        switch place.request.origin {
        case .new: return (request.isEphemeral ? .ephemeral() : try SessionJournal.create(in: store), nil, nil)
        case .fork(let parent, let turn):
            let fork = try SessionFork(parent, turn: turn, in: store, place.request)
            return (try SessionJournal.create(in: store), nil, fork)
        case .resume, .resumeLast, .resumeNamed:
            let id = try place.request.origin.resumed(in: store, place.request)
            let (journal, records) = try SessionJournal.restore(
                id: id, path: try store.find(id), keyFile: store.keyFile)
            return (journal, records, nil)
        }
    }

    private func image(_ path: String, cwd: String) throws -> ContentPart {
        let path = PathText.absolute(path, from: cwd)
        do {
            let bytes = try PosixFile.read(path, limit: ImageAttachment.sizeLimit)
            return .image(url: try ImageAttachment.dataURL(bytes, name: path), detail: nil)
        } catch let error as SystemError {
            throw LockgateError(
                "image.unreadable", "cannot read the image: \(error)", remedy: "check the path after -i")
        }
    }

    private func schemaFile(_ path: String, cwd: String) throws -> JSONValue {
        let path = PathText.absolute(path, from: cwd)
        do {
            let value = try JSONValue(parsing: try PosixFile.read(path, limit: 4 << 20))
            guard value.object != nil else {
                throw LockgateError("schema.invalid", "\(path) is not a JSON Schema object")
            }
            return value
        } catch let error as SystemError {
            throw LockgateError(
                "schema.unreadable", "cannot read the output schema: \(error)",
                remedy: "check the path after --output-schema")
        } catch let error as JSONSyntaxError {
            throw LockgateError("schema.invalid", "\(path): \(error)", remedy: "mend the JSON in that file")
        }
    }

    /// A run that cannot deliver its answer is told so before it costs anything.
    private func checkLastMessageFile(cwd: String) throws {
        guard let path = request.outputLastMessage.map(absolute) else { return }
        let folder = PathText.parent(path)
        guard access(folder, W_OK) == 0, !PosixFile.isDirectory(path) else {
            let reason =
                PosixFile.isDirectory(path)
                ? "it is a directory" : SystemError("access", folder, errno: errno).description
            throw LockgateError(
                "output.unwritable", "cannot write \(path): \(reason)", remedy: "give -o a path that you can write")
        }
    }

    private func absolute(_ path: String) -> String {
        PathText.absolute(path, from: ProcessEnvironment.workingDirectory)
    }
}

/// What shows a run: JSON lines, or text for people.
private struct FrontEnd: Sendable {
    private let json: JSONLinesWriter?
    private let human: HumanRenderer?
    private let printsLast: Bool

    init(request: ExecRequest, environment: [String: String]) {
        let style = TerminalStyle(descriptor: STDERR_FILENO, choice: request.colour, environment: environment)
        json = request.isJSON ? JSONLinesWriter() : nil
        human = request.isJSON ? nil : HumanRenderer(style: style)
        // On one terminal the message has been read already.
        printsLast = !request.isJSON && !(isatty(STDOUT_FILENO) == 1 && style.isTerminal)
    }

    var show: EventLog.Sink {
        { [json, human] event, time in
            json?.show(event, at: time)
            human?.show(event, at: time)
        }
    }

    var live: @Sendable (ModelEvent) -> Void {
        { [human] event in human?.live(event) }
    }

    /// A line that is not part of the session, such as the progress of starting a local model.
    var note: @Sendable (String) -> Void {
        { text in try? PosixFile.writeAll(STDERR_FILENO, Array("\(text)\n".utf8)) }
    }

    /// Leaves the terminal to a question, or takes it back.
    var pause: @Sendable (Bool) -> Void {
        { [human] isAsking in human?.pause(isAsking) }
    }

    func redact(with redactor: Redactor?) { json?.redact(with: redactor) }

    func spin() async { await human?.spin() }

    /// Why standard output is not whole; nil while it is.
    var failure: SystemError? { json?.failure }

    /// - Throws: `output.unwritable`, but not for a reader that went away.
    func last(_ message: String) throws(LockgateError) {
        guard printsLast else { return }
        do throws(SystemError) {
            try PosixFile.writeAll(STDOUT_FILENO, Array((message.hasSuffix("\n") ? message : message + "\n").utf8))
        } catch {
            if error.errno != EPIPE { throw ExecRun.outputLost(error) }
        }
    }
}
