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

    /// The SHA-256 of a record's body and the brace that closes it.
    static func of(body: ArraySlice<UInt8>) -> String {
        var hash = SHA256()
        body.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(data: [UInt8(ascii: "}")])
        return Hexadecimal.text(of: hash.finalize())
    }
}

/// Bytes as lower-case hexadecimal digits.
package enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

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
