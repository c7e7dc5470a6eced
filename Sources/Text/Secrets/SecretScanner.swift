import Glibc

/// Finds what looks like a secret in a text: keys by their form, values of secret names, passwords in addresses, private
/// keys, and values that are known to be secret.
///
/// A filter against leaving secrets where they need not be. It is no boundary: who wants to get a secret past it can
/// write it in another way.
package struct SecretScanner: Sendable, Hashable {
    package struct Match: Sendable, Hashable {
        /// The secret's bytes.
        package var range: Range<Int>
        package var kind: String
    }

    /// Shorter values are words that stand anywhere.
    package static let leastKnown = 8

    private let known: [[UInt8]]
    private let allowed: Set<[UInt8]>

    /// - Parameters:
    ///   - known: values to be found wherever they stand; those shorter than `leastKnown` are left out.
    ///   - allowed: values that are none, whatever they look like.
    package init(known: [String] = [], allowed: [String] = []) {
        self.known = Set(known).map { Array($0.utf8) }.filter { $0.count >= Self.leastKnown }
            .sorted { ($1.count, $0.description) < ($0.count, $1.description) }
        self.allowed = Set(allowed.map { Array($0.utf8) })
    }

    /// In their order, without overlap.
    package func matches(in bytes: [UInt8]) -> [Match] {
        var found: [Match] = []
        var at = 0
        while at < bytes.count {
            if let match = match(at: at, bytes, after: found.last?.range.upperBound ?? 0),
                !allowed.contains(Array(bytes[match.range]))
            {
                found.append(match)
                at = max(at + 1, match.range.upperBound)
            } else {
                at += 1
            }
        }
        return merged(found, with: knownMatches(in: bytes))
    }

    /// How many bytes at the end may be the beginning of a secret that goes on in what comes next.
    package func openEnd(of bytes: [UInt8]) -> Int {
        let window = bytes.suffix(Self.window)
        if let begin = Self.lastBegin(in: Array(window)) { return window.count - begin }
        let word = window.reversed().prefix { $0.isKeyByte }.count
        guard word >= 3 else { return 0 }
        // As if more of it came: what is a secret then may be one.
        let grown = Array(window) + [UInt8](repeating: UInt8(ascii: "Q"), count: 40) + [UInt8(ascii: "7")]
        if matches(in: grown).contains(where: {
            $0.range.upperBound > window.count && $0.range.lowerBound < window.count
        }) {
            return word
        }
        let isPart = known.contains { value in
            (4..<value.count).contains { window.count >= $0 && window.suffix($0) == value.prefix($0) }
        }
        return isPart ? word : 0
    }

    private static let window = 4096

    // MARK: One place

    /// - Parameter floor: where the secret before it ends.
    private func match(at: Int, _ bytes: [UInt8], after floor: Int) -> Match? {
        let byte = bytes[at]
        if byte == UInt8(ascii: "-"), let match = privateKey(at: at, bytes, after: floor) { return match }
        if byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") {
            return password(at: at, bytes) ?? assigned(at: at, bytes)
        }
        return key(at: at, bytes)
    }

    /// A key that is known by its form.
    private func key(at: Int, _ bytes: [UInt8]) -> Match? {
        for form in SecretForm.byFirst[Int(bytes[at])] where bytes[at...].starts(with: form.prefix) {
            guard at == 0 || !bytes[at - 1].isKeyWordByte else { return nil }
            let start = at + form.prefix.count
            var end = start
            while end < bytes.count, bytes[end].isKeyByte { end += 1 }
            while end > start, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
            guard end - start >= form.least, isVaried(bytes[start..<end]) else { continue }
            return Match(range: (form.isLabel ? start : at)..<end, kind: form.kind)
        }
        return nil
    }

    /// A key has letters of both cases, or digits; a name in words has neither.
    private func isVaried(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.contains(where: \.isDigitByte)
            || bytes.contains { (0x41...0x5A).contains($0) } && bytes.contains { (0x61...0x7A).contains($0) }
            || bytes.count >= 40
    }

    /// `-----BEGIN ... PRIVATE KEY-----` to its end, or to the text's; of one whose beginning is missing its lines.
    private func privateKey(at: Int, _ bytes: [UInt8], after floor: Int) -> Match? {
        if bytes[at...].starts(with: SecretForm.keyBegin),
            let body = Self.label(after: at + SecretForm.keyBegin.count, bytes)
        {
            var end = body
            while end < bytes.count {
                if bytes[end] == UInt8(ascii: "-"), bytes[end...].starts(with: SecretForm.keyEnd) { break }
                end += 1
            }
            return body < end ? Match(range: body..<end, kind: "private-key") : nil
        }
        guard bytes[at...].starts(with: SecretForm.keyEnd),
            Self.label(after: at + SecretForm.keyEnd.count, bytes) != nil
        else { return nil }
        var start = at
        while start > floor,
            bytes[start - 1].isKeyByte && bytes[start - 1] != UInt8(ascii: "-")
                || [0x0A, 0x0D].contains(bytes[start - 1])
        {
            start -= 1
        }
        return at - start >= 16 ? Match(range: start..<at, kind: "private-key") : nil
    }

    /// Past the `-----` that closes a line with a private key's label.
    private static func label(after start: Int, _ bytes: [UInt8]) -> Int? {
        let line = bytes[start...].prefix(64)
        guard let close = (line.indices.first { line[$0...].starts(with: Array("-----".utf8)) }),
            line[..<close].suffix(SecretForm.keyLabel.count + 6).containsLabel
        else { return nil }
        return close + 5
    }

    private static func lastBegin(in bytes: [UInt8]) -> Int? {
        guard
            let begin = bytes.indices.last(where: {
                bytes[$0] == UInt8(ascii: "-") && bytes[$0...].starts(with: SecretForm.keyBegin)
            })
        else { return nil }
        return bytes[begin...].indices.contains { bytes[$0...].starts(with: SecretForm.keyEnd) } ? nil : begin
    }

    /// `scheme://user:password@host`.
    private func password(at: Int, _ bytes: [UInt8]) -> Match? {
        guard bytes[at] == UInt8(ascii: ":"), bytes[(at + 1)...].prefix(2).allSatisfy({ $0 == UInt8(ascii: "/") }),
            at + 3 < bytes.count
        else { return nil }
        var colon: Int?
        for index in (at + 3)..<min(bytes.count, at + 512) {
            switch bytes[index] {
            case UInt8(ascii: ":"): if colon == nil { colon = index }
            case UInt8(ascii: "@"):
                guard let colon, colon + 1 < index, bytes[colon + 1] != UInt8(ascii: "$") else { return nil }
                return Match(range: (colon + 1)..<index, kind: "password")
            case UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "'"), 0...0x20: return nil
            default: break
            }
        }
        return nil
    }

    /// The value after a secret's name: `API_KEY=...`, `"password": "..."`, `token: '...'`.
    private func assigned(at: Int, _ bytes: [UInt8]) -> Match? {
        var end = at
        while end > 0, bytes[end - 1] == 0x20 || bytes[end - 1] == UInt8(ascii: "\\") || Self.isQuote(bytes[end - 1]) {
            end -= 1
        }
        var start = end
        while start > 0, bytes[start - 1].isKeyWordByte, end - start < 64 { start -= 1 }
        guard end - start >= 3, SecretName.isSecret(bytes[start..<end]), !Self.isAbout(bytes[start..<end]) else {
            return nil
        }
        var value = at + 1
        while value < bytes.count, bytes[value] == 0x20 || bytes[value] == 0x09 { value += 1 }
        // JSON within JSON has its quotes escaped.
        while value < bytes.count, bytes[value] == UInt8(ascii: "\\"), value + 1 < bytes.count,
            Self.isQuote(bytes[value + 1])
        {
            value += 1
        }
        let quote = value < bytes.count && Self.isQuote(bytes[value]) ? bytes[value] : nil
        if quote != nil { value += 1 }
        // What is a key by its form is found as that.
        if value < bytes.count, key(at: value, bytes) != nil { return nil }
        var stop = value
        while stop < bytes.count, !Self.endsValue(bytes[stop], quote: quote) { stop += 1 }
        let isVariable = bytes[start..<end].allSatisfy { !(0x61...0x7A).contains($0) } && bytes[at] == UInt8(ascii: "=")
        return isSecret(bytes[value..<stop], isVariable: isVariable) ? Match(range: value..<stop, kind: "value") : nil
    }

    /// Whether a name says something about a secret and not the secret itself: `MAX_TOKENS`, `PASSWORD_FILE`.
    private static func isAbout(_ name: ArraySlice<UInt8>) -> Bool {
        let lower = name.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        return aboutEndings.contains { lower.count > $0.count && lower.suffix($0.count) == $0[...] }
    }

    private static let aboutEndings = [
        "tokens", "_name", "_file", "_path", "_dir", "_length", "_size", "_count", "_limit", "_ttl", "_type", "_header",
        "_days", "_seconds", "_policy", "_prefix", "_enabled",
    ].map { Array($0.utf8) }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

    private static func endsValue(_ byte: UInt8, quote: UInt8?) -> Bool {
        if byte < 0x20 || byte == UInt8(ascii: "\\") { return true }
        if let quote { return byte == quote }
        return byte == 0x20 || isQuote(byte) || ",;&|)<>`".utf8.contains(byte)
    }

    /// Whether a value is one, and neither a name for it nor a place to put it in.
    ///
    /// - Parameter isVariable: of a line such as `DB_PASSWORD=...`, which holds nothing else; others are often code.
    private func isSecret(_ value: ArraySlice<UInt8>, isVariable: Bool) -> Bool {
        guard value.count >= (isVariable ? 6 : 12), value.count <= 4096, let first = value.first else { return false }
        if "$<{[(%*".utf8.contains(first)
            || value.contains(where: { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "{") })
        {
            return false
        }
        if Set(value).count < 4 || value.allSatisfy(\.isDigitByte) { return false }
        if isVariable { return !value.contains(UInt8(ascii: "/")) || value.contains(where: \.isDigitByte) }
        return value.contains(where: \.isDigitByte) && value.contains { !$0.isDigitByte } && Self.entropy(value) >= 3
    }

    /// Bits a byte, by how often each occurs (Shannon).
    private static func entropy(_ bytes: ArraySlice<UInt8>) -> Double {
        var counts: [UInt8: Int] = [:]
        for byte in bytes { counts[byte, default: 0] += 1 }
        let total = Double(bytes.count)
        return counts.values.reduce(0) { sum, count in
            let share = Double(count) / total
            return sum - share * log2(share)
        }
    }

    // MARK: Known values

    private func knownMatches(in bytes: [UInt8]) -> [Match] {
        var found: [Match] = []
        bytes.withUnsafeBytes { text in
            guard let base = text.baseAddress else { return }
            for value in known {
                var at = 0
                // The first byte is looked for by the library, which takes many at a time.
                while at + value.count <= text.count,
                    let hit = memchr(base + at, Int32(value[0]), text.count - value.count - at + 1)
                {
                    let start = UnsafeRawPointer(hit) - base
                    if memcmp(base + start, value, value.count) == 0 {
                        found.append(Match(range: start..<(start + value.count), kind: "environment-value"))
                        at = start + value.count
                    } else {
                        at = start + 1
                    }
                }
            }
        }
        return found
    }

    private func merged(_ left: [Match], with right: [Match]) -> [Match] {
        guard !right.isEmpty else { return left }
        var result: [Match] = []
        for match in (left + right).sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            guard let last = result.last, match.range.lowerBound < last.range.upperBound else {
                result.append(match)
                continue
            }
            // What overlaps is one secret as long as both.
            if match.range.upperBound > last.range.upperBound {
                result[result.count - 1].range = last.range.lowerBound..<match.range.upperBound
            }
        }
        return result
    }
}

extension ArraySlice<UInt8> {
    fileprivate var containsLabel: Bool {
        indices.contains { self[$0...].starts(with: SecretForm.keyLabel) }
    }
}
