import Wire

/// Reads the part of Starlark that rule files use: calls with keyword arguments, strings, lists, comments.
///
/// Everything else is an error with its place, so that no rule is half understood.
struct RuleReader {
    /// A value with the place where it starts.
    struct Value: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case string(String)
            case list([Value])
        }
        var kind: Kind
        var offset: Int
    }

    struct Argument: Sendable, Hashable {
        var name: String
        var value: Value
        var offset: Int
    }

    struct Call: Sendable, Hashable {
        var name: String
        var arguments: [Argument]
        var offset: Int
    }

    static let maximumDepth = 8

    private let bytes: [UInt8]
    private let layer: Origin.Layer
    private let file: String
    private var at = 0

    init(_ bytes: [UInt8], file: String, layer: Origin.Layer) {
        self.bytes = bytes
        self.file = file
        self.layer = layer
    }

    /// - Throws: `rules.syntax` with file, line and column.
    mutating func calls() throws(LockgateError) -> [Call] {
        var calls: [Call] = []
        while true {
            skipSpace()
            guard at < bytes.count else { return calls }
            if bytes[at] == UInt8(ascii: ";") {
                at += 1
                continue
            }
            calls.append(try call())
        }
    }

    /// Where an offset lies; columns count Unicode scalars from 1.
    func origin(_ offset: Int) -> Origin {
        let before = bytes[..<min(offset, bytes.count)]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return Origin(
            layer, file: file, line: before.count { $0 == 0x0A } + 1,
            column: before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1)
    }

    func failure(_ offset: Int, _ message: String, code: LockgateError.Code = "rules.syntax") -> LockgateError {
        LockgateError(
            code, "\(origin(offset).location): \(message)",
            remedy: "mend the file; `lockgate rules check \(file)` reads it again")
    }

    // MARK: Grammar

    private mutating func call() throws(LockgateError) -> Call {
        let start = at
        let name = try name("the name of a rule")
        skipSpace()
        try expect("(", "after \(name)")
        var arguments: [Argument] = []
        while true {
            skipSpace()
            if take(")") { return Call(name: name, arguments: arguments, offset: start) }
            let offset = at
            let keyword = try self.name("an argument's name, as in pattern=")
            skipSpace()
            try expect("=", "after \(keyword)")
            arguments.append(Argument(name: keyword, value: try value(0), offset: offset))
            skipSpace()
            if !take(",") {
                skipSpace()
                guard at < bytes.count, bytes[at] == UInt8(ascii: ")") else {
                    throw failure(at, "expected , or ) in \(name)")
                }
            }
        }
    }

    private mutating func value(_ depth: Int) throws(LockgateError) -> Value {
        skipSpace()
        let start = at
        guard depth < Self.maximumDepth else { throw failure(at, "lists are nested deeper than \(Self.maximumDepth)") }
        if take("[") || take("(") {
            let closing: StaticString = bytes[start] == UInt8(ascii: "[") ? "]" : ")"
            var elements: [Value] = []
            while true {
                skipSpace()
                if take(closing) { return Value(kind: .list(elements), offset: start) }
                elements.append(try value(depth + 1))
                skipSpace()
                if take(",") { continue }
                skipSpace()
                guard take(closing) else { throw failure(at, "expected , or the end of the list") }
                return Value(kind: .list(elements), offset: start)
            }
        }
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'") else {
            throw failure(at, "expected a string or a list")
        }
        return Value(kind: .string(try string()), offset: start)
    }

    private mutating func string() throws(LockgateError) -> String {
        let start = at
        let quote = bytes[at]
        at += 1
        var text: [UInt8] = []
        while at < bytes.count, bytes[at] != 0x0A {
            let byte = bytes[at]
            at += 1
            if byte == quote {
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw failure(start, "a string that is not UTF-8")
                }
                return string
            }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard at < bytes.count else { break }
            let escape = bytes[at]
            at += 1
            switch escape {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): text.append(escape)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            default: throw failure(at - 2, "an escape that is not known; use \\\\, \\\", \\', \\n, \\t or \\r")
            }
        }
        throw failure(start, "a string that is not closed on its line")
    }

    private mutating func name(_ wanted: String) throws(LockgateError) -> String {
        let start = at
        guard at < bytes.count, bytes[at].isShellNameStart else { throw failure(at, "expected \(wanted)") }
        while at < bytes.count, bytes[at].isShellNameByte { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func skipSpace() {
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "#") {
                while at < bytes.count, bytes[at] != 0x0A { at += 1 }
            } else if bytes[at].isShellBlank || bytes[at] == 0x0A || bytes[at] == 0x0D {
                at += 1
            } else {
                return
            }
        }
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard at < bytes.count, bytes[at] == text.utf8Start.pointee else { return false }
        at += 1
        return true
    }

    private mutating func expect(_ text: StaticString, _ place: String) throws(LockgateError) {
        guard take(text) else { throw failure(at, "expected \(text) \(place)") }
    }
}
