/// A UUID version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits, so that ids sort by time.
package struct SessionID: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// A new id. Two made in the same millisecond sort in no particular order.
    package init(now: WallTime = .now) {
        var bytes = [UInt8](repeating: 0, count: 16)
        let milliseconds = UInt64(max(0, now.milliseconds))
        for place in 0..<6 { bytes[place] = UInt8(truncatingIfNeeded: milliseconds >> UInt64(40 - 8 * place)) }
        var random = SystemRandomNumberGenerator()
        let high = random.next()
        let low = random.next()
        for place in 6..<8 { bytes[place] = UInt8(truncatingIfNeeded: high >> UInt64(8 * (place - 6))) }
        for place in 8..<16 { bytes[place] = UInt8(truncatingIfNeeded: low >> UInt64(8 * (place - 8))) }
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for (place, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(place) { out.append(UInt8(ascii: "-")) }
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        text = String(decoding: out, as: UTF8.self)
    }

    /// Takes an id from outside; nil unless it has the canonical form, since ids become file names.
    package init?(_ text: String) {
        let utf8 = Array(text.utf8)
        guard utf8.count == 36 else { return nil }
        for (place, byte) in utf8.enumerated() {
            if [8, 13, 18, 23].contains(place) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                let isHexadecimal =
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
                guard isHexadecimal else { return nil }
            }
        }
        self.text = text
    }

    package var description: String { text }
}
