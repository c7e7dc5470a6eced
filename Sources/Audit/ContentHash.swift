import Basics
import Crypto

/// Hashes and other bytes as the journal spells them: lower-case hexadecimal.
package enum ContentHash {
    /// The `prev` of a journal's first record.
    package static let genesis = String(repeating: "0", count: length)
    /// Digits of a hash.
    package static let length = 64

    /// The SHA-256 of the bytes.
    package static func of(_ bytes: some Sequence<UInt8>) -> String {
        var hash = SHA256()
        if bytes.withContiguousStorageIfAvailable({ hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }) == nil {
            hash.update(data: Array(bytes))
        }
        return Hexadecimal.text(of: hash.finalize())
    }

    /// Whether `stated` (64 bytes) spells the SHA-256 of a record's body and the brace that closes it; for readers of
    /// many records, since it makes no text.
    package static func isHash(_ stated: UnsafeRawBufferPointer, ofBody body: UnsafeRawBufferPointer) -> Bool {
        var hash = SHA256()
        hash.update(bufferPointer: body)
        withUnsafeBytes(of: UInt8(ascii: "}")) { hash.update(bufferPointer: $0) }
        return isSpelled(stated, hash.finalize())
    }

    /// Whether `stated` (64 bytes) spells the SHA-256 of the bytes.
    package static func isHash(_ stated: UnsafeRawBufferPointer, of bytes: UnsafeRawBufferPointer) -> Bool {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return isSpelled(stated, hash.finalize())
    }

    private static func isSpelled(_ stated: UnsafeRawBufferPointer, _ digest: SHA256.Digest) -> Bool {
        guard stated.count == length else { return false }
        return digest.withUnsafeBytes { bytes in
            guard bytes.count * 2 == length else { return false }
            var place = 0
            for byte in bytes {
                guard stated[place] == Hexadecimal.digit(byte >> 4), stated[place + 1] == Hexadecimal.digit(byte & 15)
                else { return false }
                place += 2
            }
            return true
        }
    }

    /// The SHA-256 of a record's body and the brace that closes it.
    static func of(body: ArraySlice<UInt8>) -> String {
        var hash = SHA256()
        body.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(data: [UInt8(ascii: "}")])
        return Hexadecimal.text(of: hash.finalize())
    }
}

/// The SHA-256 of bytes that come in pieces.
package struct ContentHasher: Sendable {
    private var hash = SHA256()

    package init() {}

    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    /// Of all that came so far.
    package var text: String { Hexadecimal.text(of: hash.finalize()) }
}
