import Terminal
import Text
import Wire

/// Keys. What is in front takes them: the pager, a question, a list, and then the composer.
extension ScreenState {
    mutating func press(_ key: Key) -> [ScreenAction] {
        hint = nil
        if transcript != nil { return pressInTranscript(key) }
        if pager != nil { return pressInPager(key) }
        if !sheets.isEmpty { return pressInSheet(key) }
        if board != nil { return pressInBoard(key) }
        if picker != nil { return pressInPicker(key) }
        return pressInComposer(key)
    }

    mutating func take(_ paste: Paste) -> [ScreenAction] {
        if readsWhole || !sheets.isEmpty { return [] }
        if picker != nil {
            for scalar in paste.text.unicodeScalars.prefix(100) where scalar.value >= 0x20 { picker?.type(scalar) }
            return []
        }
        composer.paste(paste)
        complete()
        return []
    }

    // MARK: - Pager

    private mutating func pressInPager(_ key: Key) -> [ScreenAction] {
        guard var pager else { return [] }
        let room = PagerView.room(height: height)
        defer { if self.pager != nil { self.pager = pager } }
        if pager.isSearching {
            switch key.code {
            case .enter: pager.endSearch()
            case .escape: pager.endSearch()
            case .backspace: pager.deleteBackward()
            case .character(let scalar) where key.modifiers.isEmpty: pager.type(scalar, room: room)
            default: break
            }
            return []
        }
        switch (key.code, key.modifiers) {
        case (.up, _), (.character("k"), []): pager.scroll(-1, room: room)
        case (.down, _), (.character("j"), []), (.enter, _): pager.scroll(1, room: room)
        case (.pageUp, _), (.character("b"), []), (.character("b"), .control): pager.scroll(-(room - 1), room: room)
        case (.pageDown, _), (.character(" "), []), (.character("f"), .control): pager.scroll(room - 1, room: room)
        case (.character("u"), .control): pager.scroll(-room / 2, room: room)
        case (.character("d"), .control): pager.scroll(room / 2, room: room)
        case (.home, _), (.character("g"), []):
            pager.toTop()
        case (.end, _), (.character("G"), _): pager.toEnd(room: room)
        case (.character("/"), []): pager.beginSearch()
        case (.character("n"), []): pager.next(1, room: room)
        case (.character("N"), _): pager.next(-1, room: room)
        case (.escape, _), (.character("q"), []), (.character("c"), .control), (.character("t"), .control):
            self.pager = nil
        case (.character("z"), .control): return [.suspend]
        default: break
        }
        return []
    }

    // MARK: - Questions

    private mutating func pressInSheet(_ key: Key) -> [ScreenAction] {
        guard var sheet = sheets.first else { return [] }
        if key == .control("t") { return openTranscript() }
        guard sheet.mayAnswer(now: now) else {
            sheets[0] = sheet
            return []
        }
        var answer: ApprovalAnswer?
        switch (key.code, key.modifiers) {
        case (.up, _): sheet.move(-1)
        case (.down, _): sheet.move(1)
        case (.pageUp, _): sheet.scroll(-5)
        case (.pageDown, _): sheet.scroll(5)
        case (.enter, []): answer = sheet.answer
        case (.escape, _), (.character("c"), .control): answer = ApprovalAnswer(.abort)
        case (.character(let scalar), []): answer = sheet.choice(scalar).map(ApprovalSheet.answer)
        default: break
        }
        sheets[0] = sheet
        guard let answer else { return [] }
        sheets.removeFirst()
        if let next = sheets.first { sheets[0] = ApprovalSheet(next.request, now: now) }
        return [.answer(id: sheet.request.id, answer)]
    }

    // MARK: - Lists

    private mutating func pressInPicker(_ key: Key) -> [ScreenAction] {
        guard var picker else { return [] }
        let before = picker.current?.id
        switch (key.code, key.modifiers) {
        case (.character("y"), []) where picker.isConfirming, (.enter, _) where !needsConfirmation(picker):
            guard let current = picker.current else { return [] }
            self.picker = nil
            if picker.purpose == .history {
                composer.editor.set(current.title)
                return []
            }
            return [.chosen(picker.purpose, id: current.id)]
        case (.enter, _): picker.isConfirming = picker.current != nil
        case (.escape, _), (.character("c"), .control):
            self.picker = nil
            return picker.purpose == .trust ? [.quit] : []
        case (.up, _), (.character("p"), .control): picker.move(-1)
        case (.down, _), (.character("n"), .control): picker.move(1)
        case (.pageUp, _): picker.move(-8)
        case (.pageDown, _): picker.move(8)
        case (.backspace, _): picker.deleteBackward()
        case (.character(let scalar), []) where picker.purpose != .trust: picker.type(scalar)
        default: break
        }
        self.picker = picker
        guard picker.hasPreviews, let current = picker.current, current.id != before, picker.previews[current.id] == nil
        else { return [] }
        return [.preview(picker.purpose, id: current.id)]
    }

    /// What cannot be taken back by a key is asked once more.
    private func needsConfirmation(_ picker: Picker) -> Bool { picker.purpose == .turn }

    // MARK: - Composer

    private mutating func pressInComposer(_ key: Key) -> [ScreenAction] {
        let (wasQuitArmed, wasEscapeArmed) = (quitArmed, escapeArmed)
        (quitArmed, escapeArmed) = (nil, nil)
        if completion?.items.isEmpty == false, let actions = pressInCompletion(key) { return actions }
        switch (key.code, key.modifiers) {
        case (.enter, []): return enter()
        case (.enter, _), (.character("j"), .control): composer.editor.insert("\n")
        case (.tab, []): return queueUp()
        case (.escape, _): return escape(wasEscapeArmed)
        case (.character("c"), .control): return cancel(wasQuitArmed)
        case (.character("d"), .control):
            if composer.isEmpty { return [.quit] }
            composer.editor.deleteForward()
        case (.character("z"), .control): return [.suspend]
        case (.character("l"), .control): return [.redraw]
        case (.character("t"), .control): return openTranscript()
        case (.character("g"), .control): return [.edit(composer.prompt)]
        case (.character("r"), .control): searchHistory()
        case (.character("?"), []) where composer.isEmpty: return [.command(.help, "")]
        default: edit(key)
        }
        complete()
        return []
    }

    private mutating func edit(_ key: Key) {
        switch (key.code, key.modifiers) {
        case (.character(let scalar), []): composer.editor.type(scalar)
        case (.backspace, .alt), (.character("w"), .control), (.backspace, .control): composer.editor.killWordBackward()
        case (.backspace, _): composer.deleteBackward()
        case (.delete, _): composer.editor.deleteForward()
        case (.character("d"), .alt): composer.editor.killWordForward()
        case (.character("u"), .control): composer.editor.killToLineStart()
        case (.character("k"), .control): composer.editor.killToLineEnd()
        case (.character("y"), .control): composer.editor.yank()
        case (.character("_"), .control): composer.editor.undo()
        case (.left, .control), (.left, .alt), (.character("b"), .alt): composer.editor.wordLeft()
        case (.right, .control), (.right, .alt), (.character("f"), .alt): composer.editor.wordRight()
        case (.left, _), (.character("b"), .control): composer.editor.left()
        case (.right, _), (.character("f"), .control): composer.editor.right()
        case (.home, _), (.character("a"), .control): composer.editor.toLineStart()
        case (.end, _), (.character("e"), .control): composer.editor.toLineEnd()
        case (.up, _), (.character("p"), .control):
            if composer.isRecalling || !composer.editor.up() { composer.older() }
        case (.down, _), (.character("n"), .control):
            if composer.isRecalling || !composer.editor.down() { composer.newer() }
        default: break
        }
    }

    private mutating func enter() -> [ScreenAction] {
        let text = composer.editor.string
        if text.hasSuffix("\\"), composer.editor.cursor == composer.editor.text.count {
            composer.deleteBackward()
            composer.editor.insert("\n")
            return []
        }
        completion = nil
        if let (command, argument) = SlashCommand.parse(text.trimmedSpaces) { return run(command, argument) }
        guard let prompt = composer.take() else { return [] }
        if prompt.hasPrefix("!") {
            let command = String(prompt.dropFirst()).trimmedSpaces
            guard isReady, turn == nil, !command.isEmpty else {
                composer.editor.set(prompt)
                hint =
                    command.isEmpty
                    ? "! runs a command in the sandbox: !git status" : "a command can run when the turn is over"
                return []
            }
            turn = RunningTurn(started: now)
            return [.shell(command)]
        }
        guard turn != nil, isReady else { return submit(prompt) }
        add(.prompt(prompt, isSteering: true))
        return [.steer(prompt)]
    }

    private mutating func queueUp() -> [ScreenAction] {
        guard turn != nil, let prompt = composer.take() else { return [] }
        queue.append(prompt)
        return []
    }

    private mutating func escape(_ armed: Duration?) -> [ScreenAction] {
        if turn != nil { return interrupt() }
        if !queue.isEmpty {
            queue = []
            return []
        }
        guard composer.isEmpty else { return [] }
        guard let armed, now - armed < Self.armed else {
            escapeArmed = now
            hint = "Esc again edits your last message; /undo takes back what was changed"
            return []
        }
        for case .prompt(let text, _) in entries.reversed() {
            composer.editor.set(text)
            break
        }
        return []
    }

    private mutating func cancel(_ armed: Duration?) -> [ScreenAction] {
        if !composer.isEmpty {
            composer.clear()
            complete()
            return []
        }
        if turn != nil, turn?.isInterrupting == false { return interrupt() }
        if let armed, now - armed < Self.armed { return [.quit] }
        quitArmed = now
        hint = "Ctrl-C again leaves; the session can be resumed"
        return []
    }

    private mutating func interrupt() -> [ScreenAction] {
        // What waits for the end would go on with what was just stopped.
        if let waiting = queue.first, composer.isEmpty { composer.editor.set(waiting) }
        queue = []
        turn?.isInterrupting = true
        return [.interrupt]
    }

    private mutating func searchHistory() {
        let items = composer.history.reversed().enumerated().map { Picker.Item(id: "\($0.offset)", title: $0.element) }
        guard !items.isEmpty else { return hint = "there is no history yet" }
        picker = Picker(.history, title: "History", items: items)
    }

    // MARK: - Completion

    mutating func complete() {
        let old = completion
        guard dismissed != composer.editor.string else { return completion = nil }
        dismissed = nil
        completion = Completion(composer.editor, files: files)
        if let old, completion?.items == old.items { completion?.selected = old.selected }
    }

    /// Whether files are wanted that were not read yet; asked once.
    package mutating func wantsFiles() -> Bool {
        guard completion?.kind == .file, files == nil, !isReadingFiles else { return false }
        isReadingFiles = true
        return true
    }

    /// nil for keys that are the composer's all the same.
    private mutating func pressInCompletion(_ key: Key) -> [ScreenAction]? {
        guard let list = completion else { return nil }
        switch (key.code, key.modifiers) {
        case (.up, []), (.character("p"), .control): completion?.move(-1)
        case (.down, []), (.character("n"), .control): completion?.move(1)
        case (.escape, _):
            dismissed = composer.editor.string
            completion = nil
        case (.tab, []), (.enter, []):
            let item = list.items[list.selected]
            let isWhole = list.kind == .command && composer.editor.string == item.text
            if key.code == .enter, isWhole { return nil }
            composer.editor.replace(list.range, with: list.kind == .file ? Self.mention(item.text) : item.text + " ")
            completion = nil
            guard list.kind == .command, key.code == .enter, let (command, _) = SlashCommand.parse(item.text),
                !command.wantsArgument
            else { return [] }
            return enter()
        default: return nil
        }
        return []
    }

    /// Paths with spaces are quoted, so that the model sees where they end.
    private static func mention(_ path: String) -> String {
        path.contains { $0.isWhitespace } ? "\"\(path)\" " : "\(path) "
    }

    // MARK: - Commands

    private mutating func run(_ command: SlashCommand, _ argument: String) -> [ScreenAction] {
        _ = composer.take()
        switch command {
        case .quit: return [.quit]
        case .transcript: return openTranscript()
        case .plan:
            if plan.isEmpty { hint = "the agent has made no plan yet" } else { add(.plan(plan)) }
            return []
        case .copy:
            for entry in entries.reversed() {
                guard case .message(let text) = entry else { continue }
                hint = "copied"
                return [.copy(text)]
            }
            hint = "there is no message yet"
            return []
        case .new, .resume, .model, .permissions, .undo, .review:
            guard turn == nil else {
                hint = "/\(command.rawValue) waits for the turn's end: Esc interrupts it"
                return []
            }
            return [.command(command, argument)]
        case .explain where argument.isEmpty:
            hint = "/explain COMMAND says why it would be allowed or not"
            return []
        case .rename where argument.isEmpty:
            hint = "/rename NAME gives this session a name, by which it can be resumed"
            return []
        case .help, .status, .diff, .explain, .rename, .attempts, .worktrees, .hooks, .audit, .usage, .doctor, .config:
            return [.command(command, argument)]
        }
    }
}
