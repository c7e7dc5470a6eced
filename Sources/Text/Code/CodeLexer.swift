/// Splits source into coloured pieces, line by line. Any text in any order is taken: what a language does not allow is
/// plain.
package struct CodeLexer: Sendable {
    private enum State: Sendable, Hashable {
        case code
        case blockComment
        case string(String)
    }

    private let rules: LexerRules?
    private let isDiff: Bool
    private var state = State.code
    /// Longer lines are left plain: they are generated, and colours help nobody there.
    private static let lineLimit = 2000

    /// - Parameter language: a name as after a fence, or a file name's extension.
    package init(language: String) {
        isDiff = ["diff", "patch"].contains(language.lowercased())
        rules = LexerRules.named(language)
    }

    /// The language of a file by its name.
    package init(path: String) {
        let name = path.split(separator: "/").last ?? ""
        let parts = name.split(separator: ".")
        self.init(language: parts.count > 1 ? String(parts[parts.count - 1]) : String(name))
    }

    package mutating func tokens(_ line: String) -> [CodeToken] {
        if isDiff { return [CodeToken(line, Self.diffKind(line))] }
        guard let rules, line.utf8.count <= Self.lineLimit else { return line.isEmpty ? [] : [CodeToken(line, .plain)] }
        var scanner = LineScanner(line: Array(line))
        while !scanner.isAtEnd {
            switch state {
            case .blockComment:
                if scanner.take(through: rules.blockClose, .comment, escapes: false) { state = .code }
            case .string(let delimiter):
                if scanner.take(through: delimiter, .string, escapes: delimiter != "`") { state = .code }
            case .code: code(&scanner, rules)
            }
        }
        if case .string(let delimiter) = state, delimiter.count < 3, !rules.openStrings.contains(delimiter) {
            state = .code
        }
        return scanner.tokens
    }

    private static func diffKind(_ line: String) -> CodeToken.Kind {
        if line.hasPrefix("+++") || line.hasPrefix("---") || line.hasPrefix("diff ") { return .type }
        return switch line.first {
        case "+": .added
        case "-": .removed
        case "@": .keyword
        default: .plain
        }
    }

    private mutating func code(_ scanner: inout LineScanner, _ rules: LexerRules) {
        if rules.lineComments.contains(where: { scanner.isAt($0) && ($0 != "#" || scanner.isAtWordStart) }) {
            return scanner.takeRest(.comment)
        }
        if let (open, _) = rules.blockComment, scanner.isAt(open) {
            scanner.take(open.count, .comment)
            state = .blockComment
            return
        }
        if let delimiter = rules.strings.first(where: scanner.isAt) {
            scanner.take(delimiter.count, .string)
            state = .string(delimiter)
            return
        }
        scanner.takeWord(rules)
    }
}

/// A place in a line, and what was cut off before it.
private struct LineScanner {
    private let line: [Character]
    private var at = 0
    private(set) var tokens: [CodeToken] = []

    init(line: [Character]) { self.line = line }

    var isAtEnd: Bool { at >= line.count }
    var isAtWordStart: Bool { at == 0 || line[at - 1].isWhitespace }
    func isAt(_ text: String) -> Bool { line[at...].starts(with: text) }

    mutating func take(_ count: Int, _ kind: CodeToken.Kind) {
        let end = min(line.count, at + count)
        let text = String(line[at..<end])
        at = end
        if let last = tokens.last, last.kind == kind {
            tokens[tokens.count - 1].text += text
        } else {
            tokens.append(CodeToken(text, kind))
        }
    }

    mutating func takeRest(_ kind: CodeToken.Kind) { take(line.count - at, kind) }

    /// Takes up to and with `end`, or the rest; says whether the end was there.
    mutating func take(through end: String, _ kind: CodeToken.Kind, escapes: Bool) -> Bool {
        var next = at
        while next < line.count {
            if escapes, line[next] == "\\" {
                next += 2
            } else if line[next...].starts(with: end) {
                take(next + end.count - at, kind)
                return true
            } else {
                next += 1
            }
        }
        takeRest(kind)
        return false
    }

    mutating func takeWord(_ rules: LexerRules) {
        let first = line[at]
        var end = at + 1
        if first.isNumber {
            while end < line.count, line[end].isHexDigit || "_.xob".contains(line[end]) { end += 1 }
            return take(end - at, .number)
        }
        guard first.isLetter || "_#@$".contains(first) else { return take(1, .plain) }
        while end < line.count, line[end].isLetter || line[end].isNumber || "_?!".contains(line[end]) {
            if "?!".contains(line[end]), !rules.keywords.contains(String(line[at...end])) { break }
            end += 1
        }
        let word = String(line[at..<end])
        let isKeyword = rules.keywords.contains(rules.ignoresCase ? word.lowercased() : word)
        let kind: CodeToken.Kind =
            if isKeyword {
                .keyword
            } else if rules.hasTypes, first.isUppercase {
                .type
            } else if rules.hasTypes, end < line.count, line[end] == "(" {
                .function
            } else {
                .plain
            }
        take(end - at, kind)
    }
}
