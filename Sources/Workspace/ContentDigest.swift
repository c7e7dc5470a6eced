import Crypto

/// SHA-256 of a stored object: what a checkpoint names contents and folders by.
package struct ContentDigest: Hashable, Sendable {
    private let a: UInt64
    private let b: UInt64
    private let c: UInt64
    private let d: UInt64

    /// Of nothing: folders on the way of a path, and what is left out.
    static let none = ContentDigest(0, 0, 0, 0)
    static let size = 32

    private init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
        (self.a, self.b, self.c, self.d) = (a, b, c, d)
    }

    package init(of bytes: [UInt8]) {
        self.init(SHA256.hash(data: bytes))
    }

    init(_ hash: SHA256.Digest) {
        self = hash.withUnsafeBytes { Self(raw: $0, at: 0) }
    }

    /// From 32 bytes at an offset.
    init(raw: UnsafeRawBufferPointer, at offset: Int) {
        func word(_ index: Int) -> UInt64 {
            raw.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self)
        }
        self.init(word(0), word(1), word(2), word(3))
    }

    var bytes: [UInt8] {
        [a, b, c, d].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
    }

    /// Lower-case hexadecimal.
    package var text: String { HexText.encode(bytes) }

    package init?(text: String) {
        guard let bytes = HexText.decode(text), bytes.count == Self.size else { return nil }
        self = bytes.withUnsafeBytes { Self(raw: $0, at: 0) }
    }
}

/// Bytes as text: names on disk need not be UTF-8.
enum HexText {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        let values = text.utf8.map { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard values.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: values.count, by: 2) {
            guard let high = values[index], let low = values[index + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
