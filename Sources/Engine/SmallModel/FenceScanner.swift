/// A fenced block of an answer.
struct FencedBlock: Sendable, Hashable {
    /// All its lines with the fences.
    var lines: [ArraySlice<UInt8>]
    /// The lines between the fences.
    var body: [ArraySlice<UInt8>]
    /// The first word after the fence in lower case; empty if there is none.
    var language: String
    /// A path after the language, as in "python:calc.py" or "python calc.py".
    var path: String?
    /// Whether the closing fence is there.
    var isClosed: Bool

    /// The body as a file's text: each line with a line feed.
    var text: String {
        var bytes: [UInt8] = []
        for line in body {
            bytes.append(contentsOf: line)
            bytes.append(0x0A)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Cuts an answer into lines of prose and fenced blocks.
///
/// Fences as in CommonMark 0.31, section 4.5, with two liberties for what models write: any indentation, and in a
/// block of Markdown a fence with a language opens a block within the block, so that a README with commands in it
/// arrives whole.
struct FenceScanner {
    enum Piece {
        case line(ArraySlice<UInt8>)
        case block(FencedBlock)
    }

    private let lines: [ArraySlice<UInt8>]
    private var at = 0

    init(_ bytes: [UInt8]) {
        lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { $0.last == 0x0D ? $0.dropLast() : $0 }
    }

    mutating func next() -> Piece? {
        guard at < lines.count else { return nil }
        guard let fence = Fence(lines[at]) else {
            defer { at += 1 }
            return .line(lines[at])
        }
        let start = at
        let indentation = lines[at].prefix { $0 == 0x20 }.count
        let (language, path) = Self.info(fence.info)
        let nests = ["markdown", "md"].contains(language) || path?.hasSuffix(".md") == true || isBelowMarkdownPath
        var depth = 0
        at += 1
        var body: [ArraySlice<UInt8>] = []
        while at < lines.count {
            let line = lines[at]
            at += 1
            if let inner = Fence(line), inner.length >= fence.length {
                if inner.info.isEmpty {
                    if depth == 0 {
                        let block = FencedBlock(
                            lines: Array(lines[start..<at]), body: body, language: language, path: path, isClosed: true)
                        return .block(block)
                    }
                    depth -= 1
                } else if nests {
                    depth += 1
                }
            }
            body.append(line.dropFirst(min(indentation, line.prefix { $0 == 0x20 }.count)))
        }
        return .block(
            FencedBlock(lines: Array(lines[start...]), body: body, language: language, path: path, isClosed: false))
    }

    /// Whether the last line of text before the current one names a Markdown file.
    private var isBelowMarkdownPath: Bool {
        guard let line = lines[..<at].last(where: { !$0.isBlank }), let path = MarkdownPath.bare(line) else {
            return false
        }
        return path.hasSuffix(".md")
    }

    /// Language and path of an info string.
    private static func info(_ info: ArraySlice<UInt8>) -> (String, String?) {
        let isWord: (UInt8) -> Bool = { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "#"):
                true
            default: false
            }
        }
        let language = info.prefix(while: isWord)
        let rest = info.dropFirst(language.count)
        let path = rest.first.flatMap { [0x20, UInt8(ascii: ":")].contains($0) ? MarkdownPath.bare(rest) : nil }
        return (String(decoding: language, as: UTF8.self).lowercased(), path)
    }
}

/// A line of three backticks or more.
private struct Fence {
    var length: Int
    /// What stands behind them, without white space at both ends.
    var info: ArraySlice<UInt8>

    init?(_ line: ArraySlice<UInt8>) {
        let rest = line.trimmed
        length = rest.prefix { $0 == UInt8(ascii: "`") }.count
        info = rest.dropFirst(length).trimmed
        // A backtick behind them makes it code within a line.
        guard length >= 3, !info.contains(UInt8(ascii: "`")) else { return nil }
    }
}

extension ArraySlice<UInt8> {
    var isBlank: Bool { allSatisfy(\.isSpace) }

    /// Without white space at both ends.
    var trimmed: ArraySlice<UInt8> {
        let start = drop(while: \.isSpace)
        return start.prefix((start.lastIndex { !$0.isSpace } ?? start.startIndex - 1) - start.startIndex + 1)
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
