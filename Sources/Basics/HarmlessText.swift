/// Text from outside that is to be shown on a terminal.
package enum HarmlessText {
    /// The text with every control character but tab and newline made visible, so that it cannot drive the terminal.
    package static func clean(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            clean.append(isControl(scalar) ? (scalar == "\r" ? "\n" : "\u{FFFD}") : scalar)
        }
        return String(clean)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        // C0, DEL, C1, and the bidirectional overrides that make text read as something else.
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
