/// A control sequence's key: `ESC [ parameters final`.
struct KeySequence {
    private let groups: [[Int?]]
    private let isPrivate: Bool
    private let final: UInt8

    init(parameters: [UInt8], final: UInt8) {
        self.final = final
        // `<`, `=`, `>` and `?` mark answers and the mouse.
        isPrivate = parameters.contains { (0x3C...0x3F).contains($0) || $0 < 0x30 }
        groups = parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { group in
            group.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { digits in
                Int(String(decoding: digits, as: UTF8.self))
            }
        }
    }

    var event: InputEvent? {
        guard !isPrivate else { return nil }
        switch final {
        case UInt8(ascii: "I"): return .focus(true)
        case UInt8(ascii: "O") where groups.isEmpty || groups == [[nil]]: return .focus(false)
        case UInt8(ascii: "Z"): return .key(Key(.tab, modifiers.union(.shift)))
        case UInt8(ascii: "u"): return unicode
        case UInt8(ascii: "~"): return numbered
        default: break
        }
        guard let code = Self.letters[final], !isRelease else { return nil }
        return .key(Key(code, modifiers))
    }

    private static let letters: [UInt8: Key.Code] = [
        0x41: .up, 0x42: .down, 0x43: .right, 0x44: .left, 0x46: .end, 0x48: .home, 0x4D: .enter, 0x50: .function(1),
        0x51: .function(2), 0x52: .function(3), 0x53: .function(4),
    ]

    private static let numbers: [Int: Key.Code] = [
        1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
        11: .function(1), 12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5), 17: .function(6),
        18: .function(7), 19: .function(8), 20: .function(9), 21: .function(10), 23: .function(11), 24: .function(12),
    ]

    private func value(_ group: Int, _ part: Int = 0) -> Int? {
        guard group < groups.count, part < groups[group].count else { return nil }
        return groups[group][part]
    }

    private var modifiers: Key.Modifiers {
        let bits = max(0, (value(1) ?? 1) - 1)
        var modifiers: Key.Modifiers = []
        if bits & 1 != 0 { modifiers.insert(.shift) }
        // Meta is Alt's other name.
        if bits & 2 != 0 || bits & 32 != 0 { modifiers.insert(.alt) }
        if bits & 4 != 0 { modifiers.insert(.control) }
        if bits & 8 != 0 { modifiers.insert(.command) }
        return modifiers
    }

    private var isRelease: Bool { value(1, 1) == 3 }

    private var numbered: InputEvent? {
        guard !isRelease, let number = value(0) else { return nil }
        // xterm's way to tell keys apart: `27;modifiers;code~`.
        if number == 27 { return value(2).flatMap { Self.key($0, modifiers) }.map(InputEvent.key) }
        return Self.numbers[number].map { .key(Key($0, modifiers)) }
    }

    private var unicode: InputEvent? {
        guard !isRelease, let code = value(0) else { return nil }
        // Text of several code points, or of a key that has no code of its own, is left to plain input.
        return Self.key(code, modifiers, shifted: value(0, 1)).map(InputEvent.key)
    }

    private static func key(_ code: Int, _ modifiers: Key.Modifiers, shifted: Int? = nil) -> Key? {
        switch code {
        case 9: return Key(.tab, modifiers)
        case 13, 57414: return Key(.enter, modifiers)
        case 27: return Key(.escape, modifiers)
        case 127, 8: return Key(.backspace, modifiers)
        case 57399...57408: return Key(.character(Unicode.Scalar(UInt8(0x30 + code - 57399))), modifiers)
        case 57417: return Key(.left, modifiers)
        case 57418: return Key(.right, modifiers)
        case 57419: return Key(.up, modifiers)
        case 57420: return Key(.down, modifiers)
        case 57421: return Key(.pageUp, modifiers)
        case 57422: return Key(.pageDown, modifiers)
        case 57423: return Key(.home, modifiers)
        case 57424: return Key(.end, modifiers)
        case 57426: return Key(.delete, modifiers)
        case 0..<32, 57344...63743: return nil
        default:
            guard let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else { return nil }
            guard modifiers.contains(.shift) else { return Key(.character(scalar), modifiers) }
            // What Shift makes of a key is text: a letter is the other one, and Shift is no longer news.
            let upper = shifted.flatMap { UInt32(exactly: $0) }.flatMap(Unicode.Scalar.init)
            if modifiers.contains(.control) || modifiers.contains(.alt) { return Key(.character(scalar), modifiers) }
            let text = upper ?? scalar.properties.uppercaseMapping.unicodeScalars.first ?? scalar
            return Key(.character(text), modifiers.subtracting(.shift))
        }
    }
}
