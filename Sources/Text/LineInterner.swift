import Glibc

/// Gives equal lines equal numbers, so that a diff compares integers.
///
/// Hashes only find candidates; bytes decide, so two different lines never share a number. The hash is seeded per
/// table, because a text made to collide would otherwise turn interning quadratic.
struct LineInterner {
    /// Numbers of the old and the new text's lines: dense from 0, the same number for the same bytes.
    struct Result {
        var old: [Int32]
        var new: [Int32]
        /// One more than the largest number.
        var distinct: Int
    }

    private var slots: [Int32]
    private let seed: UInt64
    /// Per number: where its first line lies and what it hashes to.
    private var known: [(start: Int, length: Int, isNew: Bool, hash: UInt64)] = []

    static func intern(_ old: TextLines, _ new: TextLines) -> Result {
        var interner = LineInterner(lines: old.count + new.count)
        return old.bytes.withUnsafeBufferPointer { oldBytes in
            new.bytes.withUnsafeBufferPointer { newBytes in
                let oldNumbers = interner.numbers(old, isNew: false, oldBytes, newBytes)
                let newNumbers = interner.numbers(new, isNew: true, oldBytes, newBytes)
                return Result(old: oldNumbers, new: newNumbers, distinct: interner.known.count)
            }
        }
    }

    private init(lines: Int) {
        var capacity = 16
        while capacity < lines * 2 { capacity *= 2 }
        slots = Array(repeating: -1, count: capacity)
        seed = UInt64.random(in: UInt64.min...UInt64.max)
    }

    private mutating func numbers(
        _ lines: TextLines, isNew: Bool, _ oldBytes: UnsafeBufferPointer<UInt8>, _ newBytes: UnsafeBufferPointer<UInt8>
    ) -> [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(lines.count)
        let bytes = isNew ? newBytes : oldBytes
        let mask = slots.count - 1
        for line in 0..<lines.count {
            let range = lines.byteRange(line..<line + 1)
            let text = UnsafeBufferPointer(rebasing: bytes[range])
            let hash = Self.hash(text, seed: seed)
            var slot = Int(truncatingIfNeeded: hash) & mask
            while true {
                let number = slots[slot]
                if number < 0 {
                    slots[slot] = Int32(known.count)
                    result.append(Int32(known.count))
                    known.append((range.lowerBound, range.count, isNew, hash))
                    break
                }
                let candidate = known[Int(number)]
                if candidate.hash == hash, candidate.length == range.count,
                    Self.equal(text, (candidate.isNew ? newBytes : oldBytes), at: candidate.start)
                {
                    result.append(number)
                    break
                }
                slot = (slot + 1) & mask
            }
        }
        return result
    }

    private static func equal(
        _ text: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>, at start: Int
    ) -> Bool {
        guard let left = text.baseAddress, let right = bytes.baseAddress else { return true }
        return memcmp(left, right + start, text.count) == 0
    }

    /// Multiply-fold over eight bytes at a time.
    private static func hash(_ text: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: text.count)
        let raw = UnsafeRawBufferPointer(text)
        var at = 0
        while at + 8 <= raw.count {
            hash = fold(hash ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        var tail: UInt64 = 0
        while at < raw.count {
            tail = tail << 8 | UInt64(raw[at])
            at += 1
        }
        return fold(hash ^ tail)
    }

    private static func fold(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }
}
