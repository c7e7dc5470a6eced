import Basics
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
    package var text: String { Hexadecimal.text(of: bytes) }

    package init?(text: String) {
        guard let bytes = Hexadecimal.bytes(text, count: Self.size) else { return nil }
        self = bytes.withUnsafeBytes { Self(raw: $0, at: 0) }
    }
}
