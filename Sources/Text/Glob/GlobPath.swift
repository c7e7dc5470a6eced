/// A glob over a whole path: segments, and `**` for any number of folders.
struct GlobPath: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case segment(GlobSegment)
        /// `**` as a whole segment: none or more folders; at the end, everything below.
        case anyFolders
    }

    let parts: [Part]

    /// Compiles a pattern; nil if a bracket is never closed, a class has no known name, or a `\` ends the pattern.
    init?(_ pattern: ArraySlice<UInt8>) {
        guard let parts = GlobCompiler.compile(pattern) else { return nil }
        self.parts = parts
    }

    /// Whether the pattern covers a whole path, given as its names.
    ///
    /// As in a segment only the last `**` is ever tried again.
    func matches(_ names: ArraySlice<ArraySlice<UInt8>>) -> Bool {
        var at = names.startIndex
        var part = 0
        var restart: (part: Int, at: Int)?
        while at < names.endIndex {
            if part < parts.count, parts[part] == .anyFolders {
                part += 1
                if part == parts.count { return true }
                restart = (part, at)
            } else if part < parts.count, case .segment(let segment) = parts[part], segment.matches(names[at]) {
                part += 1
                at += 1
            } else if let last = restart {
                restart = (last.part, last.at + 1)
                part = last.part
                at = last.at + 1
            } else {
                return false
            }
        }
        return part == parts.count
    }
}

/// Cuts a pattern into its parts.
private struct GlobCompiler {
    private let pattern: ArraySlice<UInt8>
    private var at: Int
    private var parts: [GlobPath.Part] = []
    private var segment = GlobSegment()
    /// Length of the run of stars that makes up the segment so far; nil once it holds anything else.
    private var stars: Int? = 0

    static func compile(_ pattern: ArraySlice<UInt8>) -> [GlobPath.Part]? {
        var compiler = GlobCompiler(pattern)
        return compiler.run() ? compiler.parts : nil
    }

    private init(_ pattern: ArraySlice<UInt8>) {
        self.pattern = pattern
        at = pattern.startIndex
    }

    private mutating func run() -> Bool {
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "/"): endSegment()
            case UInt8(ascii: "*"):
                segment.append(.anyBytes)
                stars = stars.map { $0 + 1 }
            case UInt8(ascii: "?"): append(.anyByte)
            case UInt8(ascii: "["):
                guard let set = bracket() else { return false }
                append(.set(set))
            case UInt8(ascii: "\\"):
                guard let literal = next() else { return false }
                if literal == UInt8(ascii: "/") { endSegment() } else { append(.byte(literal)) }
            default: append(.byte(byte))
            }
        }
        endSegment()
        return true
    }

    private mutating func append(_ token: GlobSegment.Token) {
        segment.append(token)
        stars = nil
    }

    private mutating func endSegment() {
        if let stars, stars >= 2 {
            if parts.last != .anyFolders { parts.append(.anyFolders) }
        } else {
            parts.append(.segment(segment))
        }
        segment = GlobSegment()
        stars = 0
    }

    private mutating func next() -> UInt8? {
        guard at < pattern.endIndex else { return nil }
        defer { at += 1 }
        return pattern[at]
    }

    private func peek() -> UInt8? { at < pattern.endIndex ? pattern[at] : nil }

    // MARK: Brackets

    /// Reads a bracket from after its opening.
    ///
    /// A slash may stand in it but never matches.
    private mutating func bracket() -> ByteSet? {
        var set = ByteSet()
        let isNegated = peek() == UInt8(ascii: "!") || peek() == UInt8(ascii: "^")
        if isNegated { at += 1 }
        var previous: UInt8?
        var isFirst = true
        while let byte = next() {
            if byte == UInt8(ascii: "]"), !isFirst {
                if isNegated { set.invert() }
                return set
            }
            isFirst = false
            if byte == UInt8(ascii: "\\") {
                guard let literal = next() else { return nil }
                set.insert(literal)
                previous = literal
            } else if byte == UInt8(ascii: "-"), let first = previous, let last = peek(), last != UInt8(ascii: "]") {
                guard let end = rangeEnd() else { return nil }
                set.insert { first <= $0 && $0 <= end }
                previous = nil
            } else if byte == UInt8(ascii: "["), peek() == UInt8(ascii: ":"), let name = className() {
                guard let members = Self.classes[name] else { return nil }
                set.insert(where: members)
                previous = nil
            } else {
                set.insert(byte)
                previous = byte
            }
        }
        return nil
    }

    private mutating func rangeEnd() -> UInt8? {
        guard let byte = next() else { return nil }
        return byte == UInt8(ascii: "\\") ? next() : byte
    }

    /// The name in `[:name:]`, or nil if the bracket goes on otherwise; then `[` is a member like any other.
    private mutating func className() -> String? {
        let start = at + 1
        guard let close = pattern[start...].firstIndex(of: UInt8(ascii: "]")), close > start,
            pattern[close - 1] == UInt8(ascii: ":")
        else { return nil }
        at = close + 1
        return String(decoding: pattern[start..<close - 1], as: UTF8.self)
    }

    /// The classes of the POSIX locale.
    private static let classes: [String: @Sendable (UInt8) -> Bool] = [
        "alnum": { isLetter($0) || isDigit($0) },
        "alpha": { isLetter($0) },
        "blank": { $0 == 0x20 || $0 == 0x09 },
        "cntrl": { $0 < 0x20 || $0 == 0x7F },
        "digit": { isDigit($0) },
        "graph": { 0x20 < $0 && $0 < 0x7F },
        "lower": { (0x61...0x7A).contains($0) },
        "print": { 0x20 <= $0 && $0 < 0x7F },
        "punct": { 0x20 < $0 && $0 < 0x7F && !isLetter($0) && !isDigit($0) },
        "space": { $0.isASCIISpace },
        "upper": { (0x41...0x5A).contains($0) },
        "xdigit": { isDigit($0) || (0x41...0x46).contains($0 & 0xDF) },
    ]

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
