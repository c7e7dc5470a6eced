package import Terminal
package import Wire

/// Which key does what. Made of the built-in keys and what the user says instead; two that would answer to the same key
/// in the same place are refused, so that no key means what its owner did not say.
package struct Keymap: Sendable, Hashable {
    /// Two actions that one key would do in one place, or a key that has a meaning there which it has to keep.
    package struct Conflict: Error, Sendable, Hashable {
        package let action: KeyAction
        /// nil where the key is one that writes or counts.
        package let other: KeyAction?
        package let key: KeyChord

        package var message: String {
            if let other { return "\(key) is both \(action.rawValue) and \(other.rawValue)" }
            if action.context == .vimNormal {
                return "\(key) is a count in vim's normal mode, so it cannot be \(action.rawValue)"
            }
            return "\(key) writes a character, so it cannot be \(action.rawValue): use it with ctrl or alt"
        }
    }

    private var actions: [KeyAction.Context: [Key: KeyAction]] = [:]
    private var keys: [KeyAction: [KeyChord]] = [:]

    package static let standard = Keymap()

    private init() {
        for action in KeyAction.allCases { put(action.standardKeys.compactMap(KeyChord.init), to: action) }
    }

    /// - Parameter changes: the keys of some actions, by the action's name; none take its key away.
    /// - Throws: `Conflict`. Names and keys that are none are left out: reading the configuration refuses them.
    package init(_ changes: [String: [String]]) throws(Conflict) {
        var changed: Set<KeyAction> = []
        for action in KeyAction.allCases {
            if let texts = changes[action.rawValue] {
                changed.insert(action)
                put(texts.compactMap(KeyChord.init), to: action)
            } else {
                put(action.standardKeys.compactMap(KeyChord.init), to: action)
            }
        }
        // What was said by the user is named first: that is the place to mend.
        let order = KeyAction.allCases.filter(changed.contains) + KeyAction.allCases.filter { !changed.contains($0) }
        for action in order { try check(action, among: order) }
    }

    private mutating func put(_ chords: [KeyChord], to action: KeyAction) {
        keys[action] = chords
        for chord in chords { actions[action.context, default: [:]][Key(chord)] = action }
    }

    private func check(_ action: KeyAction, among order: [KeyAction]) throws(Conflict) {
        for key in keys[action] ?? [] {
            if Self.isTaken(key, in: action) { throw Conflict(action: action, other: nil, key: key) }
            for other in order where other != action && Self.meet(action, other) {
                if keys[other]?.contains(key) == true { throw Conflict(action: action, other: other, key: key) }
            }
        }
    }

    /// Whether the key would be missed: where text is written a character, in vim's normal mode a digit of a count.
    private static func isTaken(_ key: KeyChord, in action: KeyAction) -> Bool {
        guard key.isPlainCharacter else { return false }
        return switch action.context {
        case .global, .chat, .composer, .editor, .list, .vimInsert: action != .showKeys
        case .vimNormal: ("1"..."9").contains(key.name)
        case .pager, .approval, .confirm, .board, .review, .attempts, .worktrees, .hooks, .sessions, .terminals:
            false
        }
    }

    /// Whether both count at the same time.
    private static func meet(_ one: KeyAction, _ other: KeyAction) -> Bool {
        // An empty text has nothing to delete.
        if Set([one, other]) == [.quit, .deleteForward] { return false }
        if one.context == other.context { return true }
        let writing: Set<KeyAction.Context> = [.global, .chat, .composer, .editor]
        if writing.contains(one.context), writing.contains(other.context) { return true }
        // Vim's modes come before those. A board's own keys stand beside those that all boards have.
        return isBoard(one.context) && other.context == .board || one.context == .board && isBoard(other.context)
    }

    private static func isBoard(_ context: KeyAction.Context) -> Bool {
        switch context {
        case .confirm, .review, .attempts, .worktrees, .hooks, .sessions, .terminals: true
        default: false
        }
    }

    // MARK: - Asking

    /// What a key does, in the first of the places that knows it.
    package func action(_ key: Key, in contexts: KeyAction.Context...) -> KeyAction? {
        contexts.lazy.compactMap { actions[$0]?[key] }.first
    }

    /// The keys of an action as people write them: `Enter, Ctrl-J`; a dash for none.
    package func label(_ action: KeyAction) -> String {
        let labels = (keys[action] ?? []).map(\.label)
        return labels.isEmpty ? "–" : labels.joined(separator: ", ")
    }

    /// The first keys of actions, one after the other: `↑↓ PgUp`.
    func keys(_ actions: KeyAction...) -> String {
        actions.map(first).joined(separator: " ").replacing("↑ ↓", with: "↑↓").replacing("← →", with: "←→")
    }

    /// The key of an action that is named best: one that means nothing else in another place, where it has one.
    func label(_ action: KeyAction, without other: KeyAction.Context) -> String {
        let chords = keys[action] ?? []
        let own = chords.first { $0.isPlainCharacter && actions[other]?[Key($0)] == nil }
        return (own ?? chords.first)?.label ?? "–"
    }

    /// Its first key.
    package func first(_ action: KeyAction) -> String { keys[action]?.first?.label ?? "–" }
}

extension Key {
    package init(_ chord: KeyChord) {
        var modifiers: Modifiers = []
        for modifier in chord.modifiers {
            switch modifier {
            case .control: modifiers.insert(.control)
            case .alt: modifiers.insert(.alt)
            case .shift: modifiers.insert(.shift)
            case .command: modifiers.insert(.command)
            }
        }
        self.init(Self.codes[chord.name] ?? Self.code(chord.name), modifiers)
    }

    private static let codes: [String: Code] = [
        "enter": .enter, "tab": .tab, "backspace": .backspace, "esc": .escape, "insert": .insert, "delete": .delete,
        "up": .up, "down": .down, "left": .left, "right": .right, "home": .home, "end": .end, "page-up": .pageUp,
        "page-down": .pageDown, "space": .character(" "),
    ]

    private static func code(_ name: String) -> Code {
        if name.first == "f", let number = Int(name.dropFirst()) { return .function(number) }
        return .character(name.unicodeScalars.first ?? "\u{FFFD}")
    }
}
