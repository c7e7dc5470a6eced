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

    /// How many LFs there are, eight bytes at a time, since all output of all commands is counted.
    ///
    /// A byte of `word ^ pattern` is zero where an LF is. Adding 0x7F to the low seven bits of a byte sets its high bit
    /// unless they are zero, and no carry leaves the byte; so exactly the zero bytes end up with a clear high bit.
    static func lineFeedCount(in bytes: UnsafeRawBufferPointer) -> Int {
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        let pattern: UInt64 = 0x0A0A_0A0A_0A0A_0A0A
        var count = 0
        var at = 0
        while at + 8 <= bytes.count {
            // Each byte of the sum counts one column, to 255 at most before it is added up.
            let end = at + 8 * min(255, (bytes.count - at) / 8)
            var columns: UInt64 = 0
            while at < end {
                let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ pattern
                columns &+= (~(((word & low) &+ low) | word | low)) >> 7
                at += 8
            }
            for shift in stride(from: UInt64(0), to: 64, by: 8) { count += Int(columns >> shift & 0xFF) }
        }
        while at < bytes.count {
            if bytes[at] == 0x0A { count += 1 }
            at += 1
        }
        return count
    }
}
