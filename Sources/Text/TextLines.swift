/// A text cut into lines without copying: each line is a range of bytes that includes its terminator.
///
/// A line ends after LF, as in diff(1) and git; a CR before it belongs to the line's bytes. Joining all lines gives
/// the text back, byte for byte. Any bytes are a text here, valid UTF-8 or not.
package struct TextLines: Sendable {
    package let bytes: [UInt8]
    /// Where each line begins, and after the last one the length of the text: `count + 1` offsets.
    private let starts: [Int]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        starts.reserveCapacity(bytes.count / 24 + 2)
        ByteSearch.forEachLineFeed(in: bytes) { starts.append($0 + 1) }
        if starts[starts.count - 1] != bytes.count { starts.append(bytes.count) }
        self.starts = starts
    }

    package var count: Int { starts.count - 1 }

    /// The bytes of lines `lines` as one range, terminators included.
    package func byteRange(_ lines: Range<Int>) -> Range<Int> {
        starts[lines.lowerBound]..<starts[lines.upperBound]
    }

    /// A line with its terminator.
    package subscript(line: Int) -> ArraySlice<UInt8> {
        bytes[starts[line]..<starts[line + 1]]
    }

    /// A line without LF or CR LF.
    package func content(_ line: Int) -> ArraySlice<UInt8> {
        self[line].droppingTerminator
    }

    /// Whether the last line lacks its LF.
    ///
    /// False for an empty text, which has no line.
    package var lacksFinalNewline: Bool {
        bytes.last.map { $0 != UInt8(ascii: "\n") } ?? false
    }
}

/// How a text ends its lines.
package enum LineEnding: Sendable, Hashable {
    case lf, crlf

    package var bytes: [UInt8] {
        switch self {
        case .lf: [0x0A]
        case .crlf: [0x0D, 0x0A]
        }
    }

    /// The ending that most lines of a text use; LF on a tie and where there is no line end at all.
    package init(of lines: TextLines) {
        var crlf = 0
        var lf = 0
        for line in 0..<lines.count where lines[line].last == 0x0A {
            if lines[line].dropLast().last == 0x0D { crlf += 1 } else { lf += 1 }
        }
        self = crlf > lf ? .crlf : .lf
    }
}

extension ArraySlice<UInt8> {
    /// The line without its LF or CR LF.
    ///
    /// A lone CR is text and stays.
    var droppingTerminator: ArraySlice<UInt8> {
        guard last == 0x0A else { return self }
        let body = dropLast()
        return body.last == 0x0D ? body.dropLast() : body
    }
}
