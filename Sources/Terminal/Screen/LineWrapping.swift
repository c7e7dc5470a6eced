extension StyledLine {
    /// The line as lines of at most `width` columns, broken between words where it can be.
    ///
    /// - Parameter indent: what stands before every line but the first, within the width. A line's own `hang` is stronger
    ///   where it leaves half of the width.
    package func wrapped(to width: Int, indent: StyledLine = .empty) -> [StyledLine] {
        let width = max(1, width)
        guard self.width > width else { return [self] }
        let indent = hang > 0 && hang <= width / 2 ? StyledLine(String(repeating: " ", count: hang)) : indent
        var wrapper = LineWrapper(width: width, indent: indent.width < width ? indent : .empty, fill: fill)
        for span in spans { wrapper.take(span) }
        return wrapper.finish()
    }
}

/// Collects words and breaks lines before those that do not fit.
private struct LineWrapper {
    let width: Int
    let indent: StyledLine
    let fill: TerminalColour
    private var lines: [StyledLine] = []
    private var line: [Span] = []
    private var column = 0
    /// Whether the line holds more than its indent.
    private var hasText = false
    /// The word under way, which may run over several spans.
    private var word: [Span] = []
    private var wordWidth = 0

    init(width: Int, indent: StyledLine, fill: TerminalColour) {
        self.width = width
        self.indent = indent
        self.fill = fill
    }

    mutating func take(_ span: Span) {
        var text = ""
        var columns = 0
        func flush(_ wrapper: inout LineWrapper) {
            if !text.isEmpty { wrapper.word.append(span.part(text)) }
            wrapper.wordWidth += columns
            (text, columns) = ("", 0)
        }
        for character in span.text {
            let size = DisplayWidth.of(character)
            if character == " " {
                flush(&self)
                endWord()
                if column < width {
                    line.append(span.part(" "))
                    column += 1
                } else {
                    breakLine()
                }
                continue
            }
            // Scripts without spaces may break between any two of their characters.
            if size == 2 {
                flush(&self)
                endWord()
            }
            text.append(character)
            columns += size
            if wordWidth + columns >= width - indent.width {
                flush(&self)
                endWord()
            }
        }
        flush(&self)
    }

    mutating func finish() -> [StyledLine] {
        endWord()
        if hasText || lines.isEmpty { breakLine() }
        return lines
    }

    private mutating func endWord() {
        guard !word.isEmpty else { return }
        if column + wordWidth > width, hasText || column > indent.width { breakLine() }
        line += word
        column += wordWidth
        hasText = true
        word = []
        wordWidth = 0
    }

    private mutating func breakLine() {
        // Spaces at a line's end would only make it too wide for a smaller screen.
        while let last = line.last, line.count > 1, last.text == " " { line.removeLast() }
        lines.append(StyledLine(Self.joined(line), fill: fill))
        line = indent.spans
        column = indent.width
        hasText = false
    }

    /// Neighbours of one look as one span.
    private static func joined(_ spans: [Span]) -> [Span] {
        spans.reduce(into: []) { result, span in
            if let last = result.last, last.style == span.style, last.link == span.link {
                result[result.count - 1] = last.part(last.text + span.text)
            } else {
                result.append(span)
            }
        }
    }
}
