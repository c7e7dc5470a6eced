package import Terminal
import Wire

/// Vim's keys over a text: a value that takes keys and changes a `TextEditor`. It knows the two modes that writing a
/// prompt needs, operators with motions, and counts; what it does not know does nothing to the text.
package struct VimKeys: Sendable, Hashable {
    package enum Mode: Sendable, Hashable { case insert, normal }

    /// What became of a key.
    package enum Outcome: Sendable, Hashable {
        case handled
        /// It is not vim's: what it does otherwise counts.
        case passed
        /// Up from the first line, down from the last.
        case older, newer
        /// The list of keys is wanted.
        case showsKeys
    }

    private enum Operation: Sendable, Hashable { case delete, change, yank }

    private enum Waiting: Sendable, Hashable {
        case goto
        case find(VimMotion.Find)
        case replace
    }

    package private(set) var mode = Mode.insert
    /// Typed before an operator, and behind it.
    private var count: Int?
    private var motionCount: Int?
    private var operation: Operation?
    private var waiting: Waiting?
    private var lastFind: (VimMotion.Find, Character)?
    private var register: [Character] = []
    /// Whether whole lines are in it, which go below or above a line.
    private var isLinewise = false

    /// Counts stop here; nobody means more, and a text has no more.
    private static let countLimit = 99_999

    package init() {}

    package static func == (left: VimKeys, right: VimKeys) -> Bool {
        left.mode == right.mode && left.count == right.count && left.operation == right.operation
            && left.waiting == right.waiting && left.register == right.register
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(mode)
        hasher.combine(register)
    }

    /// What is typed of a command so far.
    package var isPending: Bool { count != nil || operation != nil || waiting != nil }

    package mutating func press(
        _ key: Key, _ editor: inout TextEditor, _ keymap: Keymap = .standard
    ) -> Outcome {
        guard mode == .normal else {
            guard keymap.action(key, in: .vimInsert) == .vimLeaveInsert else { return .passed }
            mode = .normal
            if editor.cursor > editor.lineStart { editor.place(editor.cursor - 1) }
            return .handled
        }
        let action = keymap.action(key, in: .vimNormal)
        if action == .vimCancel {
            defer { reset() }
            return isPending ? .handled : .passed
        }
        var typed: Character?
        if case .character(let scalar) = key.code, key.modifiers.isEmpty { typed = Character(scalar) }
        // What is looked for or put in is the character itself, whatever its key does.
        if let waiting {
            self.waiting = nil
            if let character = waiting == .goto ? action?.vimLetter ?? typed : typed {
                finish(waiting, character, &editor)
                return .handled
            }
        }
        if let typed, takeDigit(typed) { return .handled }
        guard let letter = action?.vimLetter else {
            reset()
            if key == Key(.backspace) {
                editor.place(max(0, editor.cursor - 1))
                return .handled
            }
            return typed == nil ? .passed : .handled
        }
        let outcome = command(letter, &editor)
        if mode == .normal { clamp(&editor) }
        return outcome
    }

    /// Begins writing; for a text that was sent.
    package mutating func begin() {
        reset()
        mode = .insert
    }

    private mutating func reset() { (count, motionCount, operation, waiting) = (nil, nil, nil, nil) }

    private var times: Int { min(Self.countLimit, max(1, count ?? 1) * max(1, motionCount ?? 1)) }

    private mutating func takeDigit(_ character: Character) -> Bool {
        guard let digit = character.isASCII ? character.wholeNumberValue : nil else { return false }
        let known = operation == nil ? count : motionCount
        // A zero begins no count: it is a motion.
        guard digit > 0 || known != nil else { return false }
        let number = min(Self.countLimit, (known ?? 0) * 10 + digit)
        if operation == nil { count = number } else { motionCount = number }
        return true
    }

    // MARK: - Commands

    private mutating func command(_ character: Character, _ editor: inout TextEditor) -> Outcome {
        if let operation {
            if character == Self.letter(operation) {
                apply(operation, lines: times, &editor)
            } else if let find = VimMotion.Find(character) {
                waiting = .find(find)
                return .handled
            } else if character == "g" {
                waiting = .goto
                return .handled
            } else if let motion = VimMotion(character, over: operation == .change) {
                apply(operation, motion, &editor)
            }
            reset()
            return .handled
        }
        switch character {
        case "d": operation = .delete
        case "c": operation = .change
        case "y": operation = .yank
        case "g": waiting = .goto
        case "r": waiting = .replace
        default:
            if let find = VimMotion.Find(character) {
                waiting = .find(find)
            } else {
                defer { reset() }
                return act(character, &editor)
            }
        }
        return .handled
    }

    private mutating func act(_ character: Character, _ editor: inout TextEditor) -> Outcome {
        switch character {
        case "j" where editor.lineEnd == editor.text.count: return .newer
        case "k" where editor.lineStart == 0: return .older
        case "?" where editor.isEmpty: return .showsKeys
        case "i": mode = .insert
        case "a": insert(at: min(editor.lineEnd, editor.cursor + 1), &editor)
        case "I": insert(at: VimMotion.firstWord(editor), &editor)
        case "A": insert(at: editor.lineEnd, &editor)
        case "o": open(below: true, &editor)
        case "O": open(below: false, &editor)
        case "x": apply(.delete, .right, &editor)
        case "X": apply(.delete, .left, &editor)
        case "s": apply(.change, .right, &editor)
        case "D": apply(.delete, .lineEnd, &editor)
        case "C": apply(.change, .lineEnd, &editor)
        case "Y": apply(.yank, lines: times, &editor)
        case "S": apply(.change, lines: times, &editor)
        case "p": put(after: true, &editor)
        case "P": put(after: false, &editor)
        case "u": for _ in 0..<min(times, 200) { editor.undo() }
        case ";", ",":
            guard let (find, wanted) = lastFind else { break }
            move(.find(character == ";" ? find : find.reversed, wanted), &editor)
        default: if let motion = VimMotion(character, over: false) { move(motion, &editor) }
        }
        return .handled
    }

    private mutating func finish(_ waiting: Waiting, _ character: Character, _ editor: inout TextEditor) {
        defer { reset() }
        let motion: VimMotion
        switch waiting {
        case .goto:
            guard character == "g" else { return }
            motion = .line(first: true)
        case .find(let find):
            lastFind = (find, character)
            motion = .find(find, character)
        case .replace:
            let end = editor.cursor + times
            guard end <= editor.lineEnd else { return }
            editor.replace(editor.cursor..<end, with: String(repeating: String(character), count: times))
            editor.place(end - 1)
            return clamp(&editor)
        }
        if let operation { apply(operation, motion, &editor) } else { move(motion, &editor) }
        if mode == .normal { clamp(&editor) }
    }

    private static func letter(_ operation: Operation) -> Character {
        switch operation {
        case .delete: "d"
        case .change: "c"
        case .yank: "y"
        }
    }

    // MARK: - Changes

    private mutating func move(_ motion: VimMotion, _ editor: inout TextEditor) {
        let isCounted = count != nil
        if let target = motion.target(in: editor, times: times, isCounted: isCounted) { editor.place(target.place) }
    }

    private mutating func apply(_ operation: Operation, _ motion: VimMotion, _ editor: inout TextEditor) {
        let isCounted = count != nil || motionCount != nil
        guard let target = motion.target(in: editor, times: times, isCounted: isCounted, isOperated: true) else {
            return
        }
        var (from, to) = (min(editor.cursor, target.place), max(editor.cursor, target.place))
        if target.reach == .lines {
            from = editor.lineStart(before: from)
            to = editor.lineEnd(from: to)
            return apply(operation, wholeLines: from..<to, &editor)
        }
        if target.reach == .inclusive { to = min(editor.text.count, to + 1) }
        register = Array(editor.text[from..<to])
        isLinewise = false
        if operation == .yank { return editor.place(from) }
        if from < to { editor.replace(from..<to, with: "") }
        if operation == .change { mode = .insert }
    }

    private mutating func apply(_ operation: Operation, lines: Int, _ editor: inout TextEditor) {
        var end = editor.lineEnd
        for _ in 1..<max(1, lines) where end < editor.text.count { end = editor.lineEnd(from: end + 1) }
        apply(operation, wholeLines: editor.lineStart..<end, &editor)
    }

    /// - Parameter range: from a line's beginning to a line's end, without the line feed.
    private mutating func apply(_ operation: Operation, wholeLines range: Range<Int>, _ editor: inout TextEditor) {
        register = Array(editor.text[range])
        isLinewise = true
        switch operation {
        case .yank: if range.lowerBound < editor.lineStart { editor.place(range.lowerBound) }
        case .change:
            if !range.isEmpty { editor.replace(range, with: "") }
            editor.place(range.lowerBound)
            mode = .insert
        case .delete:
            var (from, to) = (range.lowerBound, range.upperBound)
            if to < editor.text.count { to += 1 } else if from > 0 { from -= 1 }
            if from < to { editor.replace(from..<to, with: "") }
            editor.place(editor.lineStart(before: min(from, editor.text.count)))
            editor.place(VimMotion.firstWord(editor))
        }
    }

    private mutating func insert(at place: Int, _ editor: inout TextEditor) {
        editor.place(place)
        mode = .insert
    }

    private mutating func open(below: Bool, _ editor: inout TextEditor) {
        let place = below ? editor.lineEnd : editor.lineStart
        editor.replace(place..<place, with: "\n")
        editor.place(below ? place + 1 : place)
        mode = .insert
    }

    private mutating func put(after: Bool, _ editor: inout TextEditor) {
        guard !register.isEmpty || isLinewise else { return }
        // So much text that more copies would be no text any more.
        let copies = min(times, max(1, 100_000 / max(1, register.count)))
        if isLinewise {
            let lines = Array(repeating: String(register), count: copies).joined(separator: "\n")
            let place = after ? editor.lineEnd : editor.lineStart
            editor.replace(place..<place, with: after ? "\n\(lines)" : "\(lines)\n")
            editor.place(after ? min(editor.text.count, place + 1) : place)
        } else {
            let place = after ? min(editor.lineEnd, editor.cursor + 1) : editor.cursor
            editor.replace(place..<place, with: String(repeating: String(register), count: copies))
            editor.place(editor.cursor - 1)
        }
    }

    /// Outside of writing the cursor is on a character, never behind a line's last.
    private func clamp(_ editor: inout TextEditor) {
        let (start, end) = (editor.lineStart, editor.lineEnd)
        if editor.cursor >= end, end > start { editor.place(end - 1) }
    }
}

extension KeyAction {
    /// What vim itself calls the action, whatever key it has here.
    fileprivate var vimLetter: Character? { context == .vimNormal ? standardKeys.first?.first : nil }
}
