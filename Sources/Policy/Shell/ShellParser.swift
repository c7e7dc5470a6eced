/// Reads a shell script (POSIX shell and what bash adds) for the commands in it.
///
/// No tree is built: what counts is which commands there are, not when they run. What is not understood becomes a
/// doubt, and so does everything that could change the meaning of later text. Grammar: POSIX.1-2024, XCU 2; Bash
/// Reference Manual, chapter 3.
struct ShellParser {
    /// Why a script could not be read to its end.
    struct Failure: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    enum Dialect: Sendable { case bash, posix }

    /// A here-document whose body starts after the current line.
    struct HereDocument {
        var delimiter: [UInt8]
        var isQuoted: Bool
        var stripsTabs: Bool
    }

    /// Longer scripts, and deeper ones, are not read.
    static let maximumBytes = 1 << 18
    static let maximumDepth = 40
    static let maximumCommands = 2_000

    let bytes: [UInt8]
    let dialect: Dialect
    let depth: Int
    /// How deep the grammar is nested within this text.
    var nesting = 0
    var at = 0
    var found = ShellAnalysis()
    var hereDocuments: [HereDocument] = []

    init(_ bytes: [UInt8], dialect: Dialect = .bash, depth: Int = 0) {
        self.bytes = bytes
        self.dialect = dialect
        self.depth = depth
    }

    /// The commands of a whole script.
    static func parse(_ bytes: [UInt8], dialect: Dialect = .bash, depth: Int = 0) -> ShellAnalysis {
        guard bytes.count <= maximumBytes, depth < maximumDepth else {
            return ShellAnalysis(doubts: ["the script is too long or too deeply nested to be read"])
        }
        guard !bytes.contains(0) else { return ShellAnalysis(doubts: ["the script holds a zero byte"]) }
        var parser = ShellParser(bytes, dialect: dialect, depth: depth)
        do throws(Failure) {
            try parser.list(until: [])
            guard parser.at == bytes.count else { throw Failure("unexpected \(parser.excerpt)") }
            guard parser.hereDocuments.isEmpty else { throw Failure("a here-document without a body") }
        } catch {
            parser.found.doubts.append("not read to its end: \(error.reason)")
        }
        return parser.found
    }

    // MARK: Bytes

    var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    func byte(after distance: Int) -> UInt8? { at + distance < bytes.count ? bytes[at + distance] : nil }

    /// Whether the text at the cursor starts so.
    func sees(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard at + count <= bytes.count else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(bytes[at..<at + count]) }
    }

    mutating func take(_ text: StaticString) -> Bool {
        guard sees(text) else { return false }
        at += text.utf8CodeUnitCount
        return true
    }

    /// The next few bytes, for messages.
    var excerpt: String {
        guard at < bytes.count else { return "end of the script" }
        let text = String(decoding: bytes[at..<min(at + 12, bytes.count)], as: UTF8.self)
        return "\"" + text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }.joined() + "\""
    }

    /// Skips blanks, comments and continued lines; stops at a newline.
    mutating func skipBlanks() {
        while let byte = current {
            if byte.isShellBlank {
                at += 1
            } else if sees("\\\n") {
                at += 2
            } else if byte == UInt8(ascii: "#"), at == 0 || bytes[at - 1].isShellDelimiter {
                while let byte = current, byte != 0x0A { at += 1 }
            } else {
                return
            }
        }
    }

    /// Skips blanks and newlines, with the bodies of here-documents that start after them.
    mutating func skipLines() throws(Failure) {
        while true {
            skipBlanks()
            guard current == 0x0A else { return }
            at += 1
            try hereDocumentBodies()
        }
    }

    // MARK: Nesting

    /// A level of the grammar; bounded, since the text decides how deep it goes.
    mutating func nested(_ body: (inout ShellParser) throws(Failure) -> Void) throws(Failure) {
        guard depth + nesting < Self.maximumDepth else { throw Failure("too deeply nested") }
        nesting += 1
        try body(&self)
        nesting -= 1
    }

    mutating func doubt(_ reason: String) {
        if !found.doubts.contains(reason) { found.doubts.append(reason) }
    }

    mutating func expect(_ text: StaticString) throws(Failure) {
        guard take(text) else { throw Failure("expected \(text) before \(excerpt)") }
    }

    // MARK: Here-documents

    private mutating func hereDocumentBodies() throws(Failure) {
        let waiting = hereDocuments
        hereDocuments = []
        for document in waiting {
            let start = at
            var end: Int?
            while at < bytes.count, end == nil {
                let lineStart = at
                while let byte = current, byte != 0x0A { at += 1 }
                var line = bytes[lineStart..<at]
                // A continued line may swallow the end; nobody writes that for a good reason.
                if !document.isQuoted, line.last == UInt8(ascii: "\\") {
                    throw Failure("a continued here-document line")
                }
                if document.stripsTabs { line = line.drop { $0 == 0x09 } }
                if line.elementsEqual(document.delimiter) { end = lineStart }
                if current == 0x0A { at += 1 }
            }
            guard let end else { throw Failure("a here-document without its end") }
            if !document.isQuoted { try expandText(Array(bytes[start..<end])) }
        }
    }

    /// Finds the commands in text that is expanded but not split: here-documents, arithmetic.
    mutating func expandText(_ text: [UInt8]) throws(Failure) {
        guard depth + nesting < Self.maximumDepth else { throw Failure("too deeply nested") }
        var inner = ShellParser(text, dialect: dialect, depth: depth + nesting + 1)
        var ignored = ParsedWord()
        var failure: Failure?
        do throws(Failure) {
            while let byte = inner.current {
                switch byte {
                case UInt8(ascii: "\\"): inner.at = min(inner.at + 2, text.count)
                case UInt8(ascii: "$"): try inner.dollar(&ignored, isQuoted: true)
                case UInt8(ascii: "`"): try inner.backquoted(&ignored, isQuoted: false)
                default: inner.at += 1
                }
            }
        } catch {
            failure = error
        }
        found.add(inner.found)
        if let failure { throw failure }
    }
}
