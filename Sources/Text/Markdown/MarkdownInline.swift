/// Emphasis, code, links and plain text within a paragraph.
///
/// Time is linear in the text but for closers that are looked for once per kind of mark and not again where none was.
package enum MarkdownInline {
    package static func runs(_ text: String) -> [MarkdownRun] {
        guard text.utf8.contains(where: { marks.contains($0) }) else { return text.isEmpty ? [] : [MarkdownRun(text)] }
        var scanner = InlineScanner(Array(text))
        scanner.scan(0..<scanner.text.count, [], link: nil, depth: 0)
        return scanner.runs
    }

    /// Bytes without one of which a text is plain.
    private static let marks = Set("*_`~[\\<:\n".utf8)
}

private struct InlineScanner {
    let text: [Character]
    private(set) var runs: [MarkdownRun] = []
    private var plain = ""
    /// Marks that have no closer from some place on.
    private var unclosed: [String: Int] = [:]
    private static let depthLimit = 6

    init(_ text: [Character]) { self.text = text }

    private mutating func flush(_ style: MarkdownRun.Style, _ link: String?) {
        if !plain.isEmpty { add(plain, style, link) }
        plain = ""
    }

    private mutating func add(_ text: String, _ style: MarkdownRun.Style, _ link: String?) {
        if let last = runs.last, last.style == style, last.link == link {
            runs[runs.count - 1].text += text
        } else {
            runs.append(MarkdownRun(text, style, link: link))
        }
    }

    mutating func scan(_ range: Range<Int>, _ style: MarkdownRun.Style, link: String?, depth: Int) {
        var at = range.lowerBound
        while at < range.upperBound {
            let character = text[at]
            switch character {
            case "\\" where at + 1 < range.upperBound && Self.isPunctuation(text[at + 1]):
                plain.append(text[at + 1])
                at += 2
            case "\n":
                plain.append(" ")
                at += 1
            case "`":
                if let (body, end) = code(at, range.upperBound) {
                    flush(style, link)
                    add(body, style.union(.code), link)
                    at = end
                } else {
                    while at < range.upperBound, text[at] == "`" {
                        plain.append("`")
                        at += 1
                    }
                }
            case "*", "_", "~":
                at = emphasis(at, range, style, link, depth)
            case "[" where link == nil && depth < Self.depthLimit:
                if let (label, address, end) = self.link(at, range.upperBound) {
                    flush(style, link)
                    scan(label, style, link: address, depth: depth + 1)
                    flush(style, address)
                    at = end
                } else {
                    plain.append(character)
                    at += 1
                }
            case "<", "h":
                if link == nil, let (address, end) = address(at, range.upperBound) {
                    flush(style, link)
                    add(address, style, address)
                    at = end
                } else {
                    plain.append(character)
                    at += 1
                }
            default:
                plain.append(character)
                at += 1
            }
        }
        flush(style, link)
    }

    private static func isPunctuation(_ character: Character) -> Bool {
        character.isASCII && (character.isPunctuation || character.isSymbol)
    }

    private func run(_ at: Int, _ end: Int) -> Int {
        var count = 0
        while at + count < end, text[at + count] == text[at] { count += 1 }
        return count
    }

    private mutating func code(_ at: Int, _ end: Int) -> (String, Int)? {
        let count = run(at, end)
        let key = String(repeating: "`", count: count)
        if let from = unclosed[key], at >= from { return nil }
        var next = at + count
        while next < end {
            guard text[next] == "`" else {
                next += 1
                continue
            }
            let closing = run(next, end)
            if closing == count {
                var body = String(text[at + count..<next]).replacing("\n", with: " ")
                if body.count > 2, body.hasPrefix(" "), body.hasSuffix(" "), body.contains(where: { $0 != " " }) {
                    body = String(body.dropFirst().dropLast())
                }
                return (body, next + closing)
            }
            next += closing
        }
        unclosed[key] = at
        return nil
    }

    private mutating func emphasis(
        _ at: Int, _ range: Range<Int>, _ style: MarkdownRun.Style, _ link: String?, _ depth: Int
    ) -> Int {
        let mark = text[at]
        let count = min(run(at, range.upperBound), mark == "~" ? 2 : 3)
        let added: MarkdownRun.Style? =
            switch (mark, count) {
            case ("~", 2): .struck
            case ("~", _): nil
            case (_, 1): .emphasis
            case (_, 2): .strong
            default: [.emphasis, .strong]
            }
        if let added, depth < Self.depthLimit, opens(at, count, range), let close = closer(at, count, range) {
            flush(style, link)
            scan(at + count..<close, style.union(added), link: link, depth: depth + 1)
            return close + count
        }
        for _ in 0..<count { plain.append(mark) }
        return at + count
    }

    private func opens(_ at: Int, _ count: Int, _ range: Range<Int>) -> Bool {
        let next = at + count
        guard next < range.upperBound, !text[next].isWhitespace else { return false }
        // Names with underscores are no emphasis.
        return text[at] != "_" || at == 0 || !(text[at - 1].isLetter || text[at - 1].isNumber)
    }

    private mutating func closer(_ at: Int, _ count: Int, _ range: Range<Int>) -> Int? {
        let mark = text[at]
        let key = String(repeating: mark, count: count)
        if let from = unclosed[key], at >= from { return nil }
        var next = at + count
        while next < range.upperBound {
            if text[next] == "\\" {
                next += 2
                continue
            }
            if text[next] == "`", let (_, end) = code(next, range.upperBound) {
                next = end
                continue
            }
            guard text[next] == mark else {
                next += 1
                continue
            }
            let length = run(next, range.upperBound)
            let isAfterText = !text[next - 1].isWhitespace
            let after = next + length
            let isWordEnd =
                mark != "_" || after >= text.count || !(text[after].isLetter || text[after].isNumber)
            if length == count, isAfterText, isWordEnd { return next }
            // `**a *b***`: the inner one ends first.
            if length > count, isAfterText, isWordEnd, length == 3 { return count == 1 ? next : next + length - count }
            next = after
        }
        unclosed[key] = at
        return nil
    }

    /// `[label](address)`: the label's range, the address, and what is behind it.
    private func link(_ at: Int, _ end: Int) -> (Range<Int>, String, Int)? {
        var depth = 0
        var next = at
        let bound = min(end, at + 1000)
        while next < bound {
            if text[next] == "\\" {
                next += 2
                continue
            }
            if text[next] == "[" { depth += 1 }
            if text[next] == "]" {
                depth -= 1
                if depth == 0 { break }
            }
            next += 1
        }
        guard next + 1 < bound, text[next] == "]", text[next + 1] == "(" else { return nil }
        var address = ""
        var close = next + 2
        var parentheses = 0
        let limit = min(end, close + 2048)
        while close < limit {
            let character = text[close]
            if character == "(" { parentheses += 1 }
            if character == ")" {
                if parentheses == 0 { break }
                parentheses -= 1
            }
            if character == "\n" { return nil }
            address.append(character)
            close += 1
        }
        guard close < limit, text[close] == ")" else { return nil }
        // A title may follow the address.
        let first = address.split(separator: " ").first.map(String.init) ?? ""
        return (at + 1..<next, first, close + 1)
    }

    /// `<https://…>` or a bare address.
    private func address(_ at: Int, _ end: Int) -> (String, Int)? {
        let isBracketed = text[at] == "<"
        let start = isBracketed ? at + 1 : at
        if !isBracketed, at > 0, text[at - 1].isLetter || text[at - 1].isNumber { return nil }
        guard ["https://", "http://"].contains(where: { text[start..<end].starts(with: $0) }) else { return nil }
        var next = start
        while next < end, !text[next].isWhitespace, !"<>\"`".contains(text[next]) { next += 1 }
        if isBracketed {
            guard next < end, text[next] == ">" else { return nil }
            return (String(text[start..<next]), next + 1)
        }
        // A sentence's own punctuation is not part of the address.
        while next > start, ".,;:!?'*_)]".contains(text[next - 1]) {
            if text[next - 1] == ")", text[start..<next].contains("(") { break }
            next -= 1
        }
        return next - start > 8 ? (String(text[start..<next]), next) : nil
    }
}
