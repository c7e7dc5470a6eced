import Glibc

/// Scans of byte arrays that lean on the C library's vectorised `memchr`.
enum ByteSearch {
    /// Calls `body` with the offset of every LF, in order.
    static func forEachLineFeed(in bytes: [UInt8], _ body: (Int) -> Void) {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var from = 0
            while from < buffer.count, let hit = memchr(base + from, 0x0A, buffer.count - from) {
                let at = UnsafeRawPointer(hit) - UnsafeRawPointer(base)
                body(at)
                from = at + 1
            }
        }
    }

    /// The first offset of a byte at or after `from` and before `limit`.
    static func firstOffset(of byte: UInt8, in bytes: [UInt8], from: Int = 0, limit: Int = .max) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            let end = min(limit, buffer.count)
            guard let base = buffer.baseAddress, from < end, let hit = memchr(base + from, Int32(byte), end - from)
            else { return nil }
            return UnsafeRawPointer(hit) - UnsafeRawPointer(base)
        }
    }
}
