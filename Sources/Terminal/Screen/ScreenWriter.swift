/// What a screen shows, and where its cursor is; nil hides it.
package struct Frame: Sendable, Hashable {
    package struct Position: Sendable, Hashable {
        package var row: Int
        package var column: Int

        package init(row: Int, column: Int) {
            self.row = row
            self.column = column
        }
    }

    package var lines: [StyledLine]
    package var cursor: Position?

    package init(_ lines: [StyledLine], cursor: Position? = nil) {
        self.lines = lines
        self.cursor = cursor
    }
}

/// Turns frames into the bytes that change a terminal from the last one to the next: a value, so that every screen can
/// be tested without a terminal.
///
/// Two ways of drawing: `inline` keeps a live area below what has scrolled by, so that a finished line belongs to the
/// terminal's scrollback; `whole` owns the screen. Each frame is one synchronized update (mode 2026), so that a terminal
/// which knows it never shows half of one.
package struct ScreenWriter: Sendable {
    package enum Area: Sendable, Hashable { case inline, whole }

    private var encoder: RowEncoder
    package private(set) var width: Int
    package private(set) var height: Int
    package private(set) var area = Area.inline
    private var rows: [CellRow] = []
    /// The row that the cursor is on, counted from the live area's or the screen's top.
    private var row = 0
    private var column = 0
    private var isCursorShown = true
    /// The live area while the whole screen is shown.
    private var kept: (rows: [CellRow], row: Int, column: Int)?

    package init(width: Int, height: Int, depth: ColourDepth, links: Bool = true) {
        encoder = RowEncoder(depth: depth, links: links && depth != .none)
        self.width = max(1, width)
        self.height = max(1, height)
    }

    private static let begin = Array("\u{1B}[?2026h".utf8)
    private static let end = Array("\u{1B}[?2026l".utf8)

    /// Draws with other colours from the next frame on; what is in the scrollback stays.
    ///
    /// - Returns: the bytes that take the live area away, so that it is drawn anew; none where nothing changes.
    package mutating func use(_ palette: ColourPalette) -> [UInt8] {
        guard palette != encoder.palette else { return [] }
        let bytes = erase()
        encoder.palette = palette
        return bytes
    }

    // MARK: - Frames

    /// The bytes that show a frame.
    ///
    /// - Parameter above: lines that go into the scrollback for good, above the live area; inline only.
    package mutating func show(_ frame: Frame, above: [StyledLine] = []) -> [UInt8] {
        var bytes: [UInt8] = []
        let new = frame.lines.suffix(height).map { CellRow($0, limit: width) }
        let dropped = frame.lines.count - new.count
        if area == .inline, !above.isEmpty { scroll(above, into: &bytes) }
        draw(new, into: &bytes)
        place(frame.cursor.map { Frame.Position(row: $0.row - dropped, column: $0.column) }, into: &bytes)
        return bytes.isEmpty ? [] : Self.begin + bytes + Self.end
    }

    /// Puts lines into the scrollback, where the live area was.
    private mutating func scroll(_ lines: [StyledLine], into bytes: inout [UInt8]) {
        hideCursor(into: &bytes)
        clearRows(from: 0, into: &bytes)
        move(to: 0, 0, into: &bytes)
        for line in lines {
            for part in line.wrapped(to: width) {
                encoder.draw(CellRow(part, limit: width), from: 0, into: &bytes, clears: part.fill != .standard)
                bytes += "\r\n".utf8
            }
        }
        rows = []
        (row, column) = (0, 0)
    }

    private mutating func draw(_ new: [CellRow], into bytes: inout [UInt8]) {
        for (index, next) in new.enumerated() {
            let old = index < rows.count ? rows[index] : nil
            if old == next { continue }
            hideCursor(into: &bytes)
            let (cell, start) = old.map { $0.fill == next.fill ? $0.damage(by: next) : (0, 0) } ?? (0, 0)
            move(to: index, start, into: &bytes)
            encoder.draw(next, from: cell, into: &bytes)
            column = next.width
            // Where the last column was written the cursor waits at it; say so plainly before it moves on.
            if column >= width {
                bytes += "\r".utf8
                column = 0
            }
        }
        if new.count < rows.count {
            hideCursor(into: &bytes)
            clearRows(from: new.count, into: &bytes)
        }
        rows = new
    }

    /// Blanks drawn rows one by one: what clears to the screen's end makes some terminals (tmux) keep a copy of it in
    /// the scrollback.
    private mutating func clearRows(from first: Int, into bytes: inout [UInt8]) {
        guard first < rows.count else { return }
        for row in first..<rows.count {
            move(to: row, 0, into: &bytes)
            bytes += "\u{1B}[K".utf8
        }
    }

    private mutating func place(_ cursor: Frame.Position?, into bytes: inout [UInt8]) {
        guard let cursor, cursor.row >= 0 else { return hideCursor(into: &bytes) }
        let target = (min(cursor.row, max(0, rows.count - 1)), min(cursor.column, width - 1))
        if target != (row, column) { move(to: target.0, target.1, into: &bytes) }
        guard !isCursorShown else { return }
        bytes += "\u{1B}[?25h".utf8
        isCursorShown = true
    }

    private mutating func hideCursor(into bytes: inout [UInt8]) {
        guard isCursorShown else { return }
        bytes += "\u{1B}[?25l".utf8
        isCursorShown = false
    }

    private mutating func move(to newRow: Int, _ newColumn: Int, into bytes: inout [UInt8]) {
        if area == .whole {
            bytes += "\u{1B}[\(newRow + 1);\(newColumn + 1)H".utf8
        } else {
            if newRow < row { bytes += "\u{1B}[\(row - newRow)A".utf8 }
            // A line feed goes down, and makes room at the screen's end.
            if newRow > row { bytes += String(repeating: "\n", count: newRow - row).utf8 }
            bytes += newColumn == 0 ? "\r".utf8 : "\u{1B}[\(newColumn + 1)G".utf8
        }
        (row, column) = (newRow, newColumn)
    }

    // MARK: - Changes of the screen

    /// The terminal has another size. What it shows of the live area is taken away; the next frame draws it anew.
    package mutating func resize(width newWidth: Int, height newHeight: Int) -> [UInt8] {
        let (newWidth, newHeight) = (max(1, newWidth), max(1, newHeight))
        guard newWidth != width || newHeight != height else { return [] }
        if area == .whole {
            (width, height) = (newWidth, newHeight)
            // What is beneath moved in ways that cannot be told from here.
            kept = nil
            return clear()
        }
        // Terminals break rows anew at a smaller width, so what was drawn may stand on more rows than it was.
        var above = 0
        for index in 0..<min(row, rows.count) {
            above += max(1, (rows[index].width + newWidth - 1) / newWidth)
        }
        above += column / newWidth
        (width, height) = (newWidth, newHeight)
        above = min(above, height - 1)
        let drawn = rows.reduce(0) { $0 + max(1, ($1.width + newWidth - 1) / newWidth) }
        let count = min(height, max(drawn, above + 1))
        rows = []
        (row, column) = (0, 0)
        let up = { (count: Int) in count > 0 ? "\u{1B}[\(count)A" : "" }
        let blank = Array(repeating: "\r\u{1B}[K", count: count).joined(separator: "\n")
        return Array("\(up(above))\(blank)\(up(count - 1))\r".utf8)
    }

    /// Takes away what was drawn, to draw it anew in its place.
    package mutating func erase() -> [UInt8] {
        guard area == .inline else { return clear() }
        var bytes: [UInt8] = []
        clearRows(from: 0, into: &bytes)
        move(to: 0, 0, into: &bytes)
        rows = []
        return bytes
    }

    /// Begins anew where the cursor is, for a screen that something else has written to.
    package mutating func clear() -> [UInt8] {
        rows = []
        (row, column) = (0, 0)
        return Array((area == .whole ? "\u{1B}[0m\u{1B}[H\u{1B}[2J" : "\u{1B}[0m\r\u{1B}[J").utf8)
    }

    /// Begins to own the whole screen; the terminal keeps what is there.
    package mutating func enterWhole() -> [UInt8] {
        guard area == .inline else { return [] }
        kept = (rows, row, column)
        area = .whole
        return Array("\u{1B}[?1049h".utf8) + clear()
    }

    /// Gives the screen back.
    package mutating func leaveWhole() -> [UInt8] {
        guard area == .whole else { return [] }
        area = .inline
        var bytes = Array("\u{1B}[?1049l".utf8)
        if let kept {
            (rows, row, column) = kept
        } else {
            bytes += "\r\u{1B}[J".utf8
            rows = []
            (row, column) = (0, 0)
        }
        kept = nil
        return bytes
    }

    /// Takes the live area away and leaves the cursor at the beginning of its place; for the end, and for others.
    package mutating func leave() -> [UInt8] {
        var bytes = leaveWhole()
        clearRows(from: 0, into: &bytes)
        move(to: 0, 0, into: &bytes)
        if !isCursorShown { bytes += "\u{1B}[?25h".utf8 }
        isCursorShown = true
        rows = []
        return bytes
    }
}
