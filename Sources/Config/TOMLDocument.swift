import Basics
import Wire

/// A parsed TOML text: its values, and where each of them stands.
struct TOMLDocument: Sendable {
    let source: SourceText
    /// Tables as objects. Dates, times, infinities and NaN, which no option takes, are in `foreign`.
    let root: JSONObject
    let entries: [TOMLEntry]
    /// TOML types of values that JSON lacks, by path; they appear in `root` as strings.
    let foreign: [[String]: String]
    /// Where keys start, by path.
    private let offsets: [[String]: Int]

    /// Checks and parses a text.
    ///
    /// - Throws: `config.encoding`, `config.nul`, `config.too_deep` or `config.syntax`, each with line, column, the
    ///   line's text and what to do.
    init(_ source: SourceText) throws(LockgateError) {
        self.source = source
        try Self.checkEncoding(source)
        let content: TOMLContent
        do throws(TOMLSyntaxError) {
            content = try TOMLReader.read(source.bytes)
        } catch {
            throw source.error(error)
        }
        root = content.root
        foreign = content.foreign
        entries = content.entries
        offsets = Dictionary(entries.map { ($0.path, $0.key.lowerBound) }) { first, _ in first }
    }

    /// Where the key of a pair or the header of a table stands.
    ///
    /// A path that only exists through longer ones (`a` in `a.b = 1`) is found at the first of those.
    func position(of path: [String]) -> SourcePosition? {
        if let exact = offsets[path] { return source.position(of: exact) }
        return entries.first { $0.path.starts(with: path) }.map { source.position(of: $0.key.lowerBound) }
    }

    private static func checkEncoding(_ source: SourceText) throws(LockgateError) {
        if let offset = source.bytes.firstIndex(of: 0) {
            throw source.error(
                "config.nul", at: source.position(of: offset), "holds a NUL byte", remedy: "remove the byte")
        }
        guard let offset = source.bytes.firstInvalidUTF8 else { return }
        throw source.error(
            "config.encoding", at: source.position(of: offset), "is not valid UTF-8",
            remedy: "save the file as UTF-8 (for example: iconv -f latin1 -t utf-8)")
    }
}

extension [UInt8] {
    /// The offset of the first byte that breaks UTF-8 (RFC 3629), or nil.
    fileprivate var firstInvalidUTF8: Int? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: span)
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }
}

extension SourceText {
    /// An error that names a place: `name:line:column: reason`, then the line itself.
    func error(
        _ code: LockgateError.Code, at position: SourcePosition, _ reason: String, remedy: String
    ) -> LockgateError {
        LockgateError(
            code, "\(name.printable):\(position.line):\(position.column): \(reason)\n\(excerpt(at: position))",
            remedy: remedy)
    }

    /// The error of the reader with the place's line and a fix.
    func error(_ error: TOMLSyntaxError) -> LockgateError {
        let position = position(of: error.offset)
        switch error.reason {
        case .syntax(let reason): return syntaxError(at: position, reason)
        case .nul:
            return self.error(
                "config.nul", at: position, "a NUL character in a string",
                remedy: "remove the escape; no option takes NUL")
        case .tooDeep:
            return self.error(
                "config.too_deep", at: position, "nested deeper than \(TOMLReader.maximumDepth) levels",
                remedy: "no option needs more than six levels; remove the nesting")
        }
    }

    private func syntaxError(at position: SourcePosition, _ reason: String) -> LockgateError {
        error("config.syntax", at: position, "not valid TOML: \(reason.printable)", remedy: syntaxRemedy(at: position))
    }

    /// A guess at the usual mistakes; else the plain way out.
    private func syntaxRemedy(at position: SourcePosition) -> String {
        let text = String(decoding: line(position.line), as: UTF8.self)
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[1].first(where: { $0 != " " }) else {
            return text.contains(":")
                ? "write key = value, not key: value" : "correct line \(position.line), or comment it out with #"
        }
        if first == "\u{201C}" || first == "\u{2018}" { return "use plain quotes: \" or '" }
        if first.isLetter || first == "/" || first == "~" {
            return "put text in quotes: \(parts[0].trimmed.printable) = \"\(parts[1].trimmed.printable)\""
        }
        return "correct line \(position.line), or comment it out with #"
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
