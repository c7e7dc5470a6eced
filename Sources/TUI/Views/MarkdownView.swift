import Terminal
import Text

/// Markdown as lines of a screen.
struct MarkdownView {
    let width: Int

    /// Blocks with a blank line between each two.
    func lines(_ blocks: [MarkdownBlock]) -> [StyledLine] {
        var lines: [StyledLine] = []
        for (index, block) in blocks.enumerated() {
            if index > 0 { lines.append(.empty) }
            lines += self.lines(block)
        }
        return lines
    }

    func lines(_ block: MarkdownBlock) -> [StyledLine] {
        switch block {
        case .paragraph(let runs): return line(runs).wrapped(to: width)
        case .heading(let level, let runs):
            let style = level <= 2 ? Theme.heading : CellStyle.bold
            return StyledLine(spans(runs).map { Span($0.text, style, link: $0.link) }).wrapped(to: width)
        case .code(let language, let code, _): return self.code(language, code)
        case .list(let start, let items): return list(start, items)
        case .quote(let blocks):
            return MarkdownView(width: max(8, width - 2)).lines(blocks).map {
                StyledLine([Span("│ ", Theme.dim)] + $0.spans.map { Span($0.text, $0.style.with(.dim), link: $0.link) })
            }
        case .table(let table): return MarkdownTableView(table: table, width: width).lines
        case .rule: return [StyledLine(String(repeating: "─", count: min(width, 40)), Theme.dim)]
        }
    }

    private func code(_ language: String, _ code: [String]) -> [StyledLine] {
        var lexer = CodeLexer(language: language)
        return code.flatMap { text in
            // Code is broken where the screen ends and not between words, so that it can be read as it stands.
            (StyledLine([Span("  ")]) + StyledLine(CodeView.spans(lexer.tokens(Self.spaced(text))))).broken(at: width)
        }
    }

    /// Tabs as four columns: eight is too wide for code in a narrow screen.
    private static func spaced(_ text: String) -> String { text.replacing("\t", with: "    ") }

    private func list(_ start: Int?, _ items: [[MarkdownBlock]]) -> [StyledLine] {
        var lines: [StyledLine] = []
        let last = (start ?? 0) + items.count - 1
        for (index, item) in items.enumerated() {
            let number = start.map { "\($0 + index)." }
            let marker = number.map { String(repeating: " ", count: "\(last).".count - $0.count) + $0 } ?? "•"
            let indent = marker.count + 1
            let inner = MarkdownView(width: max(8, width - indent))
            var isFirst = true
            for (number, block) in item.enumerated() {
                // Lists in lists and what follows directly stand close.
                if number > 0, !block.isList { lines.append(.empty) }
                for line in inner.lines(block) {
                    let lead = isFirst ? marker + " " : String(repeating: " ", count: indent)
                    lines.append(StyledLine([Span(lead, Theme.accent)]) + line)
                    isFirst = false
                }
            }
            if isFirst { lines.append(StyledLine(marker, Theme.accent)) }
        }
        return lines
    }

    func line(_ runs: [MarkdownRun]) -> StyledLine { StyledLine(spans(runs)) }

    private func spans(_ runs: [MarkdownRun]) -> [Span] {
        runs.flatMap { run -> [Span] in
            var style = run.style.contains(.code) ? Theme.code : run.link == nil ? .plain : Theme.link
            if run.style.contains(.strong) { style = style.with(.bold) }
            if run.style.contains(.emphasis) { style = style.with(.italic) }
            if run.style.contains(.struck) { style = style.with(.struck) }
            let span = Span(run.text, style, link: run.link)
            // Where a link leads has to be seen: its text may say anything.
            guard let link = run.link, link != run.text, !link.isEmpty else { return [span] }
            return [span, Span(" (\(link))", Theme.dim)]
        }
    }
}

extension MarkdownBlock {
    fileprivate var isList: Bool {
        if case .list = self { true } else { false }
    }
}

extension StyledLine {
    /// Cut into lines of the width, wherever that falls.
    func broken(at width: Int) -> [StyledLine] {
        guard self.width > width, width > 0 else { return [self] }
        var lines: [StyledLine] = []
        var rest = self
        while !rest.isEmpty {
            let head = rest.prefix(width)
            guard !head.isEmpty else { break }
            lines.append(head)
            rest = rest.dropping(head)
        }
        return lines
    }

    /// What is behind a prefix of this line.
    private func dropping(_ head: StyledLine) -> StyledLine {
        var left = head.text.count
        var spans: [Span] = []
        for span in self.spans {
            let count = span.text.count
            if left >= count {
                left -= count
            } else {
                spans.append(Span(String(span.text.dropFirst(left)), span.style, link: span.link))
                left = 0
            }
        }
        return StyledLine(spans, fill: fill)
    }
}
