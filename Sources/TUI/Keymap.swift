package import Terminal
package import Wire

/// Which key does what. Made of the built-in keys and what the user says instead; two that would answer to the same key
/// in the same place are refused, so that no key means what its owner did not say.
package struct Keymap: Sendable, Hashable {
    /// Two actions that one key would do in one place, or a key that would take a character away from writing.
    package struct Conflict: Error, Sendable, Hashable {
        package let action: KeyAction
        /// nil where the key is one that writes.
        package let other: KeyAction?
        package let key: KeyChord

        package var message: String {
            guard let other else {
                return "\(key) writes a character, so it cannot be \(action.rawValue): use it with ctrl or alt"
            }
            return "\(key) is both \(action.rawValue) and \(other.rawValue)"
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
            if key.isPlainCharacter, Self.isWriting(action) { throw Conflict(action: action, other: nil, key: key) }
            for other in order where other != action && Self.meet(action, other) {
                if keys[other]?.contains(key) == true { throw Conflict(action: action, other: other, key: key) }
            }
        }
    }

    /// Whether its key would be missed while text is written.
    private static func isWriting(_ action: KeyAction) -> Bool {
        switch action.context {
        case .pager, .approval: false
        case .global, .chat, .composer, .editor, .list: action != .showKeys
        }
    }

    /// Whether both count at the same time.
    private static func meet(_ one: KeyAction, _ other: KeyAction) -> Bool {
        // An empty text has nothing to delete.
        if Set([one, other]) == [.quit, .deleteForward] { return false }
        if one.context == other.context { return true }
        let writing: Set<KeyAction.Context> = [.global, .chat, .composer, .editor]
        return writing.contains(one.context) && writing.contains(other.context)
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
