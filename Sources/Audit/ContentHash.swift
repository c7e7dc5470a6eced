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

    /// Of all that came so far.
    package var text: String { Hexadecimal.text(of: hash.finalize()) }
}

/// Bytes as lower-case hexadecimal digits.
package enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    /// The digit of a value below 16.
    static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value &+ 0x30 : value &+ 0x57 }

    package static func text(of bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.underestimatedCount * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes that the digits spell; nil for anything but `count` bytes in lower case, so that each value has one
    /// spelling.
    package static func bytes(_ text: some StringProtocol, count: Int) -> [UInt8]? {
        let text = Array(text.utf8)
        guard text.count == count * 2 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for place in stride(from: 0, to: text.count, by: 2) {
            guard let high = value(text[place]), let low = value(text[place + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
