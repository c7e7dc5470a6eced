import Basics
import Wire

/// Sets one key in a TOML text and leaves every other byte alone: comments, order and style stay.
///
/// The result is read again and has to differ from the original in that key only.
struct TOMLEdit {
    private let document: TOMLDocument
    private let path: [String]
    private let value: JSONValue
    private var bytes: [UInt8] { document.source.bytes }
    private let lineEnd: String

    private init(_ document: TOMLDocument, _ path: [String], _ value: JSONValue) {
        self.document = document
        self.path = path
        self.value = value
        lineEnd = document.source.bytes.contains(0x0D) ? "\r\n" : "\n"
    }

    /// The text with the key set.
    ///
    /// - Throws: the reader's errors for a text that is not valid, and `config.edit` where the text's shape leaves no
    ///   room for the key.
    static func set(_ path: [String], to value: JSONValue, in source: SourceText) throws(LockgateError) -> [UInt8] {
        let edit = TOMLEdit(try TOMLDocument(source), path, value)
        let result = edit.edited()
        let again = try? TOMLDocument(SourceText(name: source.name, bytes: result))
        guard let again, again.root == edit.expectedRoot() else {
            throw LockgateError(
                "config.edit",
                "\(source.name.printable) has a shape in which \(DottedKey.join(path)) cannot be set safely",
                remedy: "write it yourself: \(DottedKey.join(path)) = \(TOMLText.inline(value))")
        }
        return result
    }

    // MARK: Where the key goes

    private func edited() -> [UInt8] {
        if let pair = document.entries.first(where: { $0.kind == .pair && $0.path == path }) {
            return replacing(pair.value, with: TOMLText.inline(value))
        }
        if let table = inlineTable() { return addedInline(to: table) }
        let sections = sections()
        // The deepest header above the key, else the root for plain keys and for tables that dotted keys made there.
        let above = sections.filter { $0.path.count < path.count && path.starts(with: $0.path) }
        if let deepest = above.max(by: { $0.path.count < $1.path.count }), !deepest.path.isEmpty {
            return addedLine(to: deepest)
        }
        let isDottedAtRoot = sections[0].pairs.contains { $0.path.count > 1 && $0.path[0] == path[0] }
        if path.count == 1 || isDottedAtRoot { return addedLine(to: sections[0]) }
        return addedSection()
    }

    /// `{ ... }` that holds the key's table.
    private func inlineTable() -> TOMLEntry? {
        document.entries.last { entry in
            entry.kind == .pair && entry.path.count < path.count && path.starts(with: entry.path)
                && bytes[entry.value.lowerBound] == UInt8(ascii: "{")
        }
    }

    private func addedInline(to table: TOMLEntry) -> [UInt8] {
        let pair = "\(DottedKey.join(path.dropFirst(table.path.count))) = \(TOMLText.inline(value))"
        let inside = document.entries.last { entry in
            entry.kind == .pair && table.value.contains(entry.key.lowerBound) && entry.whole != table.whole
                && entry.path.starts(with: table.path)
        }
        guard let inside else { return replacing(table.value, with: "{ \(pair) }") }
        // The last entry may lie within the last pair's own value; its end counts then.
        let end = document.entries.filter { table.value.contains($0.key.lowerBound) }.map(\.whole.upperBound).max()
        return inserting(", \(pair)", at: end ?? inside.whole.upperBound)
    }

    /// A header with the pairs below it; the first is the root without a header.
    private struct Section {
        var path: [String]
        var header: TOMLEntry?
        var pairs: [TOMLEntry] = []
    }

    private func sections() -> [Section] {
        var sections = [Section(path: [], header: nil)]
        var end = 0
        for entry in document.entries {
            if entry.kind != .pair {
                sections.append(Section(path: entry.path, header: entry))
            } else if entry.whole.lowerBound >= end {
                // Pairs within an inline table belong to the pair around them.
                sections[sections.count - 1].pairs.append(entry)
                end = entry.whole.upperBound
            }
        }
        return sections
    }

    private func addedLine(to section: Section) -> [UInt8] {
        let statement = "\(DottedKey.join(path.dropFirst(section.path.count))) = \(TOMLText.inline(value))"
        guard let last = section.pairs.last ?? section.header else {
            return addedAtTop(statement)
        }
        let start = lineStart(of: last.whole.lowerBound)
        let indent = String(decoding: bytes[start...].prefix { $0.isBlank }, as: UTF8.self)
        return addedAfterLine(of: last.whole.upperBound, indent + statement)
    }

    /// Puts a statement before everything but a leading comment that a blank line ends.
    private func addedAtTop(_ statement: String) -> [UInt8] {
        var at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var end = at
        while end < bytes.count, bytes[end] == UInt8(ascii: "#") {
            end = lineStart(after: end)
            let isBlankLine = end >= bytes.count || bytes[end...].starts(with: lineEnd.utf8)
            if isBlankLine { at = end }
        }
        if at == bytes.count, at > 0, bytes[at - 1] != UInt8(ascii: "\n") {
            return inserting(lineEnd + statement + lineEnd, at: at)
        }
        return inserting(statement + lineEnd, at: at)
    }

    private func addedSection() -> [UInt8] {
        let header = "[\(DottedKey.join(path.dropLast()))]"
        let statement = "\(DottedKey.join(path.suffix(1))) = \(TOMLText.inline(value))"
        var gap = bytes.isEmpty ? "" : lineEnd
        if let last = bytes.last, last != UInt8(ascii: "\n") { gap += lineEnd }
        return inserting(gap + header + lineEnd + statement + lineEnd, at: bytes.count)
    }

    // MARK: Bytes

    private func replacing(_ range: Range<Int>, with text: String) -> [UInt8] {
        var result = bytes
        result.replaceSubrange(range, with: text.utf8)
        return result
    }

    private func inserting(_ text: String, at offset: Int) -> [UInt8] { replacing(offset..<offset, with: text) }

    private func addedAfterLine(of offset: Int, _ statement: String) -> [UInt8] {
        let next = lineStart(after: offset)
        if next == bytes.count, bytes.last != UInt8(ascii: "\n") {
            return inserting(lineEnd + statement + lineEnd, at: next)
        }
        return inserting(statement + lineEnd, at: next)
    }

    private func lineStart(of offset: Int) -> Int {
        (bytes[..<offset].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
    }

    private func lineStart(after offset: Int) -> Int {
        bytes[offset...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
    }

    // MARK: Verifying

    private func expectedRoot() -> JSONObject? {
        Self.setting(value, at: path[...], in: document.root)
    }

    /// Nil where something that is no table stands in the way.
    private static func setting(_ value: JSONValue, at path: ArraySlice<String>, in object: JSONObject) -> JSONObject? {
        guard let name = path.first else { return nil }
        var object = object
        if path.count == 1 {
            object[name] = value
            return object
        }
        let inner: JSONObject
        switch object[name] {
        case nil: inner = [:]
        case .object(let table): inner = table
        default: return nil
        }
        guard let changed = setting(value, at: path.dropFirst(), in: inner) else { return nil }
        object[name] = .object(changed)
        return object
    }
}
