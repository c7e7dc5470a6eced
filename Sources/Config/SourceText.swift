import Basics

/// A configuration file's bytes and how to speak about places in them.
///
/// Offsets count bytes from the start; lines and columns count from 1, columns in Unicode scalars, as editors do.
struct SourceText: Sendable {
    /// What messages call it: the file's path, or the flag for a value from the command line.
    let name: String
    let bytes: [UInt8]
    /// The offset at which each line starts.
    private let lineStarts: [Int]

    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
        lineStarts = starts
    }

    var lineCount: Int { lineStarts.count }

    /// Line and column of a byte; an offset past the end counts as the end.
    func position(of offset: Int) -> SourcePosition {
        let offset = min(max(offset, 0), bytes.count)
        var low = 0
        var high = lineStarts.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        let scalars = bytes[lineStarts[low]..<offset].count { $0 & 0xC0 != 0x80 }
        return SourcePosition(line: low + 1, column: scalars + 1)
    }

    /// The bytes of a line without its line end; empty for a line that does not exist.
    func line(_ number: Int) -> ArraySlice<UInt8> {
        guard (1...lineStarts.count).contains(number) else { return [] }
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return bytes[start..<end]
    }

    /// The offending line with a caret under the column, for a terminal: at most 160 characters around the place, and
    /// nothing in it that a terminal would obey.
    func excerpt(at position: SourcePosition) -> String {
        let scalars = Array(String(decoding: line(position.line), as: UTF8.self).unicodeScalars)
        let column = min(position.column, scalars.count + 1)
        let first = max(0, column - 1 - 120)
        let shown = scalars[first...].prefix(160).map { $0.isPrintable ? Character($0) : "\u{FFFD}" }
        let label = "  \(position.line) | "
        let caret = String(repeating: " ", count: label.unicodeScalars.count + column - 1 - first)
        return "\(label)\(String(shown))\n\(caret)^"
    }
}

/// A place in a text, both counted from 1.
struct SourcePosition: Hashable, Sendable, Comparable {
    var line: Int
    var column: Int

    static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

extension Unicode.Scalar {
    /// Whether a terminal shows the scalar and does nothing else with it.
    var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: false
        default: true
        }
    }
}

extension String {
    /// The text with every scalar that could move a cursor or hide text replaced, cut to 200 characters.
    package var printable: String {
        let shown = unicodeScalars.prefix(200).map { $0.isPrintable ? Character($0) : "\u{FFFD}" }
        return String(shown) + (unicodeScalars.dropFirst(200).isEmpty ? "" : "...")
    }
}
