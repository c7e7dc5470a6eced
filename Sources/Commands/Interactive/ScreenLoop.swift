import Basics
import CLinux
import Glibc
import TUI
import Terminal
import Wire

/// The screen's loop: waits for keys, signals and the session, changes the state, draws, and carries out what the state
/// wants. It runs on the main thread, which has nothing else to do, and sleeps while nothing happens.
@MainActor struct ScreenLoop {
    struct Parts: Sendable {
        let device: TerminalDevice
        let inbox: ScreenInbox
        let host: SessionHost
        let reviewer: SheetReviewer
        let environment: [String: String]
        let home: String
        let preferences: ScreenPreferences
        let isWhole: Bool
        let prompt: String?
        /// Whether the list of sessions is wanted first.
        let opensSessions: Bool
    }

    private let parts: Parts
    private let started = ContinuousClock.now
    private var state: ScreenState
    private var writer: ScreenWriter
    /// Writes instead of `writer` where only lines are wanted.
    private var plain: PlainScreen?
    private var decoder = InputDecoder()
    /// Entries that are in the scrollback, of which conversation.
    private var printed = (generation: 0, count: 0)
    private let transcript = OpenTranscript()
    private var lastFrame: Duration?
    private var lastMeasure = Duration.zero
    /// What the window's title was set to; nil while it is not this program's.
    private var title: String?
    private var isDirty = true
    /// The exit code, once the loop is to end.
    private var end: Int32?

    /// A frame comes at most so often while words stream in.
    private static let frameTime = Duration.milliseconds(16)
    private static let tickTime = Duration.milliseconds(100)
    /// After which a lone escape is the key.
    private static let escapeTime = Duration.milliseconds(30)

    /// What the session is told, in order.
    private var orders = AsyncStream.makeStream(of: ScreenAction.self).continuation
    private let isLight: Bool
    /// From which signals are read.
    private let signals: Int32

    private init(_ parts: Parts, signals: Int32) {
        self.parts = parts
        self.signals = signals
        isLight = ColourTheme.isLight(parts.environment)
        let size = parts.device.size
        state = ScreenState(width: size.width, height: size.height, isWhole: parts.isWhole)
        writer = ScreenWriter(
            width: size.width, height: size.height, depth: ColourDepth(environment: parts.environment))
        state.isPlain = parts.preferences.isForScreenReaders
        plain = state.isPlain ? PlainScreen() : nil
    }

    /// - Returns: the exit code. The terminal has been given back.
    static func run(_ parts: Parts) throws -> Int32 {
        let signals: [Int32] = [SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGCONT]
        var loop = ScreenLoop(parts, signals: clinux_forward_signals(signals, signals.count))
        do throws(SystemError) {
            try parts.device.take(whole: parts.isWhole)
        } catch {
            throw LockgateError("terminal.none", "the terminal cannot be used: \(error)", exitCode: 2)
        }
        defer { parts.device.release() }
        loop.begin()
        while loop.end == nil { loop.step() }
        loop.leave()
        return loop.end ?? 0
    }

    private var now: Duration { ContinuousClock.now - started }

    private mutating func begin() {
        for event in parts.preferences.events { _ = state.update(event, at: now) }
        if parts.isWhole { write(writer.enterWhole()) }
        if let prompt = parts.prompt { _ = state.update(.submit(prompt), at: now) }
        // The composer is there before anything is read.
        draw()
        let (host, inbox, home) = (parts.host, parts.inbox, parts.home)
        let opensSessions = parts.opensSessions
        let (stream, orders) = AsyncStream.makeStream(of: ScreenAction.self)
        self.orders = orders
        Task.detached {
            await host.prepare()
            if opensSessions { await host.run(.resume, "") }
            inbox.post(.history(PromptHistory(home: home).load()))
            // In the order they were given: an interruption must not overtake the prompt that it is about.
            for await order in stream { await host.carryOut(order) }
        }
    }

    // MARK: - A round

    private mutating func step() {
        var waits = [
            pollfd(fd: parts.device.input, events: Int16(POLLIN), revents: 0),
            pollfd(fd: parts.inbox.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
        ]
        let count = poll(&waits, nfds_t(waits.count), timeout)
        if count == 0 {
            if decoder.isWaiting { for event in decoder.flush() { handle(.input(event)) } }
            if state.isMoving { handle(.tick) }
        }
        if waits[2].revents != 0 { takeSignals() }
        // Keys first: a person does not wait behind what streams in.
        let isKey = waits[0].revents != 0
        if isKey { readKeys() }
        if isKey, isDirty { draw() }
        if waits[1].revents != 0 { for event in parts.inbox.take() { handle(event) } }
        measure()
        if isDirty, lastFrame.map({ now - $0 >= Self.frameTime }) ?? true { draw() }
    }

    /// Milliseconds to the next thing that happens by itself; -1 for none.
    private var timeout: Int32 {
        var wait: Duration?
        func sooner(_ time: Duration) { wait = min(wait ?? time, time) }
        if decoder.isWaiting { sooner(Self.escapeTime) }
        if isDirty, let lastFrame { sooner(max(.milliseconds(1), Self.frameTime - (now - lastFrame))) }
        if state.isMoving { sooner(Self.tickTime) }
        return wait.map { Int32($0.milliseconds) } ?? -1
    }

    private mutating func readKeys() {
        do throws(SystemError) {
            let bytes = try parts.device.read()
            // The terminal is gone.
            guard !bytes.isEmpty else { return end = 129 }
            for event in decoder.feed(bytes) { handle(.input(event)) }
        } catch {
            end = 129
        }
    }

    private mutating func takeSignals() {
        var signal: UInt8 = 0
        while read(signals, &signal, 1) == 1 {
            switch Int32(signal) {
            case SIGWINCH:
                let size = parts.device.size
                if plain == nil { write(writer.resize(width: size.width, height: size.height)) }
                handle(.resized(width: size.width, height: size.height))
            case SIGCONT:
                // Stopped and continued from outside, and a shell has written below; or only told to go on.
                if parts.device.isTaken { continue }
                try? parts.device.take(whole: parts.isWhole)
                if plain == nil { write(writer.clear()) }
                isDirty = true
            case SIGINT: break
            case let other: end = 128 + other
            }
        }
    }

    private mutating func handle(_ event: ScreenEvent) {
        isDirty = true
        for action in state.update(event, at: now) { perform(action) }
        if state.wantsFiles() { perform(.loadFiles) }
    }

    /// Asks what the session has used, once a second while it works.
    private mutating func measure() {
        guard state.turn != nil, now - lastMeasure >= .seconds(1) else { return }
        lastMeasure = now
        let host = parts.host
        Task.detached { await host.measure() }
    }

    // MARK: - Drawing

    private mutating func draw() {
        isDirty = false
        lastFrame = now
        if plain != nil {
            if let bytes = plain?.show(state) { write(bytes) }
            return
        }
        let view = ScreenView(state)
        write(writer.use(state.shownTheme.palette(isLight: isLight)))
        if view.isWhole, writer.area == .inline { write(writer.enterWhole()) }
        if !view.isWhole, writer.area == .whole { write(writer.leaveWhole()) }
        var above: [StyledLine] = []
        // What is finished waits while the whole screen is read.
        if !view.isWhole {
            if printed.generation != state.generation { printed = (state.generation, state.firstShown) }
            let count = state.forgotten + state.entries.count
            if printed.count < count {
                above = view.scrollback(printed.count..<count)
                printed.count = count
            }
        }
        write(writer.show(view.frame, above: above))
        showTitle()
        state.forget(printed: state.isWhole ? state.forgotten + state.entries.count : printed.count)
    }

    private mutating func showTitle() {
        let wanted = state.windowTitle
        guard wanted != title else { return }
        if let wanted {
            write((title == nil ? TerminalNotice.keepTitle : []) + TerminalNotice.title(wanted))
        } else {
            write(TerminalNotice.giveTitleBack)
        }
        title = wanted
    }

    /// Leaves the terminal to others.
    private mutating func leave() {
        if title != nil { write(TerminalNotice.giveTitleBack) }
        title = nil
        if let bytes = plain?.leave() { write(bytes) } else { write(writer.leave()) }
    }

    private mutating func redraw() {
        guard plain == nil else { return }
        write(writer.erase())
        isDirty = true
    }

    private mutating func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        do { try parts.device.write(bytes) } catch { end = 129 }
    }

    // MARK: - Actions

    private mutating func perform(_ action: ScreenAction) {
        let (host, inbox) = (parts.host, parts.inbox)
        switch action {
        case .submit, .shell, .steer, .interrupt, .attach: orders.yield(action)
        case .answer(let id, let answer): parts.reviewer.answer(id, answer)
        case .inquired(let id, let answers): host.inquirer.answer(id, answers)
        case .inspectImage(let path, let text): Task.detached { await host.inspectImage(path, text: text) }
        case .quit: end = 0
        case .suspend: suspend()
        case .redraw: redraw()
        case .edit(let text): edit(text)
        case .loadFiles:
            Task.detached {
                let root = await host.setup?.cwd ?? ProcessEnvironment.workingDirectory
                inbox.post(.files(WorkspaceFileList.read(root)))
            }
        case .countStored(let place): count(place)
        case .loadStored(let chunk):
            guard let stored = transcript.current else { return }
            let entries = stored.entries(TranscriptPager.stored(chunk: chunk, of: stored.count))
            handle(.storedChunk(chunk, entries))
        case .searchStored(let text):
            let transcript = transcript
            Task.detached { inbox.post(.storedMatches(text, transcript.current?.matches(text) ?? [])) }
        case .copy(let text): write(TerminalNotice.clipboard(text))
        case .attention(let text): write(TerminalNotice.attention(text))
        case .command(let command, let argument): Task.detached { await host.run(command, argument) }
        case .board(let subject, let wanted): Task.detached { await host.board(subject, wanted) }
        case .preview(let purpose, let id): Task.detached { await host.preview(purpose, id) }
        case .chosen(_, id: FirstRun.quit): end = 0
        case .chosen(let purpose, let id): Task.detached { await host.chosen(purpose, id) }
        }
    }

    /// Counts in the background: a long journal takes a moment.
    private func count(_ place: StoredPlace) {
        let (inbox, transcript) = (parts.inbox, transcript)
        Task.detached {
            do throws(LockgateError) {
                inbox.post(.storedCount(try transcript.open(place).count))
            } catch {
                inbox.post(.storedCount(0))
                inbox.post(.note(.init(.failure, error.message)))
            }
        }
    }

    private mutating func suspend() {
        leave()
        parts.device.release()
        parts.device.stop()
        // The signal may stop the process a moment later; what says that it goes on ends the wait. A shell without job
        // control stops nobody.
        var wait = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
        _ = poll(&wait, 1, 500)
        takeBack()
    }

    private mutating func edit(_ text: String) {
        leave()
        parts.device.release()
        do throws(LockgateError) {
            let edited = try ExternalEditor(home: parts.home, environment: parts.environment).edit(text)
            takeBack()
            handle(.edited(edited))
        } catch {
            takeBack()
            handle(.note(.init(.failure, error.message, details: error.remedy.map { ["fix: \($0)"] } ?? [])))
        }
    }

    private mutating func takeBack() {
        do { try parts.device.take(whole: parts.isWhole) } catch { return end = 129 }
        isDirty = true
        guard plain == nil else { return }
        if parts.isWhole { write(writer.enterWhole()) }
        let size = parts.device.size
        write(writer.resize(width: size.width, height: size.height))
        handle(.resized(width: size.width, height: size.height))
        write(writer.clear())
    }
}
