import Basics

/// Values: strings, lists, inline tables, and what needs no quotes.
extension TOMLReader {
    /// The value that starts here; its path counts as its depth.
    mutating func value(path: [String]) throws(TOMLSyntaxError) -> JSONValue {
        guard path.count <= Self.maximumDepth else { throw tooDeep(at: at) }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string(mayBeMultiline: true))
        case UInt8(ascii: "["): return .array(try array(path: path))
        case UInt8(ascii: "{"): return .object(try inlineTable(path: path))
        default: return try bareValue(path: path)
        }
    }

    private mutating func array(path: [String]) throws(TOMLSyntaxError) -> [JSONValue] {
        at += 1
        var elements: [JSONValue] = []
        while true {
            try skipBlanksCommentsAndNewlines()
            if byte == UInt8(ascii: "]") { break }
            elements.append(try value(path: path + [String(elements.count)]))
            try skipBlanksCommentsAndNewlines()
            if byte == UInt8(ascii: ",") { at += 1 } else { break }
        }
        guard byte == UInt8(ascii: "]") else { throw error("expected , or ]") }
        at += 1
        return elements
    }

    /// The same statements as in a table of its own, on one line and closed for good.
    private mutating func inlineTable(path: [String]) throws(TOMLSyntaxError) -> JSONObject {
        at += 1
        skipBlanks()
        let table = openTable()
        if byte != UInt8(ascii: "}") {
            while true {
                try pair(in: table, path)
                skipBlanks()
                guard byte == UInt8(ascii: ",") else { break }
                at += 1
                skipBlanks()
            }
        }
        guard byte == UInt8(ascii: "}") else { throw error("expected , or }") }
        at += 1
        return object(table)
    }

    // MARK: Strings

    /// Reads any of TOML's four strings, quotes included.
    mutating func string(mayBeMultiline: Bool) throws(TOMLSyntaxError) -> String {
        let quote = bytes[at]
        let isTriple = mayBeMultiline && at + 2 < bytes.count && bytes[at + 1] == quote && bytes[at + 2] == quote
        at += isTriple ? 3 : 1
        var text: [UInt8] = []
        if isTriple { takeNewline() }
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
                text.append(contentsOf: repeatElement(quote, count: run < 3 ? run : run - 3))
                if run >= 3 { return String(decoding: text, as: UTF8.self) }
            } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                try escape(into: &text, isTriple: isTriple)
            } else if isTriple, takeNewline() {
                text.append(UInt8(ascii: "\n"))
            } else {
                guard byte != UInt8(ascii: "\n"), !starts(with: "\r\n") else { throw error("the quote is not closed") }
                guard byte != 0 else { throw TOMLSyntaxError(offset: at, .nul) }
                guard !byte.isControl else { throw error("a control character in a string; write it as an escape") }
                text.append(byte)
                at += 1
            }
        }
        throw error("the quote is not closed")
    }

    /// Takes a line end if there is one.
    @discardableResult
    private mutating func takeNewline() -> Bool {
        if byte == UInt8(ascii: "\n") { at += 1 } else if starts(with: "\r\n") { at += 2 } else { return false }
        return true
    }

    private mutating func escape(into text: inout [UInt8], isTriple: Bool) throws(TOMLSyntaxError) {
        let start = at
        at += 1
        guard let kind = byte else { throw error("the quote is not closed") }
        at += 1
        switch kind {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(kind)
        case UInt8(ascii: "u"): text.append(contentsOf: try scalar(digits: 4, from: start).utf8)
        case UInt8(ascii: "U"): text.append(contentsOf: try scalar(digits: 8, from: start).utf8)
        case 0x20, 0x09, 0x0A,
            0x0D where isTriple:
            // A backslash at a line's end folds away all white space up to the next text.
            at -= 1
            skipBlanks()
            guard isTriple, takeNewline() else { throw unknownEscape(start) }
            repeat { skipBlanks() } while takeNewline()
        default: throw unknownEscape(start)
        }
    }

    private func unknownEscape(_ start: Int) -> TOMLSyntaxError {
        error("unknown escape; write \\\\ for a backslash, or use single quotes", at: start)
    }

    private mutating func scalar(digits: Int, from start: Int) throws(TOMLSyntaxError) -> String {
        var code: UInt32 = 0
        for _ in 0..<digits {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("expected \(digits) hexadecimal digits after the backslash", at: start)
            }
            code = code << 4 | UInt32(digit)
            at += 1
        }
        guard code != 0 else { throw TOMLSyntaxError(offset: start, .nul) }
        guard let scalar = Unicode.Scalar(code) else { throw error("not a Unicode character", at: start) }
        return String(Character(scalar))
    }

    // MARK: Values without quotes

    private mutating func bareValue(path: [String]) throws(TOMLSyntaxError) -> JSONValue {
        let start = at
        takeBareBytes()
        guard at > start else { throw error("expected a value") }
        // A date and its time may have one blank between them.
        if at - start == 10, byte == 0x20, at + 1 < bytes.count, bytes[at + 1].isDigit,
            TOMLScalar(bytes[start..<at])?.isDate == true
        {
            at += 1
            takeBareBytes()
        }
        switch TOMLScalar(bytes[start..<at]) {
        case .bool(let value): return .bool(value)
        case .integer(let value): return .int(value)
        case .float(let value) where value.isFinite: return .double(value)
        case .float: foreign[path] = "a number that is not finite"
        case .date: foreign[path] = "a date"
        case .time: foreign[path] = "a time"
        case .dateTime: foreign[path] = "a date and time"
        case nil: throw error("not a value; text needs quotes", at: start)
        }
        return .string(String(decoding: bytes[start..<at], as: UTF8.self))
    }

    private mutating func takeBareBytes() {
        while let byte, byte.isBareKey || "+.:".utf8.contains(byte) { at += 1 }
    }
}
