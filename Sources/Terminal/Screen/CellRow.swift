/// One cell: what a person sees as one character, with its look.
struct Cell: Sendable, Hashable {
    var text: Character
    var width: UInt8
    var style: CellStyle
    var link: String?
}

/// A row of a screen as it stands there: cells from the left, without the blanks at its end.
struct CellRow: Sendable, Hashable {
    private(set) var cells: [Cell] = []
    /// The background from the last cell to the screen's edge.
    private(set) var fill: TerminalColour = .standard
    /// Columns that the cells take.
    private(set) var width = 0

    init() {}

    /// - Parameter limit: columns of the screen; what is beyond them is left out.
    init(_ line: StyledLine, limit: Int) {
        fill = line.fill
        cells.reserveCapacity(min(limit, 120))
        for span in line.spans {
            for character in span.text {
                let size = DisplayWidth.of(character)
                // A mark without a character to stand on.
                if size == 0 { continue }
                guard width + size <= limit else { return }
                width += size
                cells.append(Cell(text: character, width: UInt8(clamping: size), style: span.style, link: span.link))
            }
        }
        if fill == .standard {
            while let last = cells.last, last.text == " ", last.style == .plain, last.link == nil {
                cells.removeLast()
                width -= 1
            }
        }
    }

    /// Where a row that replaces this one has to be drawn from: an index of its cells and their column.
    ///
    /// Terminals disagree about the width of what is made of several code points, so everything behind such a cell is
    /// drawn anew.
    func damage(by new: CellRow) -> (index: Int, column: Int) {
        var column = 0
        for (index, cell) in new.cells.enumerated() {
            guard index < cells.count, cells[index] == cell, cell.isCertain else { return (index, column) }
            column += Int(cell.width)
        }
        return (new.cells.count, column)
    }
}

extension Cell {
    /// Whether all terminals take the same number of columns for it.
    fileprivate var isCertain: Bool { text.unicodeScalars.count == 1 }
}
