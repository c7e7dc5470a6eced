import Terminal
import Text
package import Wire

/// All that a screen shows, as a value. `update` takes what happened and says what to do; `ScreenView` draws it.
package struct ScreenState: Sendable {
    package internal(set) var width: Int
    package internal(set) var height: Int
    /// Whether the whole screen is owned; else finished entries go into the terminal's scrollback.
    package let isWhole: Bool
    /// Since the program began; the last that an event came with.
    package internal(set) var now = Duration.zero

    package internal(set) var facts: SessionFacts?
    package internal(set) var meter: SessionMeter?
    /// The newest of the conversation; of a long one only these are in memory.
    package internal(set) var entries: [TranscriptEntry] = []
    /// Entries before those, which only the journal has.
    package internal(set) var forgotten = 0
    /// Up to where the journal holds what is not in memory.
    var storedPlace: StoredPlace?
    var stored: [StoredMark] = []
    /// Bytes of each entry, as far as they were counted.
    var sizes: [Int] = []
    /// Counts the conversations that were shown in this one's place.
    package internal(set) var generation = 0
    /// The first entry of this conversation that is shown; those before it are in the transcript.
    package internal(set) var firstShown = 0
    package internal(set) var composer = Composer()
    package internal(set) var completion: Completion?
    /// The text for which the user did not want a list.
    var dismissed: String?
    var files: PathIndex?
    var isReadingFiles = false
    package internal(set) var turn: RunningTurn?
    /// Prompts that wait for the turn's end.
    package internal(set) var queue: [QueuedPrompt] = []
    package internal(set) var plan: [ThreadItem.TodoEntry] = []
    /// Open questions; the first is shown.
    package internal(set) var sheets: [ApprovalSheet] = []
    /// What the agent wants to know; the first is shown.
    package internal(set) var inquiries: [InquirySheet] = []
    package internal(set) var picker: Picker?
    /// Whether everything is written as lines that stay, for screen readers: pages are read where they come.
    package var isPlain = false
    package internal(set) var keymap = Keymap.standard
    var theme = ColourTheme.terminal
    package internal(set) var statusItems = StatusItem.standard
    var titleItems: [TitleItem] = []
    package internal(set) var pager: Pager?
    /// The list of keys, in front of everything else.
    package internal(set) var help: Pager?
    package internal(set) var transcript: TranscriptPager?
    package internal(set) var board: Board?
    var boardRefreshed = Duration.zero
    package internal(set) var isReady = false
    /// Whether no session could be made.
    package internal(set) var isUnready = false
    /// A line in place of the status, until the next key.
    package internal(set) var hint: String?
    /// When Ctrl-C or Esc was pressed once, for what it does the second time.
    var quitArmed: Duration?
    var escapeArmed: Duration?
    var checkpoint: TurnCheckpoint?
    /// Whether the terminal has the person's attention, as far as it says.
    var isFocused = true

    static let armed = Duration.seconds(2)
    /// Entries of a resumed conversation that are shown at once.
    package static let resumedEntries = 30

    package init(width: Int, height: Int, isWhole: Bool = false) {
        self.width = width
        self.height = height
        self.isWhole = isWhole
    }

    /// Whether something moves by itself, so that ticks are wanted.
    package var isMoving: Bool {
        if help != nil { return false }
        if let board, pager == nil, transcript == nil, sheets.isEmpty, inquiries.isEmpty { return board.isLive }
        if readsWhole { return false }
        if let sheet = sheets.first { return !sheet.isQuiet(now: now) }
        return turn != nil || !isReady && !queue.isEmpty
    }

    /// Whether something is read on the whole screen.
    package var readsWhole: Bool {
        help != nil || pager != nil || transcript != nil || board != nil && sheets.isEmpty && inquiries.isEmpty
    }

    package mutating func update(_ event: ScreenEvent, at time: Duration) -> [ScreenAction] {
        now = time
        switch event {
        case .input(.key(let key)): return press(key)
        case .input(.paste(let paste)): return take(paste)
        case .input(.focus(let isFocused)):
            self.isFocused = isFocused
            return []
        case .resized(let width, let height):
            (self.width, self.height) = (width, height)
            fillPager()
            return settleTranscript()
        case .tick: return refreshBoard()
        case .board(let board): return open(board)
        case .boardDetail(let id, let lines):
            show(lines, ofRow: id)
            return []
        case .boardQuestion(let question):
            board?.question = question
            return []
        case .boardNotice(let text):
            board?.notice = text
            return []
        case .boardClosed:
            board = nil
            return []
        case .thread(let event): return take(event)
        case .stored(let place):
            stored(through: place)
            return []
        case .storedCount(let count): return take(stored: count)
        case .storedChunk(let number, let entries): return take(entries, chunk: number)
        case .storedMatches(let text, let found): return take(found: found, for: text)
        case .live(let event):
            take(event)
            return []
        case .output(let item, let text):
            turn?.show(text, of: item)
            return []
        case .submit(let text): return submit(text)
        case .banner(let facts):
            add(.banner(facts))
            return []
        case .ready(let facts):
            let id = self.facts?.id
            self.facts = facts
            if facts.id == nil { self.facts?.id = id }
            (isReady, isUnready) = (true, false)
            return turn == nil ? submitNext() : []
        case .unready(let error):
            (isReady, isUnready) = (false, true)
            if let waiting = queue.first, composer.isEmpty { composer.editor.set(waiting.text) }
            queue = []
            add(.note(.init(.failure, error.message, details: error.remedy.map { ["fix: \($0)"] } ?? [])))
            return []
        case .meter(let meter):
            self.meter = meter
            return []
        case .turnEnded(let unheard): return endTurn(unheard)
        case .asked(let request):
            // One more may belong to the answer that is about to be given.
            let sheet = ApprovalSheet(request, now: now)
            if sheets.first?.isSameKind(as: sheet) == true { sheets[0].disturb(now: now) }
            sheets.append(sheet)
            return isFocused ? [] : [.attention("Lockgate asks: may this run?")]
        case .withdrawn(let id):
            sheets.removeAll { $0.request.id == id }
            inquiries.removeAll { $0.inquiry.id == id }
            return []
        case .inquiry(let inquiry):
            inquiries.append(InquirySheet(inquiry, now: now))
            return isFocused ? [] : [.attention("Lockgate asks what you want")]
        case .image(let image):
            composer.attach(image)
            return []
        case .pasted(let text):
            composer.paste(Paste(text: text))
            return []
        case .files(let files):
            self.files = files
            complete()
            return []
        case .history(let history):
            composer.load(history)
            return []
        case .pick(let picker):
            self.picker = picker
            return picker.hasPreviews ? picker.current.map { [.preview(picker.purpose, id: $0.id)] } ?? [] : []
        case .preview(let id, let lines):
            picker?.previews[id] = lines
            return []
        case .page(let title, let lines) where isPlain:
            add(.note(.init(.info, title, details: lines.map(\.text))))
            return []
        case .page(let title, let lines):
            pager = Pager(title: title, page: lines)
            fillPager()
            return []
        case .edited(let text):
            composer.editor.set(text)
            return []
        case .preferences(let keymap, let theme, let isVim):
            (self.keymap, self.theme) = (keymap, theme)
            if isVim != (composer.vim != nil) { composer.vim = isVim ? VimKeys() : nil }
            return []
        case .shown(let status, let title):
            (statusItems, titleItems) = (status, title)
            return []
        case .note(let note):
            add(.note(note))
            return []
        case .replaced(let entries, let place):
            self.entries = entries
            generation += 1
            (forgotten, storedPlace, stored, sizes, transcript) = (0, place, [], [], nil)
            firstShown = max(0, entries.count - Self.resumedEntries - 2)
            (plan, meter, checkpoint) = ([], nil, nil)
            for case .plan(let plan) in entries.suffix(200) { self.plan = plan }
            return []
        }
    }

    mutating func add(_ entry: TranscriptEntry) { entries.append(entry) }
    mutating func add(_ more: [TranscriptEntry]) { entries += more }

    /// The open question with those that one answer can be given to as well.
    var sheetBatch: [ApprovalSheet] {
        guard let first = sheets.first else { return [] }
        return [first] + sheets.dropFirst().filter(first.isSameKind)
    }

    /// What is unlike usual, for the status line.
    var modes: [String] {
        var modes: [String] = []
        if facts?.isPlanning == true { modes.append("plan mode") }
        if composer.vim?.mode == .normal { modes.append("NORMAL") }
        return modes
    }

    /// The colours that count now: those that are looked at while they are chosen.
    package var shownTheme: ColourTheme {
        guard let picker, picker.purpose == .theme, let current = picker.current else { return theme }
        return ColourTheme(rawValue: current.id) ?? theme
    }

    // MARK: - Turns

    mutating func submit(_ text: String, _ images: [ImageFile] = []) -> [ScreenAction] {
        guard !isUnready else {
            composer.editor.set(text)
            hint = "there is no session: /new tries again, /resume goes on with an earlier one"
            return []
        }
        guard isReady, turn == nil else {
            queue.append(QueuedPrompt(text: text, images: images))
            return []
        }
        add(.prompt(text, isSteering: false))
        turn = RunningTurn(started: now)
        return images.map(ScreenAction.attach) + [.submit(text)]
    }

    private mutating func submitNext() -> [ScreenAction] {
        guard !queue.isEmpty else { return [] }
        let next = queue.removeFirst()
        return submit(next.text, next.images)
    }

    private mutating func endTurn(_ unheard: [String]) -> [ScreenAction] {
        let length = turn.map { now - $0.started } ?? .zero
        turn = nil
        sheets = []
        inquiries = []
        // What was said too late to be heard is the next prompt; it stands in the conversation already.
        if !unheard.isEmpty {
            turn = RunningTurn(started: now)
            return [.submit(unheard.joined(separator: "\n\n"))]
        }
        let next = submitNext()
        if next.isEmpty, !isFocused, length > .seconds(10) { return [.attention("Lockgate is done")] }
        return next
    }

    // MARK: - Pages

    /// Lines for the pager at the screen's size.
    mutating func fillPager() {
        if let pager { self.pager = filled(pager) }
        if let help { self.help = filled(help) }
    }

    private func filled(_ pager: Pager) -> Pager {
        var pager = pager
        let lines = pager.page.flatMap { $0.wrapped(to: width, indent: StyledLine("  ")) }
        pager.fill(lines, room: PagerView.room(height: height))
        return pager
    }

    // MARK: - Keys

    /// The keys that count where one is.
    ///
    /// - Parameter whole: whether all others and the commands are listed behind them.
    mutating func showKeys(whole: Bool) -> [ScreenAction] {
        let (name, contexts) = place
        return showKeys(of: contexts, name, whole: whole)
    }

    @discardableResult
    mutating func showKeys(of contexts: [KeyAction.Context], _ name: String, whole: Bool) -> [ScreenAction] {
        let lines = HelpPage.lines(keymap, here: (name, contexts), whole: whole)
        if isPlain {
            add(.note(.init(.info, "Keys \(name)", details: lines.map(\.text))))
        } else {
            help = filled(Pager(title: whole ? "Help" : "Keys \(name)", page: lines))
        }
        return []
    }

    /// What is in front, in words, and where its keys are.
    private var place: (String, [KeyAction.Context]) {
        if transcript != nil { return ("in the transcript", [.pager]) }
        if pager != nil { return ("on a page", [.pager]) }
        if !sheets.isEmpty { return ("while it asks", [.approval]) }
        if !inquiries.isEmpty { return ("while the agent asks", [.list]) }
        if let board {
            let own = board.subject.context
            return ("on this board", (own == .board ? [] : [own]) + [.board, .confirm])
        }
        if picker != nil { return ("in a list", [.list, .confirm]) }
        return (
            "while writing", composer.vim == nil ? [.composer, .editor] : [.vimNormal, .vimInsert, .composer, .editor]
        )
    }
}

/// A prompt that waits for the turn's end, with the images that belong to it.
package struct QueuedPrompt: Sendable, Hashable {
    package var text: String
    package var images: [ImageFile] = []
}
