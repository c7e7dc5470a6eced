import Basics

/// Reads TOML 1.0 (toml.io/en/v1.0.0) into values, and keeps the place of every key and value.
///
/// Hand-written because messages (`file:line`) and in-place edits need places, which TOML libraries for Swift do not
/// give, and because a configuration file is input from strangers: depth is bounded, NUL is refused, and no text makes
/// it crash. Python's tomllib is the oracle of its tests.
struct TOMLReader {
    /// Deeper keys and values are refused; the options need six.
    static let maximumDepth = 32

    let bytes: [UInt8]
    var at = 0
    var entries: [TOMLEntry] = []
    /// TOML types of values that JSON lacks, by path.
    var foreign: [[String]: String] = [:]
    /// All tables; the first is the root.
    private var tables = [Table()]
    /// The tables of each `[[...]]`.
    private var lists: [[Int]] = []

    /// A table while it is read.
    private struct Table {
        enum Definition {
            /// Only named in the header of a table below it.
            case implicit
            /// By a header of its own.
            case header
            /// By dotted keys.
            case dotted
        }
        enum Member {
            case value(JSONValue)
            case table(Int)
            /// `[[...]]`, by its place in `lists`.
            case list(Int)
        }
        var definition = Definition.implicit
        var members: [String: Member] = [:]
        /// Keys in source order.
        var order: [String] = []
    }

    /// A key with its place.
    struct Key {
        var path: [String]
        var range: Range<Int>
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads a whole document of valid UTF-8.
    static func read(_ bytes: [UInt8]) throws(TOMLSyntaxError) -> TOMLContent {
        var reader = TOMLReader(bytes)
        try reader.document()
        return TOMLContent(root: reader.object(0), entries: reader.entries, foreign: reader.foreign)
    }

    /// Splits a dotted key such as `projects."/a b".trust_level`; nil when the text is not one key.
    static func splitKey(_ text: String) -> [String]? {
        var reader = TOMLReader(Array(text.utf8))
        reader.skipBlanks()
        guard let key = try? reader.key() else { return nil }
        reader.skipBlanks()
        return reader.at == reader.bytes.count ? key.path : nil
    }

    // MARK: Statements

    private mutating func document() throws(TOMLSyntaxError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
        var table = 0
        var path: [String] = []
        while true {
            try skipBlanksCommentsAndNewlines()
            guard let byte else { return }
            if byte == UInt8(ascii: "[") {
                (table, path) = try header()
            } else {
                try pair(in: table, path)
            }
            skipBlanks()
            try skipComment()
            guard self.byte == nil || self.byte == UInt8(ascii: "\n") || starts(with: "\r\n") else {
                throw error("expected the end of the line")
            }
        }
    }

    /// `[a.b]` or `[[a.b]]`; returns the table that following pairs belong to and its path.
    private mutating func header() throws(TOMLSyntaxError) -> (table: Int, path: [String]) {
        let start = at
        let isElement = starts(with: "[[")
        at += isElement ? 2 : 1
        skipBlanks()
        let key = try key()
        skipBlanks()
        guard isElement ? starts(with: "]]") : byte == UInt8(ascii: "]") else {
            throw error(isElement ? "expected ]]" : "expected ]")
        }
        at += isElement ? 2 : 1
        let place = entries.count
        entries.append(
            TOMLEntry(kind: isElement ? .element : .table, path: key.path, key: key.range, whole: start..<at))
        var table = 0
        var path: [String] = []
        for name in key.path.dropLast() { table = try descend(from: table, name, &path, key) }
        guard let last = key.path.last else { throw error("expected a key") }
        table = try isElement ? addElement(last, to: table, &path, key) : define(last, in: table, &path, key)
        entries[place].path = path
        return (table, path)
    }

    /// Follows one name of a header towards its last.
    private mutating func descend(
        from table: Int, _ name: String, _ path: inout [String], _ key: Key
    ) throws(TOMLSyntaxError) -> Int {
        path.append(name)
        switch tables[table].members[name] {
        case .table(let next): return next
        case .list(let list):
            let last = lists[list].count - 1
            path.append(String(last))
            return lists[list][last]
        case .value: throw error("\(DottedKey.join(path)) is a value, not a table", at: key.range.lowerBound)
        case nil: return add(.implicit, name, to: table)
        }
    }

    private mutating func define(
        _ name: String, in table: Int, _ path: inout [String], _ key: Key
    ) throws(TOMLSyntaxError) -> Int {
        path.append(name)
        switch tables[table].members[name] {
        case .table(let next) where tables[next].definition == .implicit:
            tables[next].definition = .header
            return next
        case nil: return add(.header, name, to: table)
        default: throw twice(path, key)
        }
    }

    private mutating func addElement(
        _ name: String, to table: Int, _ path: inout [String], _ key: Key
    ) throws(TOMLSyntaxError) -> Int {
        path.append(name)
        let new = tables.count
        switch tables[table].members[name] {
        case .list(let list):
            path.append(String(lists[list].count))
            lists[list].append(new)
        case nil:
            path.append("0")
            tables[table].members[name] = .list(lists.count)
            tables[table].order.append(name)
            lists.append([new])
        default: throw twice(path, key)
        }
        tables.append(Table(definition: .header))
        return new
    }

    private mutating func add(_ definition: Table.Definition, _ name: String, to table: Int) -> Int {
        let new = tables.count
        tables.append(Table(definition: definition))
        tables[table].members[name] = .table(new)
        tables[table].order.append(name)
        return new
    }

    /// `a.b = value` in a table.
    mutating func pair(in table: Int, _ tablePath: [String]) throws(TOMLSyntaxError) {
        let start = at
        let key = try key()
        var table = table
        var path = tablePath
        for name in key.path.dropLast() {
            path.append(name)
            switch tables[table].members[name] {
            case .table(let next):
                // A table that a header defined is complete; one that was only named can still be filled.
                guard tables[next].definition != .header else { throw twice(path, key) }
                tables[next].definition = .dotted
                table = next
            case nil: table = add(.dotted, name, to: table)
            default: throw error("\(DottedKey.join(path)) is a value, not a table", at: key.range.lowerBound)
            }
        }
        guard let name = key.path.last else { throw error("expected a key") }
        path.append(name)
        guard tables[table].members[name] == nil else { throw twice(path, key) }
        skipBlanks()
        guard byte == UInt8(ascii: "=") else { throw error("expected =") }
        at += 1
        skipBlanks()
        let place = entries.count
        entries.append(TOMLEntry(kind: .pair, path: path, key: key.range, whole: start..<start))
        let begin = at
        let value = try value(path: path)
        entries[place].value = begin..<at
        entries[place].whole = start..<at
        tables[table].members[name] = .value(value)
        tables[table].order.append(name)
    }

    /// A table that no name leads to yet.
    mutating func openTable() -> Int {
        tables.append(Table(definition: .header))
        return tables.count - 1
    }

    func object(_ table: Int) -> JSONObject {
        JSONObject(
            tables[table].order.map { name in
                switch tables[table].members[name] {
                case .value(let value): (name, value)
                case .table(let next): (name, .object(object(next)))
                case .list(let list): (name, .array(lists[list].map { .object(object($0)) }))
                case nil: (name, .null)
                }
            })
    }

    // MARK: Keys

    mutating func key() throws(TOMLSyntaxError) -> Key {
        let start = at
        var path: [String] = []
        var end = at
        while true {
            path.append(try keyPart())
            guard path.count <= Self.maximumDepth else { throw tooDeep(at: start) }
            end = at
            skipBlanks()
            guard byte == UInt8(ascii: ".") else { break }
            at += 1
            skipBlanks()
        }
        at = end
        return Key(path: path, range: start..<end)
    }

    private mutating func keyPart() throws(TOMLSyntaxError) -> String {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { return try string(mayBeMultiline: false) }
        let start = at
        while let byte, byte.isBareKey { at += 1 }
        guard at > start else { throw error("expected a key") }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    // MARK: Errors

    func error(_ reason: String, at offset: Int? = nil) -> TOMLSyntaxError {
        let isAtEnd = offset == nil && byte == nil
        return TOMLSyntaxError(offset: offset ?? at, .syntax(isAtEnd ? "the text ends here: \(reason)" : reason))
    }

    func tooDeep(at offset: Int) -> TOMLSyntaxError { TOMLSyntaxError(offset: offset, .tooDeep) }

    private func twice(_ path: [String], _ key: Key) -> TOMLSyntaxError {
        let first = entries.first { $0.path == path && $0.key.lowerBound < key.range.lowerBound }
        let line = first.map { entry in
            " (first in line \(bytes[..<entry.key.lowerBound].count { $0 == UInt8(ascii: "\n") } + 1))"
        }
        return TOMLSyntaxError(
            offset: key.range.lowerBound, .syntax("\(DottedKey.join(path)) is stated twice\(line ?? "")"))
    }

    // MARK: Bytes

    var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    func starts(with text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard at + count <= bytes.count else { return false }
        return (0..<count).allSatisfy { bytes[at + $0] == text.utf8Start[$0] }
    }

    mutating func skipBlanks() {
        while let byte, byte.isBlank { at += 1 }
    }

    private mutating func skipComment() throws(TOMLSyntaxError) {
        guard byte == UInt8(ascii: "#") else { return }
        while let byte, byte != UInt8(ascii: "\n"), !starts(with: "\r\n") {
            guard !byte.isControl else { throw error("a control character in a comment") }
            at += 1
        }
    }

    mutating func skipBlanksCommentsAndNewlines() throws(TOMLSyntaxError) {
        while true {
            skipBlanks()
            try skipComment()
            if byte == UInt8(ascii: "\n") { at += 1 } else if starts(with: "\r\n") { at += 2 } else { return }
        }
    }
}

/// What a document holds.
struct TOMLContent: Sendable {
    var root: JSONObject
    /// In source order; an inline table's pairs follow the pair that holds them.
    var entries: [TOMLEntry]
    var foreign: [[String]: String]
}

/// A pair or a table header with its place.
struct TOMLEntry: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case pair
        /// A `[table]` header.
        case table
        /// A `[[table]]` header; its path ends in the element's index.
        case element
    }

    var kind: Kind
    /// The full path from the document's root; array elements appear by index.
    var path: [String]
    /// The bytes of the key as it is written.
    var key: Range<Int>
    /// The bytes of the value; empty for headers.
    var value: Range<Int> = 0..<0
    /// Key to value's end, or the header with its brackets.
    var whole: Range<Int>
}

/// Where and why a text is not acceptable.
struct TOMLSyntaxError: Error, Hashable, Sendable {
    enum Reason: Hashable, Sendable {
        case syntax(String)
        case tooDeep, nul
    }
    var offset: Int
    var reason: Reason

    init(offset: Int, _ reason: Reason) {
        self.offset = offset
        self.reason = reason
    }
}

extension UInt8 {
    var isBlank: Bool { self == 0x20 || self == 0x09 }
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// Control characters, the tab apart.
    var isControl: Bool { (self < 0x20 && self != 0x09) || self == 0x7F }

    var isBareKey: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
