/// A key with what is held with it, as configuration names it: `ctrl-t`, `shift-tab`, `page-up`, `G`, `?`.
package struct KeyChord: Sendable, Hashable, CustomStringConvertible {
    package enum Modifier: String, Sendable, Hashable, CaseIterable {
        case control = "ctrl"
        case alt, shift
        case command = "super"
    }

    package let modifiers: Set<Modifier>
    /// A name of `names`, or the one character that the key writes.
    package let name: String

    /// Keys that write nothing, and the two that cannot be written plainly.
    package static let names = Set(
        [
            "enter", "tab", "backspace", "esc", "insert", "delete", "up", "down", "left", "right", "home", "end",
            "page-up", "page-down", "space", "minus",
        ] + (1...12).map { "f\($0)" })

    private static let aliases = ["escape": "esc", "return": "enter", "pageup": "page-up", "pagedown": "page-down"]

    /// - Returns: nil for what names no key that a terminal could tell.
    package init?(_ text: String) {
        var rest = text[...]
        var modifiers: Set<Modifier> = []
        while let modifier = Modifier.allCases.first(where: { rest.hasPrefix("\($0.rawValue)-") }) {
            rest = rest.dropFirst(modifier.rawValue.utf8.count + 1)
            guard modifiers.insert(modifier).inserted else { return nil }
        }
        let lower = rest.lowercased()
        let name = Self.aliases[lower] ?? lower
        if Self.names.contains(name) {
            self.name = name == "minus" ? "-" : name
            self.modifiers = modifiers
            return
        }
        let scalars = Array(rest.unicodeScalars)
        guard scalars.count == 1, let scalar = scalars.first, scalar.value > 0x20, scalar.value != 0x7F else {
            return nil
        }
        // What Shift makes of a key is its character: terminals tell no more.
        guard !modifiers.contains(.shift) else {
            let upper = scalar.properties.uppercaseMapping
            guard upper != String(scalar), modifiers == [.shift] else { return nil }
            self.name = upper
            self.modifiers = []
            return
        }
        self.name = modifiers.contains(.control) ? lower : String(scalar)
        self.modifiers = modifiers
    }

    /// Whether the key alone writes a character.
    package var isPlainCharacter: Bool { modifiers.isEmpty && (name == "space" || !Self.names.contains(name)) }

    /// The form that `init` reads, the modifiers in one order.
    package var description: String {
        let held = Modifier.allCases.filter(modifiers.contains).map { "\($0.rawValue)-" }.joined()
        return held + name
    }

    /// As people write it: `Ctrl-T`, `PgUp`.
    package var label: String {
        let held = Modifier.allCases.filter(modifiers.contains).map { "\($0.rawValue.capitalisedASCII)-" }.joined()
        let arrows = ["up": "↑", "down": "↓", "left": "←", "right": "→", "page-up": "PgUp", "page-down": "PgDn"]
        if let arrow = arrows[name] { return held + arrow }
        if Self.names.contains(name) { return held + name.capitalisedASCII }
        return held + (modifiers.isEmpty ? name : name.uppercased())
    }
}

extension String {
    fileprivate var capitalisedASCII: String { prefix(1).uppercased() + dropFirst() }
}
