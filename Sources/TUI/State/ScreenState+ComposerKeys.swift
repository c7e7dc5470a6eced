import Terminal
import Text
import Wire

/// The keys of the composer, and of what stands beneath it.
extension ScreenState {
    mutating func pressInComposer(_ key: Key) -> [ScreenAction] {
        let (wasQuitArmed, wasEscapeArmed) = (quitArmed, escapeArmed)
        (quitArmed, escapeArmed) = (nil, nil)
        if completion?.items.isEmpty == false, let actions = pressInCompletion(key) { return actions }
        switch composer.pressVim(key, keymap) {
        case nil, .passed: break
        case .showsKeys: return showKeys(whole: true)
        case .handled, .older, .newer:
            complete()
            return []
        }
        let action = keymap.action(key, in: .composer, .chat, .global, .editor)
        switch action {
        case .submit: return enter()
        case .queue: return queueUp()
        case .interrupt: return escape(wasEscapeArmed)
        case .changeMode: return run(.plan, "")
        case .cancel: return cancel(wasQuitArmed)
        case .quit where composer.isEmpty: return [.quit]
        case .suspend: return [.suspend]
        case .clearTerminal: return [.redraw]
        case .openTranscript: return openTranscript()
        case .openEditor: return [.edit(composer.prompt)]
        case .toggleVim: return run(.vim, "")
        case .searchHistory: searchHistory()
        case .showKeys where composer.isEmpty: return showKeys(whole: true)
        case .showKeysHere: return showKeys(whole: false)
        default: edit(key, keymap.action(key, in: .editor))
        }
        complete()
        return []
    }

    private mutating func edit(_ key: Key, _ action: KeyAction?) {
        switch action {
        case .insertNewline: composer.editor.insert("\n")
        case .moveLeft: composer.editor.left()
        case .moveRight: composer.editor.right()
        case .moveUp: if composer.isRecalling || !composer.editor.up() { composer.older() }
        case .moveDown: if composer.isRecalling || !composer.editor.down() { composer.newer() }
        case .moveWordLeft: composer.editor.wordLeft()
        case .moveWordRight: composer.editor.wordRight()
        case .moveLineStart: composer.editor.toLineStart()
        case .moveLineEnd: composer.editor.toLineEnd()
        case .deleteBackward: composer.deleteBackward()
        case .deleteForward: composer.editor.deleteForward()
        case .deleteBackwardWord: composer.editor.killWordBackward()
        case .deleteForwardWord: composer.editor.killWordForward()
        case .killLineStart: composer.editor.killToLineStart()
        case .killLineEnd: composer.editor.killToLineEnd()
        case .yank: composer.editor.yank()
        case .undo: composer.editor.undo()
        default:
            if case .character(let scalar) = key.code, key.modifiers.isEmpty { composer.editor.type(scalar) }
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
        let images = composer.images
        guard let prompt = composer.take() else { return [] }
        return send(prompt, images)
    }

    private mutating func send(_ prompt: String, _ images: [ImageFile]) -> [ScreenAction] {
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
        guard turn != nil, isReady else { return submit(prompt, images) }
        add(.prompt(prompt, isSteering: true))
        return images.map(ScreenAction.attach) + [.steer(prompt)]
    }

    private mutating func queueUp() -> [ScreenAction] {
        let images = composer.images
        guard turn != nil, let prompt = composer.take() else { return [] }
        queue.append(QueuedPrompt(text: prompt, images: images))
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
            hint = "\(keymap.first(.interrupt)) again goes back to an earlier message of yours"
            return []
        }
        return run(.rewind, "")
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
        hint = "\(keymap.first(.cancel)) again leaves; the session can be resumed"
        return []
    }

    private mutating func interrupt() -> [ScreenAction] {
        // What waits for the end would go on with what was just stopped.
        if let waiting = queue.first, composer.isEmpty { composer.editor.set(waiting.text) }
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
        let action = keymap.action(key, in: .list)
        switch action {
        case .listUp: completion?.move(-1)
        case .listDown: completion?.move(1)
        case .listPageUp: completion?.move(-8)
        case .listPageDown: completion?.move(8)
        case .listCancel where keymap.action(key, in: .global) != .cancel:
            dismissed = composer.editor.string
            completion = nil
        case .listAccept, .listComplete:
            let item = list.items[list.selected]
            let isWhole = list.kind == .command && composer.editor.string == item.text
            if action == .listAccept, isWhole { return nil }
            if list.kind == .file, ImageFile.isImage(item.text) {
                composer.editor.replace(list.range, with: "")
                completion = nil
                return [.inspectImage(path: item.text, text: Self.mention(item.text))]
            }
            composer.editor.replace(list.range, with: list.kind == .file ? Self.mention(item.text) : item.text + " ")
            completion = nil
            guard list.kind == .command, action == .listAccept, let (command, _) = SlashCommand.parse(item.text),
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
        case .todo:
            if plan.isEmpty { hint = "the agent has made no list yet" } else { add(.plan(plan)) }
            return []
        case .vim:
            composer.vim = composer.vim == nil ? VimKeys() : nil
            hint = composer.vim == nil ? "the usual keys" : "vim's keys; tui.vim = true keeps them"
            return []
        case .mention:
            composer.editor.insert("@")
            complete()
            return []
        case .theme:
            if let named = ColourTheme(rawValue: argument) {
                theme = named
                return [.chosen(.theme, id: named.rawValue)]
            }
            picker = ColourTheme.picker(now: theme)
            return []
        case .initialise: return submit(Self.initialPrompt)
        case .copy:
            for entry in entries.reversed() {
                guard case .message(let text) = entry else { continue }
                hint = "copied"
                return [.copy(text)]
            }
            hint = "there is no message yet"
            return []
        case .new, .resume, .model, .permissions, .undo, .review, .rewind, .plan, .compact, .fork, .archive, .delete:
            guard turn == nil else {
                hint = "/\(command.rawValue) waits for the turn's end: \(keymap.first(.interrupt)) interrupts it"
                return []
            }
            if command == .compact { turn = RunningTurn(started: now) }
            return [.command(command, argument)]
        case .explain where argument.isEmpty:
            hint = "/explain COMMAND says why it would be allowed or not"
            return []
        case .rename where argument.isEmpty:
            hint = "/rename NAME gives this session a name, by which it can be resumed"
            return []
        case .help: return showKeys(whole: true)
        case .status, .diff, .explain, .rename, .usage, .export, .attempts, .worktrees, .hooks, .mcp, .ps, .stop,
            .recap, .statusline, .title, .importSetup, .audit, .doctor,
            .config:
            return [.command(command, argument)]
        }
    }

    /// What `/init` asks for.
    private static let initialPrompt = """
        Write AGENTS.md in this folder: what an agent has to know to work here. Look at the project first. Say in at most a \
        page what it is, how it is built, run and tested (the exact commands), how it is laid out, and the rules its code and \
        commits keep. State only what you found here. Where AGENTS.md is there already, mend it instead.
        """
}
