/// One part of a glob between two slashes, ready to match a file name.
///
/// Rules of git's wildmatch, which are those of POSIX 2.13 plus `[^...]`: `*` any bytes, `?` one byte, `[a-z]`,
/// `[!a-z]`, `[[:alpha:]]`, `\` before a literal. All work on bytes; a name need not be UTF-8.
struct GlobSegment: Sendable, Hashable {
    enum Token: Sendable, Hashable {
        case byte(UInt8)
        case anyByte
        case anyBytes
        case set(ByteSet)
    }

    /// Never two `anyBytes` in a row.
    private(set) var tokens: [Token] = []
    /// The segment as plain bytes if it has no wildcard: the common case, compared in one go.
    private(set) var literal: [UInt8]? = []

    mutating func append(_ token: Token) {
        if token == .anyBytes, tokens.last == .anyBytes { return }
        tokens.append(token)
        if case .byte(let byte) = token { literal?.append(byte) } else { literal = nil }
    }

    /// Whether the segment covers a whole name.
    ///
    /// Only the last star is ever tried again, so the cost is at most tokens times bytes.
    func matches(_ name: ArraySlice<UInt8>) -> Bool {
        if let literal { return name.elementsEqual(literal) }
        var at = name.startIndex
        var token = 0
        var restart: (token: Int, at: Int)?
        while at < name.endIndex {
            if token < tokens.count, tokens[token] == .anyBytes {
                token += 1
                restart = (token, at)
            } else if token < tokens.count, Self.covers(tokens[token], name[at]) {
                token += 1
                at += 1
            } else if let last = restart {
                restart = (last.token, last.at + 1)
                token = last.token
                at = last.at + 1
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { $0 == .anyBytes }
    }

    private static func covers(_ token: Token, _ byte: UInt8) -> Bool {
        switch token {
        case .byte(let expected): expected == byte
        case .anyByte: true
        case .anyBytes: false
        case .set(let set): set.contains(byte)
        }
    }
}

/// A set of byte values as 256 bits.
struct ByteSet: Sendable, Hashable {
    private var low: UInt128 = 0
    private var high: UInt128 = 0

    func contains(_ byte: UInt8) -> Bool {
        (byte < 128 ? low >> UInt128(byte) : high >> UInt128(byte - 128)) & 1 != 0
    }

    mutating func insert(_ byte: UInt8) {
        if byte < 128 { low |= 1 << UInt128(byte) } else { high |= 1 << UInt128(byte - 128) }
    }

    mutating func insert(where condition: (UInt8) -> Bool) {
        for byte in UInt8.min...UInt8.max where condition(byte) { insert(byte) }
    }

    mutating func invert() {
        low = ~low
        high = ~high
    }
}
