/// What a person did at the keyboard.
package enum InputEvent: Sendable, Hashable {
    case key(Key)
    case paste(Paste)
    case focus(Bool)
}

/// A key with what was held with it.
package struct Key: Sendable, Hashable {
    package enum Code: Sendable, Hashable {
        /// What the key writes; letters with Ctrl are lower-case.
        case character(Unicode.Scalar)
        case enter, tab, backspace, escape, insert, delete
        case up, down, left, right, home, end, pageUp, pageDown
        case function(Int)
    }

    package struct Modifiers: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let shift = Modifiers(rawValue: 1)
        package static let alt = Modifiers(rawValue: 2)
        package static let control = Modifiers(rawValue: 4)
        package static let command = Modifiers(rawValue: 8)
    }

    package var code: Code
    package var modifiers: Modifiers

    package init(_ code: Code, _ modifiers: Modifiers = []) {
        self.code = code
        self.modifiers = modifiers
    }

    /// A letter held with Ctrl.
    package static func control(_ letter: Unicode.Scalar) -> Key { Key(.character(letter), .control) }
    package static func character(_ scalar: Unicode.Scalar) -> Key { Key(.character(scalar)) }
}

/// Text that came in one piece (bracketed paste).
package struct Paste: Sendable, Hashable {
    /// Line ends are line feeds; other control characters are as they came.
    package var text: String
    /// Bytes beyond the decoder's bound, which were not kept.
    package var dropped: Int

    package init(text: String, dropped: Int = 0) {
        self.text = text
        self.dropped = dropped
    }
}
