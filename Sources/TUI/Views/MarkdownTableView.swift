import Terminal
import Text

/// A table with lines around its cells where it fits, and as a list of rows where it does not.
struct MarkdownTableView {
    let table: MarkdownTable
    let width: Int

    /// Columns narrower than this cannot be read.
    private static let narrowest = 4

    var lines: [StyledLine] {
        guard let widths = columnWidths else { return stacked }
        var lines = [rule("┌", "┬", "┐", widths)]
        lines += row(table.header.map { bold($0) }, widths)
        lines.append(rule("├", "┼", "┤", widths))
        for cells in table.rows { lines += row(cells.map(cell), widths) }
        lines.append(rule("└", "┴", "┘", widths))
        return lines
    }

    private func cell(_ runs: [MarkdownRun]) -> StyledLine { MarkdownView(width: width).line(runs) }

    private func bold(_ runs: [MarkdownRun]) -> StyledLine {
        StyledLine(cell(runs).spans.map { Span($0.text, $0.style.with(.bold), link: $0.link) })
    }

    /// What each column gets: its widest cell where all fit, else the wide ones share what the narrow ones leave. Nil
    /// where that is too little to read.
    private var columnWidths: [Int]? {
        let count = table.header.count
        guard count > 0 else { return nil }
        let room = width - (3 * count + 1)
        var wanted = table.header.map { max(1, cell($0).width) }
        for cells in table.rows {
            for (column, runs) in cells.enumerated() { wanted[column] = max(wanted[column], cell(runs).width) }
        }
        guard wanted.reduce(0, +) > room else { return wanted }
        var widths = Array(repeating: 0, count: count)
        var open = Set(0..<count)
        var left = room
        while !open.isEmpty {
            let share = left / open.count
            let narrow = open.filter { wanted[$0] <= share }
            guard !narrow.isEmpty else {
                for column in open.sorted() { widths[column] = share }
                break
            }
            for column in narrow {
                widths[column] = wanted[column]
                left -= wanted[column]
                open.remove(column)
            }
        }
        return widths.allSatisfy { $0 >= Self.narrowest || $0 == wanted.min() } ? widths : nil
    }

    private func rule(_ left: String, _ middle: String, _ right: String, _ widths: [Int]) -> StyledLine {
        StyledLine(
            left + widths.map { String(repeating: "─", count: $0 + 2) }.joined(separator: middle) + right, Theme.dim)
    }

    private func row(_ cells: [StyledLine], _ widths: [Int]) -> [StyledLine] {
        let wrapped = zip(cells, widths).map { $0.wrapped(to: $1) }
        let height = wrapped.map(\.count).max() ?? 1
        return (0..<height).map { index in
            var line = StyledLine("│", Theme.dim)
            for (column, lines) in wrapped.enumerated() {
                let text = index < lines.count ? lines[index] : .empty
                line = line + StyledLine(" ") + aligned(text, widths[column], table.alignments[column])
                line.append(" │", Theme.dim)
            }
            return line
        }
    }

    private func aligned(_ line: StyledLine, _ width: Int, _ alignment: MarkdownTable.Alignment) -> StyledLine {
        let missing = max(0, width - line.width)
        let before =
            switch alignment {
            case .left: 0
            case .right: missing
            case .centre: missing / 2
            }
        return StyledLine([Span(String(repeating: " ", count: before))] + line.spans).padded(to: width)
    }

    private var stacked: [StyledLine] {
        var lines: [StyledLine] = []
        for cells in table.rows {
            if !lines.isEmpty { lines.append(.empty) }
            for (title, runs) in zip(table.header, cells) {
                let line = bold(title) + StyledLine(": ") + cell(runs)
                lines += line.wrapped(to: width, indent: StyledLine("  "))
            }
        }
        return lines.isEmpty ? table.header.flatMap { bold($0).wrapped(to: width) } : lines
    }
}
