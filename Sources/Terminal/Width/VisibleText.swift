/// Text from a model, a command or a file as it may be shown: nothing in it drives the terminal, hides, or makes other
/// text read as something else.
///
/// Control characters become the pictures that Unicode has for them (`␛`), what cannot be seen is named by its number
/// (`‹202E›`). Tabs become spaces to the next column that eight divides; lines have to be split before.
package enum VisibleText {
    /// The most code points that one cell keeps: marks piled without end would paint over other lines.
    static let clusterLimit = 12

    /// - Parameter column: where the text begins, for tabs.
    package static func line(_ text: String, column: Int = 0) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var clean = ""
        var width = column
        for character in text {
            if character == "\t" {
                let spaces = 8 - width % 8
                clean += String(repeating: " ", count: spaces)
                width += spaces
                continue
            }
            let shown = visible(character)
            clean += shown
            width += DisplayWidth.of(shown)
        }
        return clean
    }

    private static func visible(_ character: Character) -> String {
        let scalars = character.unicodeScalars
        if let ascii = scalars.first, ascii.value >= 0x20, ascii.value < 0x7F, scalars.count == 1 {
            return String(character)
        }
        var shown = String.UnicodeScalarView()
        var count = 0
        for scalar in scalars {
            count += 1
            if count > clusterLimit { continue }
            if let replacement = replacement(scalar) {
                shown.append(contentsOf: replacement.unicodeScalars)
            } else {
                shown.append(scalar)
            }
        }
        return String(shown)
    }

    /// What stands for a code point that must not reach the terminal; nil for all others.
    static func replacement(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value).map { String(Character($0)) }
        case 0x7F: "␡"
        // C1, the soft hyphen, direction marks, overrides and isolates, separators of lines, what is invisible, tags,
        // and selectors that only carry data.
        case 0x80..<0xA0, 0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0x115F, 0x1160, 0x3164, 0xFFA0, 0xE0000...0xE0FFF, 0xFE00...0xFE0D:
            "‹\(String(scalar.value, radix: 16, uppercase: true))›"
        default: nil
        }
    }

    /// An address that a link may lead to; nil for what is not plainly one. It travels inside an escape sequence, so
    /// nothing but printable ASCII is taken.
    package static func link(_ address: String) -> String? {
        guard address.utf8.count <= 2048, address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        return ["https://", "http://", "mailto:"].contains { address.hasPrefix($0) } ? address : nil
    }
}
