/// Finds where each key and value of a TOML document stands, and where its structure breaks.
///
/// TOMLKit tells the place of an error but not of a value, and both messages (`file:line`) and in-place edits need it.
/// The scanner follows TOML 1.0 (toml.io/en/v1.0.0) in statements, keys, strings, lists and inline tables; what a bare
/// value means, and whether a key is stated twice, is TOMLKit's to judge. It runs first and alone decides on structure,
/// because toml++ below TOMLKit aborts on some malformed keys, ends texts at NUL, and exhausts the stack on deep nesting.
struct TOMLScanner {
    /// Deeper keys and values are refused; the options need six.
    static let maximumDepth = 32

    private let bytes: [UInt8]
    private var at = 0
    private var entries: [TOMLEntry] = []
    /// How many elements each array of tables has so far, by its path.
    private var arrayCounts: [[String]: Int] = [:]

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Scans a whole document.
    ///
    /// - Returns: what was found, in source order. With `stop` set the scan ended early there.
    static func scan(_ bytes: [UInt8]) -> TOMLScan {
        var scanner = TOMLScanner(bytes)
        do throws(TOMLScanStop) {
            try scanner.document()
            return TOMLScan(entries: scanner.entries, stop: nil)
        } catch {
            return TOMLScan(entries: scanner.entries, stop: error)
        }
    }

    /// Splits a dotted key such as `projects."/a b".trust_level`; nil when the text is not one key.
    static func splitKey(_ text: String) -> [String]? {
        var scanner = TOMLScanner(Array(text.utf8))
        scanner.skipBlanks()
        guard let key = try? scanner.key() else { return nil }
        scanner.skipBlanks()
        return scanner.at == scanner.bytes.count ? key.path : nil
    }

    private func stop(_ reason: TOMLScanStop.Reason, at offset: Int? = nil) -> TOMLScanStop {
        TOMLScanStop(offset: offset ?? at, reason: reason)
    }

    private func stop(_ reason: String, at offset: Int? = nil) -> TOMLScanStop {
        stop(byte == nil ? .syntax("the file ends here: \(reason)") : .syntax(reason), at: offset)
    }

    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    private func starts(with text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard at + count <= bytes.count else { return false }
        return (0..<count).allSatisfy { bytes[at + $0] == text.utf8Start[$0] }
    }

    // MARK: Statements

    private mutating func document() throws(TOMLScanStop) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
        var table: [String] = []
        while true {
            skipBlanksCommentsAndNewlines()
            guard let byte else { return }
            if byte == UInt8(ascii: "[") {
                table = try header()
            } else {
                try pair(in: table, depth: 0)
            }
            skipBlanks()
            skipComment()
            guard self.byte == nil || self.byte == UInt8(ascii: "\n") || starts(with: "\r\n") else {
                throw stop("expected the end of the line")
            }
        }
    }

    /// `[a.b]` or `[[a.b]]`; returns the path that following pairs belong to.
    private mutating func header() throws(TOMLScanStop) -> [String] {
        let start = at
        let isArray = starts(with: "[[")
        at += isArray ? 2 : 1
        skipBlanks()
        let key = try key()
        skipBlanks()
        guard isArray ? starts(with: "]]") : byte == UInt8(ascii: "]") else {
            throw stop("expected \(isArray ? "]]" : "]")")
        }
        at += isArray ? 2 : 1
        var path: [String] = []
        for (index, name) in key.path.enumerated() {
            path.append(name)
            if isArray, index == key.path.count - 1 {
                let count = arrayCounts[path, default: 0]
                arrayCounts[path] = count + 1
                path.append(String(count))
            } else if let count = arrayCounts[path] {
                path.append(String(count - 1))
            }
        }
        entries.append(TOMLEntry(kind: isArray ? .element : .table, path: path, key: key.range, whole: start..<at))
        return path
    }

    private mutating func pair(in table: [String], depth: Int) throws(TOMLScanStop) {
        let start = at
        let key = try key()
        guard table.count + key.path.count <= Self.maximumDepth else { throw stop(.tooDeep, at: start) }
        skipBlanks()
        guard byte == UInt8(ascii: "=") else { throw stop("expected =") }
        at += 1
        skipBlanks()
        let place = entries.count
        let path = table + key.path
        entries.append(TOMLEntry(kind: .pair, path: path, key: key.range, whole: start..<start))
        let value = try value(path: path, depth: depth)
        entries[place].value = value
        entries[place].whole = start..<value.upperBound
    }

    // MARK: Keys

    private mutating func key() throws(TOMLScanStop) -> (path: [String], range: Range<Int>) {
        let start = at
        var path: [String] = []
        var end = at
        while true {
            path.append(try keyPart())
            guard path.count <= Self.maximumDepth else { throw stop(.tooDeep, at: start) }
            end = at
            skipBlanks()
            guard byte == UInt8(ascii: ".") else { break }
            at += 1
            skipBlanks()
        }
        at = end
        return (path, start..<end)
    }

    private mutating func keyPart() throws(TOMLScanStop) -> String {
        guard let byte else { throw stop("expected a key") }
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { return try string(multiline: false) }
        let start = at
        while let byte = self.byte, byte.isBareKey { at += 1 }
        guard at > start else { throw stop("expected a key") }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    // MARK: Values

    private mutating func value(path: [String], depth: Int) throws(TOMLScanStop) -> Range<Int> {
        guard depth < Self.maximumDepth else { throw stop(.tooDeep) }
        let start = at
        guard let byte else { throw stop("expected a value") }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = try string(multiline: true)
        case UInt8(ascii: "["): try array(path: path, depth: depth)
        case UInt8(ascii: "{"): try inlineTable(path: path, depth: depth)
        default:
            while let byte = self.byte, byte.isBareValue { at += 1 }
            guard at > start else { throw stop("expected a value") }
        }
        return start..<at
    }

    private mutating func array(path: [String], depth: Int) throws(TOMLScanStop) {
        at += 1
        var count = 0
        while true {
            skipBlanksCommentsAndNewlines()
            if byte == UInt8(ascii: "]") { break }
            _ = try value(path: path + [String(count)], depth: depth + 1)
            count += 1
            skipBlanksCommentsAndNewlines()
            if byte == UInt8(ascii: ",") { at += 1 } else { break }
        }
        guard byte == UInt8(ascii: "]") else { throw stop("expected , or ]") }
        at += 1
    }

    private mutating func inlineTable(path: [String], depth: Int) throws(TOMLScanStop) {
        at += 1
        skipBlanks()
        while byte != UInt8(ascii: "}") {
            try pair(in: path, depth: depth + 1)
            skipBlanks()
            guard byte == UInt8(ascii: ",") else { break }
            at += 1
            skipBlanks()
        }
        guard byte == UInt8(ascii: "}") else { throw stop("expected , or }") }
        at += 1
    }

    /// Reads any of TOML's four strings; only values may span lines.
    private mutating func string(multiline: Bool) throws(TOMLScanStop) -> String {
        let quote = bytes[at]
        let isTriple = multiline && at + 2 < bytes.count && bytes[at + 1] == quote && bytes[at + 2] == quote
        at += isTriple ? 3 : 1
        var text: [UInt8] = []
        while let byte {
            if byte == quote {
                guard isTriple else {
                    at += 1
                    return String(decoding: text, as: UTF8.self)
                }
                var run = 0
                while at + run < bytes.count, run < 5, bytes[at + run] == quote { run += 1 }
                at += run
                // Up to two quotes may stand directly before the closing three.
                if run >= 3 { return String(decoding: text, as: UTF8.self) }
                text.append(contentsOf: repeatElement(quote, count: run))
            } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                try escape(into: &text)
            } else {
                guard isTriple || byte != UInt8(ascii: "\n") else { throw stop("the quote is not closed") }
                guard byte != 0 else { throw stop(.nul) }
                text.append(byte)
                at += 1
            }
        }
        throw stop("the quote is not closed")
    }

    private mutating func escape(into text: inout [UInt8]) throws(TOMLScanStop) {
        let start = at
        at += 1
        guard let kind = byte else { throw stop("the quote is not closed") }
        at += 1
        let digits: Int
        switch kind {
        case UInt8(ascii: "b"): return text.append(0x08)
        case UInt8(ascii: "t"): return text.append(0x09)
        case UInt8(ascii: "n"): return text.append(0x0A)
        case UInt8(ascii: "f"): return text.append(0x0C)
        case UInt8(ascii: "r"): return text.append(0x0D)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return text.append(kind)
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        // A line end that is folded away, with what is blank after it; TOMLKit refuses other escapes.
        default: return
        }
        var code: UInt32 = 0
        for _ in 0..<digits {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw stop("expected \(digits) hexadecimal digits after the backslash", at: start)
            }
            code = code << 4 | UInt32(digit)
            at += 1
        }
        guard code != 0 else { throw stop(.nul, at: start) }
        guard let scalar = Unicode.Scalar(code) else { throw stop("not a Unicode character", at: start) }
        text.append(contentsOf: Array(String(Character(scalar)).utf8))
    }

    // MARK: White space

    private mutating func skipBlanks() {
        while let byte, byte.isBlank { at += 1 }
    }

    private mutating func skipComment() {
        guard byte == UInt8(ascii: "#") else { return }
        while let byte, byte != UInt8(ascii: "\n"), !starts(with: "\r\n") { at += 1 }
    }

    private mutating func skipBlanksCommentsAndNewlines() {
        while true {
            skipBlanks()
            skipComment()
            if byte == UInt8(ascii: "\n") { at += 1 } else if starts(with: "\r\n") { at += 2 } else { return }
        }
    }
}

/// What a scan found.
struct TOMLScan: Sendable {
    /// In source order; an inline table's pairs follow the pair that holds them.
    var entries: [TOMLEntry]
    /// Where and why the scan ended early, if it did.
    var stop: TOMLScanStop?
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

/// Where a scan ended early.
struct TOMLScanStop: Error, Hashable, Sendable {
    enum Reason: Hashable, Sendable {
        case syntax(String)
        case tooDeep, nul
    }
    var offset: Int
    var reason: Reason
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 }

    var isBareKey: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Whether numbers, booleans, dates and times, or what someone forgot to quote, may hold the byte.
    fileprivate var isBareValue: Bool { isBareKey || "+.:".utf8.contains(self) }
}
