import Terminal
import Text

/// A unified diff as lines: the file's name, line numbers, syntax colours on what stays, and the words that differ.
struct DiffView {
    let width: Int
    /// Lines of the diff that are shown; nil for all.
    var limit: Int?
    /// Whether each file's name stands before its changes.
    var showsNames = true

    func lines(_ diff: String) -> [StyledLine] {
        var builder = DiffBuilder(width: width, showsNames: showsNames)
        for line in diff.lines { builder.take(line[...]) }
        builder.flush()
        var lines = builder.lines
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard let limit, lines.count > limit + 1 else { return lines }
        let hidden = lines.count - limit
        return Array(lines.prefix(limit)) + [StyledLine("… \(hidden) more lines (Ctrl-T shows all)", Theme.dim)]
    }

    /// Added and removed lines of a diff.
    static func counts(_ diff: String) -> (added: Int, removed: Int) {
        var (added, removed, isInHunk) = (0, 0, false)
        for line in diff.lines {
            if line.hasPrefix("@@") { isInHunk = true } else if line.hasPrefix("diff ") { isInHunk = false }
            guard isInHunk else { continue }
            if line.first == "+" { added += 1 } else if line.first == "-" { removed += 1 }
        }
        return (added, removed)
    }
}

private struct DiffBuilder {
    let width: Int
    let showsNames: Bool
    private(set) var lines: [StyledLine] = []
    private var lexer = CodeLexer(language: "")
    /// The name that a deleted file had.
    private var removedPath = ""
    private var old = 0
    private var new = 0
    private var isInHunk = false
    private var removed: [(number: Int, text: String)] = []
    private var added: [(number: Int, text: String)] = []

    init(width: Int, showsNames: Bool) {
        self.width = width
        self.showsNames = showsNames
    }

    /// Whether there is room for line numbers.
    private var gutter: Int { width >= 60 ? 5 : 0 }

    mutating func take(_ line: Substring) {
        if line.hasPrefix("@@") {
            flush()
            hunk(line)
        } else if isInHunk, line.first == "-", !line.hasPrefix("--- ") || removed.isEmpty && old > 0 {
            if !added.isEmpty { flush() }
            removed.append((old, String(line.dropFirst())))
            old += 1
        } else if isInHunk, line.first == "+" {
            added.append((new, String(line.dropFirst())))
            new += 1
        } else if isInHunk, line.first == " " || line.isEmpty {
            flush()
            if line.isEmpty { return }
            let text = String(line.dropFirst())
            emit(" ", new, CodeView.spans(lexer.tokens(text)).map { Span($0.text, $0.style.with(.dim)) }, .dim)
            old += 1
            new += 1
        } else {
            flush()
            header(line)
        }
    }

    private mutating func header(_ line: Substring) {
        // Git's own head lines say twice what one says.
        if line.hasPrefix("--- ") {
            removedPath = line.hasPrefix("--- a/") ? String(line.dropFirst(6)) : String(line.dropFirst(4))
        }
        if line.hasPrefix("diff ") || line.hasPrefix("index ") || line.hasPrefix("--- ") { return isInHunk = false }
        if line.hasPrefix("+++ ") {
            isInHunk = false
            var path = String(line.dropFirst(4))
            if path.hasPrefix("b/") { path.removeFirst(2) }
            lexer = CodeLexer(path: path)
            if path == "/dev/null" { path = removedPath }
            if showsNames { lines.append(StyledLine(path, .bold).cut(to: width)) }
            return
        }
        if !line.isEmpty { lines.append(StyledLine(String(line), Theme.dim).cut(to: width)) }
    }

    /// `@@ -12,7 +12,9 @@ context`.
    private mutating func hunk(_ line: Substring) {
        if isInHunk, !lines.isEmpty { lines.append(StyledLine("⋮", Theme.dim)) }
        isInHunk = true
        let parts = line.split(separator: " ")
        func start(_ index: Int) -> Int {
            guard parts.count > index else { return 1 }
            return Int(parts[index].dropFirst().prefix { $0 != "," }) ?? 1
        }
        (old, new) = (start(1), start(2))
    }

    /// Pairs removed lines with the added ones that took their place.
    mutating func flush() {
        let pairs = min(removed.count, added.count)
        var oldSpans: [[Span]] = []
        var newSpans: [[Span]] = []
        for index in 0..<pairs {
            let (before, after) = WordDiff.spans(removed[index].text, added[index].text)
            oldSpans.append(before)
            newSpans.append(after)
        }
        for (index, line) in removed.enumerated() {
            emit("-", line.number, index < pairs ? oldSpans[index] : [Span(line.text, Theme.removed)], Theme.removed)
        }
        for (index, line) in added.enumerated() {
            emit("+", line.number, index < pairs ? newSpans[index] : [Span(line.text, Theme.added)], Theme.added)
        }
        (removed, added) = ([], [])
    }

    private mutating func emit(_ sign: String, _ number: Int, _ spans: [Span], _ style: CellStyle) {
        var lead: [Span] = []
        if gutter > 0 {
            let digits = String(number)
            lead.append(
                Span(String(repeating: " ", count: max(0, gutter - 1 - digits.count)) + digits + " ", Theme.dim))
        }
        lead.append(Span("\(sign) ", style))
        let indent = lead.reduce(0) { $0 + $1.width }
        for (index, part) in StyledLine(spans).broken(at: max(4, width - indent)).enumerated() {
            var line = StyledLine(index == 0 ? lead : [Span(String(repeating: " ", count: indent))]) + part
            // For pages, which are cut to a screen only when they are shown.
            line.hang = indent
            lines.append(line)
        }
    }
}

/// Which words of two lines differ.
enum WordDiff {
    /// Longer lines are coloured whole: nobody reads single words there.
    private static let limit = 400

    static func spans(_ old: String, _ new: String) -> ([Span], [Span]) {
        let (before, after) = (words(old), words(new))
        guard before.count <= limit, after.count <= limit else {
            return ([Span(old, Theme.removed)], [Span(new, Theme.added)])
        }
        var gone = Set<Int>()
        var come = Set<Int>()
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, _, _): gone.insert(offset)
            case .insert(let offset, _, _): come.insert(offset)
            }
        }
        // Where little stays the same, marks on single words only make it harder to read.
        let kept = before.enumerated().reduce(0) { $0 + (gone.contains($1.offset) ? 0 : $1.element.count) }
        guard kept * 3 >= min(old.count, new.count) else {
            return ([Span(old, Theme.removed)], [Span(new, Theme.added)])
        }
        return (
            joined(before, gone, Theme.removed, Theme.removedWord), joined(after, come, Theme.added, Theme.addedWord)
        )
    }

    private static func joined(_ words: [Substring], _ marked: Set<Int>, _ plain: CellStyle, _ mark: CellStyle)
        -> [Span]
    {
        var spans: [Span] = []
        var text = ""
        var style = plain
        for (index, word) in words.enumerated() {
            let next = marked.contains(index) ? mark : plain
            if next != style, !text.isEmpty {
                spans.append(Span(text, style))
                text = ""
            }
            style = next
            text += word
        }
        if !text.isEmpty { spans.append(Span(text, style)) }
        return spans
    }

    private static func words(_ text: String) -> [Substring] {
        var words: [Substring] = []
        var start = text.startIndex
        var index = start
        func kind(_ character: Character) -> Int {
            character.isLetter || character.isNumber || character == "_" ? 0 : character == " " ? 1 : 2
        }
        while index < text.endIndex {
            let next = text.index(after: index)
            if next == text.endIndex || kind(text[next]) != kind(text[index]) || kind(text[index]) == 2 {
                words.append(text[start..<next])
                start = next
            }
            index = next
        }
        return words
    }
}
