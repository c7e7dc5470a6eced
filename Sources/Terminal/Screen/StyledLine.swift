/// A piece of a line in one style. Its text is visible text, whatever it was made from: see `VisibleText`.
package struct Span: Sendable, Hashable {
    package private(set) var text: String
    package var style: CellStyle
    /// Where it leads, for terminals that know links.
    package private(set) var link: String?

    package init(_ text: String, _ style: CellStyle = .plain, link: String? = nil) {
        self.text = VisibleText.line(text)
        self.style = style
        self.link = link.flatMap(VisibleText.link)
    }

    package var width: Int { DisplayWidth.of(text) }

    /// The same look for a part of its text, which is visible already.
    func part(_ text: String) -> Span {
        var span = self
        span.text = text
        return span
    }
}

/// A line of a screen, not yet cut to a width.
package struct StyledLine: Sendable, Hashable {
    package var spans: [Span]
    /// The background from the text's end to the screen's edge.
    package var fill: TerminalColour = .standard
    /// The column at which the line goes on where it has to be broken: that of a table's last column. 0 for where the view says.
    package var hang = 0

    package init(_ spans: [Span] = [], fill: TerminalColour = .standard) {
        self.spans = spans
        self.fill = fill
    }

    package init(_ text: String, _ style: CellStyle = .plain) {
        self.init(text.isEmpty ? [] : [Span(text, style)])
    }

    package static let empty = StyledLine()

    package var width: Int { spans.reduce(0) { $0 + $1.width } }
    package var text: String { spans.map(\.text).joined() }
    package var isEmpty: Bool { spans.allSatisfy(\.text.isEmpty) }

    package static func + (left: StyledLine, right: StyledLine) -> StyledLine {
        StyledLine(left.spans + right.spans, fill: left.fill == .standard ? right.fill : left.fill)
    }

    package mutating func append(_ text: String, _ style: CellStyle = .plain) { spans.append(Span(text, style)) }

    /// The same, cut with an ellipsis where it is wider.
    package func cut(to width: Int) -> StyledLine {
        guard self.width > width else { return self }
        guard width > 0 else { return StyledLine([], fill: fill) }
        var line = prefix(width - 1)
        line.spans.append(Span("…", spans.last?.style ?? .plain))
        return line
    }

    /// The cells that fit into so many columns.
    package func prefix(_ width: Int) -> StyledLine {
        var kept: [Span] = []
        var room = width
        for span in spans {
            let columns = span.width
            if columns <= room {
                kept.append(span)
                room -= columns
                continue
            }
            var text = ""
            for character in span.text {
                let columns = DisplayWidth.of(character)
                if columns > room { break }
                text.append(character)
                room -= columns
            }
            if !text.isEmpty { kept.append(span.part(text)) }
            break
        }
        return StyledLine(kept, fill: fill)
    }

    /// The same with spaces at its end, so that it is at least so wide.
    package func padded(to width: Int) -> StyledLine {
        let missing = width - self.width
        guard missing > 0 else { return self }
        return StyledLine(
            spans + [Span(String(repeating: " ", count: missing), CellStyle(.standard, on: fill))], fill: fill)
    }
}
