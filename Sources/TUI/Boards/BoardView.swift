import Terminal
import Wire

/// A board as lines of the whole screen: rows to the left and what belongs to the chosen one to the right, or beneath
/// each other where it is narrow.
struct BoardView {
    let board: Board
    let keymap: Keymap
    let width: Int
    let height: Int

    /// From so many columns on both stand side by side.
    private static let wide = 100

    private var isWide: Bool { width >= Self.wide }
    private var body: Int { max(2, height - 3) }
    private var listWidth: Int { isWide ? min(70, width * 2 / 5) : width }
    private var detailWidth: Int { isWide ? width - listWidth - 3 : width }
    private var listHeight: Int { isWide ? body : min(max(1, board.rows.count), max(3, body / 3)) }
    private var detailHeight: Int { isWide ? body : max(1, body - listHeight - 1) }

    /// How far the detail can be scrolled.
    var scrollLimit: Int { max(0, detail.count - detailHeight) }

    var frame: Frame {
        var lines = [head]
        let list = self.list
        let detail = shownDetail
        if isWide {
            let bar = StyledLine(" │ ", Theme.dim)
            for index in 0..<body {
                let left = index < list.count ? list[index] : .empty
                let right = index < detail.count ? detail[index] : .empty
                lines.append(left.cut(to: listWidth).padded(to: listWidth) + bar + right)
            }
        } else {
            lines += list
            while lines.count < 1 + listHeight { lines.append(.empty) }
            lines.append(StyledLine(String(repeating: "─", count: width), Theme.dim))
            lines += detail
            while lines.count < 1 + body { lines.append(.empty) }
        }
        lines.append(notice)
        lines.append(keys)
        guard board.isFiltering else { return Frame(lines) }
        return Frame(lines, cursor: Frame.Position(row: height - 1, column: keys.width))
    }

    private var head: StyledLine {
        var line = StyledLine(" \(board.title)", Theme.heading)
        if board.rows.count != board.all.count {
            line.append("  \(board.rows.count) of \(board.all.count)", Theme.dim)
        }
        if !board.marked.isEmpty { line.append("  \(board.marked.count) marked", Theme.warning) }
        return line.cut(to: width)
    }

    private var list: [StyledLine] {
        guard !board.rows.isEmpty else {
            let text = board.all.isEmpty ? board.emptyText : "nothing matches"
            return StyledLine("  \(text)", Theme.dim).wrapped(to: listWidth, indent: StyledLine("  "))
        }
        let first = max(0, min(board.selected - listHeight / 2, board.rows.count - listHeight))
        return (first..<min(board.rows.count, first + listHeight)).map(row)
    }

    private func row(_ index: Int) -> StyledLine {
        let row = board.rows[index]
        let isSelected = index == board.selected
        var line = StyledLine(isSelected ? "› " : "  ", Theme.accent)
        if board.all.contains(where: \.canBeMarked) {
            line.append(row.canBeMarked ? board.marked.contains(row.id) ? "● " : "○ " : "  ", Theme.warning)
        }
        line.append(String(repeating: "  ", count: row.depth))
        let (mark, style) = Self.look(row.tone)
        if !mark.isEmpty { line.append("\(mark) ", style) }
        line.append(row.title.oneLine, isSelected ? .bold : row.tone == .dim ? Theme.dim : .plain)
        for fact in row.facts where !fact.isEmpty { line.append("  \(fact.oneLine)", Theme.dim) }
        return line.cut(to: listWidth)
    }

    private static func look(_ tone: Board.Tone) -> (String, CellStyle) {
        switch tone {
        case .plain, .dim: ("", .plain)
        case .good: ("✓", Theme.good)
        case .bad: ("✗", Theme.bad)
        case .warning: ("!", Theme.warning)
        case .busy: ("◆", Theme.accent)
        }
    }

    private var detail: [StyledLine] {
        var lines: [StyledLine] = []
        if let question = board.question {
            lines = [StyledLine(question.text, CellStyle(.yellow, .bold)), .empty] + question.preview
        } else if let current = board.current {
            lines = board.details[current.id] ?? [StyledLine("…", Theme.dim)]
        }
        return lines.flatMap { $0.wrapped(to: detailWidth, indent: StyledLine("  ")) }
    }

    private var shownDetail: [StyledLine] {
        let all = detail
        let first = min(board.scroll, max(0, all.count - detailHeight))
        var shown = Array(all.dropFirst(first).prefix(detailHeight))
        let below = all.count - first - shown.count
        if below > 0, !shown.isEmpty {
            shown[shown.count - 1] = StyledLine(
                "… \(below + 1) more lines (\(keymap.first(.boardScrollDown)))", Theme.dim
            ).cut(to: detailWidth)
        }
        return shown
    }

    private var notice: StyledLine {
        StyledLine(board.notice.map { " \($0.oneLine)" } ?? "", Theme.accent).cut(to: width)
    }

    private var keys: StyledLine {
        if board.isFiltering {
            return StyledLine([Span(" \(keymap.first(.boardFilter))", Theme.accent), Span(board.filter)]).cut(to: width)
        }
        if board.question != nil {
            return StyledLine(" \(keymap.first(.confirmYes)) does it · any other key does not", CellStyle(.yellow)).cut(
                to: width)
        }
        var parts = board.commands.map { "\(keymap.first($0.action)) \($0.words)" }
        if board.all.contains(where: \.canBeMarked) { parts.append("\(keymap.first(.boardMark)) marks") }
        parts.append("\(keymap.first(.boardFilter)) \(board.searches ? "searches" : "narrows")")
        parts += [
            keymap.keys(.boardScrollUp, .boardScrollDown), "\(keymap.first(.boardShowKeys)) keys",
            "\(keymap.label(.boardClose, without: .global)) leaves",
        ]
        // What it can do stays; what every board has goes first.
        while parts.count > board.commands.count + 1,
            StyledLine(" " + parts.joined(separator: " · ")).width > width
        { parts.remove(at: parts.count - 2) }
        return StyledLine(" " + parts.joined(separator: " · "), Theme.dim).cut(to: width)
    }
}
