/// Markdown as blocks. Total: any text is a document, also the first half of one that is still being written.
package struct MarkdownDocument: Sendable, Hashable {
    /// A block, and where the text behind it begins, in bytes.
    package struct Located: Sendable, Hashable {
        package var block: MarkdownBlock
        package var end: Int
    }

    package let located: [Located]
    package var blocks: [MarkdownBlock] { located.map(\.block) }

    package init(_ text: String) {
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        var parser = MarkdownParser(lines: lines, depth: 0)
        var ends = lines.map { text.utf8.distance(from: text.startIndex, to: $0.startIndex) }
        ends.append(text.utf8.count)
        located = parser.parse().map { Located(block: $0, end: ends[$1]) }
    }
}

/// One pass over lines; nested blocks are parsed by parsers of their own.
struct MarkdownParser {
    private let lines: [Substring]
    private let depth: Int
    private var at = 0
    /// Beyond it what would be nested stays text: depth comes from outside.
    private static let depthLimit = 8

    init(lines: [Substring], depth: Int) {
        self.lines = lines
        self.depth = depth
    }

    /// Each block with the number of the line behind it.
    mutating func parse() -> [(MarkdownBlock, Int)] {
        var blocks: [(MarkdownBlock, Int)] = []
        while at < lines.count {
            if lines[at].isBlank {
                at += 1
                continue
            }
            let block = block()
            blocks.append((block, at))
        }
        return blocks
    }

    private mutating func block() -> MarkdownBlock {
        let line = lines[at]
        if let fence = Fence(line) { return code(fence) }
        if let heading = Self.heading(line) {
            at += 1
            return heading
        }
        if Self.isRule(line) {
            at += 1
            return .rule
        }
        if let table = table() { return table }
        if depth < Self.depthLimit {
            if line.unindented.first == ">" { return quote() }
            if ListMarker(line) != nil { return list() }
        }
        if line.indent >= 4 { return indentedCode() }
        return paragraph()
    }

    // MARK: - Code

    private struct Fence {
        let mark: Character
        let count: Int
        let indent: Int
        let info: String

        init?(_ line: Substring) {
            indent = line.indent
            let text = line.unindented
            guard indent < 4, let mark = text.first, mark == "`" || mark == "~" else { return nil }
            self.mark = mark
            count = text.prefix { $0 == mark }.count
            let rest = text.dropFirst(count).trimmed
            guard count >= 3, mark == "~" || !rest.contains("`") else { return nil }
            info = String(rest)
        }

        func isClosed(by line: Substring) -> Bool {
            let text = line.unindented
            return line.indent < 4 && text.prefix { $0 == mark }.count >= count
                && text.drop { $0 == mark }.allSatisfy(\.isWhitespace)
        }
    }

    private mutating func code(_ fence: Fence) -> MarkdownBlock {
        at += 1
        var body: [String] = []
        var isClosed = false
        while at < lines.count, !isClosed {
            let line = lines[at]
            at += 1
            if fence.isClosed(by: line) {
                isClosed = true
            } else {
                body.append(String(line.dropIndent(fence.indent)))
            }
        }
        // The text's last line end is no line of its own.
        if !isClosed, body.last == "" { body.removeLast() }
        let language = fence.info.split { $0 == " " || $0 == "," || $0 == "{" }.first.map(String.init) ?? ""
        return .code(language: language.lowercased(), lines: body, isClosed: isClosed)
    }

    private mutating func indentedCode() -> MarkdownBlock {
        var body: [String] = []
        while at < lines.count, lines[at].indent >= 4 || lines[at].isBlank {
            body.append(String(lines[at].dropIndent(4)))
            at += 1
        }
        while body.last?.allSatisfy(\.isWhitespace) == true { body.removeLast() }
        return .code(language: "", lines: body, isClosed: true)
    }

    // MARK: - Lines

    private static func heading(_ line: Substring) -> MarkdownBlock? {
        let text = line.unindented
        let level = text.prefix { $0 == "#" }.count
        guard (1...6).contains(level), line.indent < 4 else { return nil }
        let rest = text.dropFirst(level)
        guard rest.isEmpty || rest.first == " " || rest.first == "\t" else { return nil }
        var title = rest.trimmed
        let closing = title.reversed().prefix { $0 == "#" }.count
        if closing > 0, title.dropLast(closing).last == " " { title = title.dropLast(closing).trimmed }
        return .heading(level: level, MarkdownInline.runs(String(title)))
    }

    private static func isRule(_ line: Substring) -> Bool {
        let text = line.filter { $0 != " " && $0 != "\t" }
        guard let mark = text.first, mark == "-" || mark == "*" || mark == "_" else { return false }
        return line.indent < 4 && text.count >= 3 && text.allSatisfy { $0 == mark }
    }

    private mutating func paragraph() -> MarkdownBlock {
        var text = ""
        var isFirst = true
        while at < lines.count, !lines[at].isBlank, isFirst || !beginsBlock(lines[at]) {
            if !isFirst { text += "\n" }
            text += lines[at].trimmed
            isFirst = false
            at += 1
        }
        return .paragraph(MarkdownInline.runs(text))
    }

    /// Whether a line ends a paragraph that stands before it.
    private func beginsBlock(_ line: Substring) -> Bool {
        if Fence(line) != nil || Self.heading(line) != nil || Self.isRule(line) { return true }
        guard depth < Self.depthLimit else { return false }
        return line.unindented.first == ">" || ListMarker(line)?.canInterrupt == true
    }

    private mutating func quote() -> MarkdownBlock {
        var inner: [Substring] = []
        while at < lines.count, lines[at].unindented.first == ">" {
            let rest = lines[at].unindented.dropFirst()
            inner.append(rest.first == " " ? rest.dropFirst() : rest)
            at += 1
        }
        return .quote(nested(inner))
    }

    private func nested(_ lines: [Substring]) -> [MarkdownBlock] {
        var parser = MarkdownParser(lines: lines, depth: depth + 1)
        return parser.parse().map(\.0)
    }

    // MARK: - Lists

    private struct ListMarker {
        let number: Int?
        let mark: Character
        /// Columns before the item's text.
        let offset: Int
        let rest: Substring

        init?(_ line: Substring) {
            let text = line.unindented
            let digits = text.prefix { ("0"..."9").contains($0) }
            let afterDigits = text.dropFirst(digits.count)
            guard let mark = afterDigits.first else { return nil }
            if digits.isEmpty {
                guard mark == "-" || mark == "*" || mark == "+" else { return nil }
                number = nil
            } else {
                guard digits.count < 10, mark == "." || mark == ")" else { return nil }
                number = Int(digits)
            }
            let body = afterDigits.dropFirst()
            guard body.isEmpty || body.first == " " || body.first == "\t" else { return nil }
            self.mark = mark
            let spaces = body.prefix { $0 == " " }.count
            let used = (1...4).contains(spaces) && spaces < body.count ? spaces : 1
            offset = line.indent + digits.count + 1 + used
            rest = body.dropFirst(used)
        }

        /// A paragraph is ended by bullets and by the number one alone: a year at a line's beginning is no list.
        var canInterrupt: Bool { !rest.isBlank && (number == nil || number == 1) }
    }

    private mutating func list() -> MarkdownBlock {
        guard let first = ListMarker(lines[at]) else { return paragraph() }
        let indent = lines[at].indent
        var items: [[MarkdownBlock]] = []
        while at < lines.count, let marker = ListMarker(lines[at]), marker.mark == first.mark,
            lines[at].indent < max(indent + 2, first.offset), items.isEmpty || !Self.isRule(lines[at])
        {
            var inner = [marker.rest]
            at += 1
            while at < lines.count {
                let line = lines[at]
                if line.isBlank {
                    // Belongs to the item only if something of it follows.
                    guard let next = lines[at...].first(where: { !$0.isBlank }), next.indent >= marker.offset else {
                        break
                    }
                    inner.append("")
                } else if line.indent >= marker.offset {
                    inner.append(line.dropIndent(marker.offset))
                } else if inner.last?.isBlank == false, !beginsBlock(line), ListMarker(line) == nil {
                    inner.append(line.unindented)
                } else {
                    break
                }
                at += 1
            }
            items.append(nested(inner))
            let next = lines[at...].firstIndex { !$0.isBlank } ?? lines.count
            if next < lines.count, let following = ListMarker(lines[next]), following.mark == first.mark { at = next }
        }
        return .list(start: first.number, items: items)
    }

    // MARK: - Tables

    private mutating func table() -> MarkdownBlock? {
        guard at + 1 < lines.count, lines[at].contains("|"), let alignments = Self.alignments(lines[at + 1]) else {
            return nil
        }
        let header = Self.cells(lines[at])
        guard header.count == alignments.count else { return nil }
        at += 2
        var rows: [[[MarkdownRun]]] = []
        while at < lines.count, !lines[at].isBlank, lines[at].contains("|") {
            let cells = Self.cells(lines[at]).prefix(header.count).map { MarkdownInline.runs($0) }
            rows.append(cells + Array(repeating: [], count: header.count - cells.count))
            at += 1
        }
        return .table(
            MarkdownTable(header: header.map { MarkdownInline.runs($0) }, alignments: alignments, rows: rows))
    }

    private static func alignments(_ line: Substring) -> [MarkdownTable.Alignment]? {
        guard line.contains("-"), line.allSatisfy({ "|-: \t".contains($0) }) else { return nil }
        let cells = cells(line)
        guard !cells.isEmpty, cells.allSatisfy({ $0.contains("-") }) else { return nil }
        return cells.map { cell in
            switch (cell.hasPrefix(":"), cell.hasSuffix(":")) {
            case (true, true): .centre
            case (false, true): .right
            default: .left
            }
        }
    }

    /// Texts between bars; a bar after a backslash or in a code span is text.
    private static func cells(_ line: Substring) -> [String] {
        var cells: [String] = []
        var cell = ""
        var isEscaped = false
        var isCode = false
        for character in line.trimmed {
            if character == "|", !isEscaped, !isCode {
                cells.append(String(Substring(cell).trimmed))
                cell = ""
            } else {
                if character == "`", !isEscaped { isCode.toggle() }
                if isEscaped, character == "|" { cell.removeLast() }
                cell.append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        cells.append(String(Substring(cell).trimmed))
        if cells.first == "" { cells.removeFirst() }
        if cells.last == "" { cells.removeLast() }
        return cells
    }
}

extension Substring {
    fileprivate var isBlank: Bool { allSatisfy { $0 == " " || $0 == "\t" } }

    fileprivate var trimmed: Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    fileprivate var unindented: Substring { drop { $0 == " " || $0 == "\t" } }

    /// Columns before the text; a tab counts to the next four.
    fileprivate var indent: Int {
        var columns = 0
        for character in self {
            if character == " " { columns += 1 } else if character == "\t" { columns += 4 - columns % 4 } else { break }
        }
        return columns
    }

    /// Without so many columns of indent, or all there are.
    fileprivate func dropIndent(_ columns: Int) -> Substring {
        var rest = self
        var left = columns
        while left > 0, let first = rest.first, first == " " || first == "\t" {
            left -= first == " " ? 1 : 4
            rest.removeFirst()
        }
        return rest
    }
}
