/// Reads the store's own binary files; every read is checked against the end.
struct ByteReader {
    private let raw: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ raw: UnsafeRawBufferPointer) { self.raw = raw }

    var isAtEnd: Bool { offset >= raw.count }

    mutating func integer<T: FixedWidthInteger>(_: T.Type) -> T? {
        let size = T.bitWidth / 8
        guard raw.count - offset >= size else { return nil }
        defer { offset += size }
        return T(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    mutating func digest() -> ContentDigest? {
        guard raw.count - offset >= ContentDigest.size else { return nil }
        defer { offset += ContentDigest.size }
        return ContentDigest(raw: raw, at: offset)
    }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard count >= 0, raw.count - offset >= count else { return nil }
        defer { offset += count }
        return Array(raw[offset..<offset + count])
    }
}

enum LittleEndian {
    static func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }
}
