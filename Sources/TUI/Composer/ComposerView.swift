import Terminal

/// The composer as lines, with its cursor.
struct ComposerView {
    let composer: Composer
    let width: Int
    let limit: Int
    let placeholder: String

    var frame: Frame {
        if composer.isEmpty {
            let line = StyledLine([Span("› ", Theme.heading), Span(placeholder, Theme.dim)]).cut(to: width)
            return Frame([line], cursor: Frame.Position(row: 0, column: 2))
        }
        let inner = max(2, width - 2)
        var rows: [String] = [""]
        var column = 0
        var cursor = Frame.Position(row: 0, column: 0)
        for (index, character) in composer.editor.text.enumerated() {
            if index == composer.editor.cursor { cursor = Frame.Position(row: rows.count - 1, column: column) }
            if character == "\n" {
                rows.append("")
                column = 0
                continue
            }
            let shown = VisibleText.line(String(character), column: column)
            let size = DisplayWidth.of(shown)
            if column + size > inner {
                rows.append("")
                column = 0
                if index == composer.editor.cursor { cursor = Frame.Position(row: rows.count - 1, column: 0) }
            }
            rows[rows.count - 1] += shown
            column += size
        }
        if composer.editor.cursor == composer.editor.text.count {
            if column >= inner {
                rows.append("")
                column = 0
            }
            cursor = Frame.Position(row: rows.count - 1, column: column)
        }
        let isCommand = composer.editor.text.first == "!" || composer.editor.text.first == "/"
        var lines = rows.enumerated().map { index, text in
            StyledLine([
                Span(index == 0 ? "› " : "  ", Theme.heading),
                Span(text, isCommand && index == 0 ? Theme.accent : .plain),
            ])
        }
        // Where there are more rows than room, those around the cursor are shown.
        if lines.count > limit {
            let first = max(0, min(cursor.row - limit / 2, lines.count - limit))
            lines = Array(lines[first..<first + limit])
            cursor.row -= first
        }
        return Frame(lines, cursor: Frame.Position(row: cursor.row, column: cursor.column + 2))
    }
}
