/// A source file's lines as its definitions at the left margin and what stands between them; no parser of any language.
///
/// A definition is a line such as `def name`, `class name` or `func name` with the decorators above it and everything
/// below that is indented or closes a bracket. Languages whose definitions have no such word have none here.
struct CodeOutline: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case definition(name: String, lines: [ArraySlice<UInt8>])
        case loose(ArraySlice<UInt8>)
    }

    private(set) var parts: [Part] = []

    init(_ bytes: [UInt8]) {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        if lines.last?.isEmpty == true { lines.removeLast() }
        while let line = lines.first {
            let decorators = lines.prefix { $0.first == UInt8(ascii: "@") }
            guard let name = lines.dropFirst(decorators.count).first.flatMap(Self.name) else {
                parts.append(.loose(line))
                lines.removeFirst()
                continue
            }
            let head = decorators.count + 1
            var body = lines.dropFirst(head).prefix(while: Self.belongsBelow)
            while body.last?.isBlank == true { body.removeLast() }
            parts.append(.definition(name: name, lines: Array(lines.prefix(head + body.count))))
            lines = lines.dropFirst(head + body.count)
        }
    }

    var names: [String] {
        parts.compactMap { if case .definition(let name, _) = $0 { name } else { nil } }
    }

    /// Whether every text in quotes that may span lines ends in the definition it began in; if not, a line at the
    /// margin may be part of one.
    var isCertain: Bool {
        parts.allSatisfy { part in
            guard case .definition(_, let lines) = part else { return true }
            let text = lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
            return ["\"\"\"", "'''", "`"].allSatisfy { text.ranges(of: $0).count.isMultiple(of: 2) }
        }
    }

    private static func belongsBelow(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first, !line.isBlank else { return true }
        return [0x20, 0x09].contains(first) || "{}()[]".utf8.contains(first)
    }

    /// The name that a line at the margin defines.
    private static func name(_ line: ArraySlice<UInt8>) -> String? {
        var words = line.split(separator: 0x20)[...]
        while let word = words.first, modifiers.contains(String(decoding: word, as: UTF8.self)) { words.removeFirst() }
        guard let word = words.popFirst(), keywords.contains(String(decoding: word, as: UTF8.self)),
            let name = words.first?.prefix(while: isNameByte), !name.isEmpty
        else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    private static let keywords: Set<String> = [
        "class", "def", "enum", "fn", "func", "function", "interface", "module", "protocol", "struct", "trait",
    ]
    private static let modifiers: Set<String> = [
        "abstract", "async", "default", "export", "final", "open", "private", "pub", "public", "static",
    ]
}
