import Terminal

/// A terminal of the kind that the writer is meant for. It knows exactly the sequences that a frame may hold; any other
/// control byte or sequence is kept as a violation, since on a real terminal it could do anything.
struct VirtualTerminal {
    let width: Int
    let height: Int
    /// Lines that scrolled off, and the screen.
    private(set) var scrollback: [String] = []
    private(set) var violations: [String] = []
    private(set) var links: [String] = []
    private var grid: [[String]]
    private(set) var row = 0
    private(set) var column = 0
    /// Set behind the last column, where the next character begins a new row.
    private var isPending = false

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        grid = Array(repeating: Array(repeating: " ", count: width), count: height)
    }

    /// The screen without what is blank at the ends of its rows and below the last.
    var screen: [String] { Self.trimmed(grid.map { $0.joined() }) }

    /// All lines that were ever shown.
    var everything: [String] { Self.trimmed(scrollback + grid.map { Self.right($0.joined()) }) }

    /// The row that the cursor is on.
    var cursorLine: String { Self.right(grid[row].joined()) }

    private static func right(_ text: String) -> String {
        var text = text
        while text.last == " " { text.removeLast() }
        return text
    }

    private static func trimmed(_ lines: [String]) -> [String] {
        var lines = lines.map(right)
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    mutating func feed(_ bytes: [UInt8]) {
        var text = String(decoding: bytes, as: UTF8.self)[...]
        while let character = text.first {
            guard let scalar = character.unicodeScalars.first,
                scalar.value < 0x20 || scalar.value == 0x7F || (0x80..<0xA0).contains(scalar.value)
            else {
                text.removeFirst()
                put(character)
                continue
            }
            if character == "\r\n" {
                text.removeFirst()
                carriageReturn()
                lineFeed()
            } else if character == "\r" {
                text.removeFirst()
                carriageReturn()
            } else if character == "\n" {
                text.removeFirst()
                lineFeed()
            } else if character == "\u{1B}" {
                sequence(&text)
            } else {
                text.removeFirst()
                violations.append("control \(scalar.value)")
            }
        }
    }

    private mutating func put(_ character: Character) {
        let size = DisplayWidth.of(character)
        if size == 0 { return violations.append("a mark by itself") }
        if isPending || column + size > width {
            carriageReturn()
            lineFeed()
        }
        grid[row][column] = String(character)
        for next in column + 1..<max(column + 1, column + size) { grid[row][next] = "" }
        column += size
        if column >= width {
            column = width - 1
            isPending = true
        }
    }

    private mutating func carriageReturn() {
        column = 0
        isPending = false
    }

    private mutating func lineFeed() {
        isPending = false
        if row < height - 1 { return row += 1 }
        scrollback.append(Self.right(grid.removeFirst().joined()))
        grid.append(Array(repeating: " ", count: width))
    }

    private mutating func sequence(_ text: inout Substring) {
        text.removeFirst()
        guard let kind = text.popFirst() else { return violations.append("a lone escape") }
        if kind == "]" {
            guard let end = text.range(of: "\u{1B}\\") else { return violations.append("an open string") }
            let body = text[..<end.lowerBound]
            text = text[end.upperBound...]
            guard body.hasPrefix("8;;"), body.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                return violations.append("string \(body)")
            }
            if body != "8;;" { links.append(String(body.dropFirst(3))) }
            return
        }
        guard kind == "[" else { return violations.append("escape \(kind)") }
        var parameters = ""
        while let next = text.popFirst() {
            if next.isNumber || next == ";" || next == "?" {
                parameters.append(next)
                continue
            }
            return control(next, parameters)
        }
        violations.append("an open sequence")
    }

    private mutating func control(_ final: Character, _ parameters: String) {
        let numbers = parameters.split(separator: ";").map { Int($0) ?? 0 }
        switch final {
        case "A":
            row = max(0, row - (numbers.first ?? 1))
            isPending = false
        case "G":
            column = min(width, numbers.first ?? 1) - 1
            isPending = false
        case "H":
            row = min(height, numbers.first ?? 1) - 1
            column = min(width, numbers.last ?? 1) - 1
            isPending = false
        case "K": clear(from: column, in: row)
        case "J":
            let isWhole = parameters == "2"
            if !isWhole { clear(from: column, in: row) }
            for line in isWhole ? 0..<height : row + 1..<max(row + 1, height) { clear(from: 0, in: line) }
        case "m": break
        case "h", "l":
            if !["?25", "?2026", "?1049"].contains(parameters) { violations.append("mode \(parameters)\(final)") }
        default: violations.append("sequence \(parameters)\(final)")
        }
    }

    private mutating func clear(from start: Int, in line: Int) {
        guard start < width else { return }
        // Behind a character in the last column there is nothing to clear.
        if line == row, isPending { return }
        for index in start..<width { grid[line][index] = " " }
    }
}

extension Substring {
    fileprivate func range(of needle: String) -> Range<Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(needle) { return at..<index(at, offsetBy: needle.count) }
            formIndex(after: &at)
        }
        return nil
    }
}
