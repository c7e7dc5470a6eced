/// A command's output in bounded memory: the first bytes, the last bytes, and how much lies between.
///
/// Appending costs the chunk's size and never grows the buffer beyond its two halves, so a command that prints
/// gigabytes costs no more than one that prints a page.
package struct OutputBuffer: Sendable {
    private let headLimit: Int
    private let tailLimit: Int
    private var head: [UInt8] = []
    /// A ring of at most `tailLimit` bytes; `tailStart` is its oldest byte once it is full.
    private var tail: [UInt8] = []
    private var tailStart = 0
    /// All bytes ever appended.
    package private(set) var totalBytes = 0
    private var totalLineEnds = 0

    /// - Parameters:
    ///   - head: bytes kept from the start.
    ///   - tail: bytes kept from the end, at least 1.
    package init(head: Int, tail: Int) {
        headLimit = max(0, head)
        tailLimit = max(1, tail)
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        totalBytes += bytes.count
        totalLineEnds += ByteSearch.lineFeedCount(in: bytes)
        let toHead = min(bytes.count, headLimit - head.count)
        head.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<toHead]))
        // Of a chunk larger than the tail only its end can stay.
        let rest = UnsafeRawBufferPointer(rebasing: bytes[toHead...].suffix(tailLimit))
        let toFree = min(rest.count, tailLimit - tail.count)
        tail.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<toFree]))
        overwrite(with: UnsafeRawBufferPointer(rebasing: rest[toFree...]))
    }

    /// Puts at most `tailLimit` bytes over the oldest ones of a full ring.
    private mutating func overwrite(with bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        let start = tailStart
        let beforeWrap = min(bytes.count, tailLimit - start)
        tail.withUnsafeMutableBytes { ring in
            UnsafeMutableRawBufferPointer(rebasing: ring[start...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<beforeWrap]))
            ring.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[beforeWrap...]))
        }
        tailStart = (start + bytes.count) % tailLimit
    }

    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Bytes between head and tail that were dropped.
    package var omittedBytes: Int { totalBytes - head.count - tail.count }

    /// Takes out the bytes at the end that begin a character and do not complete it.
    package mutating func removeIncompleteScalar() -> [UInt8] {
        removeEnd { $0[...].incompleteScalarLength }
    }

    /// Takes as many bytes out at the end as `length` says of the last ones.
    package mutating func removeEnd(_ length: ([UInt8]) -> Int) -> [UInt8] {
        let end = Array(tail[tailStart...] + tail[..<tailStart])
        // They may lie across the border of the halves, unless bytes were dropped there.
        let last = omittedBytes > 0 ? end : head.suffix(4096) + end
        let count = min(length(last), last.count)
        let removed = Array(last.suffix(count))
        tail = end.dropLast(count)
        tailStart = 0
        head.removeLast(max(0, count - end.count))
        totalBytes -= count
        totalLineEnds -= removed.count { $0 == UInt8(ascii: "\n") }
        return removed
    }

    /// As `text`, with no more than so many bytes from the start and from the end.
    package func text(head headLimit: Int, tail tailLimit: Int) -> String {
        let kept = head + tail[tailStart...] + tail[..<tailStart]
        guard kept.count > headLimit + tailLimit else { return text }
        var shorter = OutputBuffer(head: headLimit, tail: tailLimit)
        shorter.head = Array(kept.prefix(headLimit))
        shorter.tail = kept.suffix(tailLimit)
        shorter.totalBytes = totalBytes
        shorter.totalLineEnds = totalLineEnds
        return shorter.text
    }

    /// What is kept, as text; invalid UTF-8 becomes U+FFFD.
    ///
    /// Where bytes were dropped a line says how many and how many lines ended in them. Both sides are cut at a line's
    /// end if there is one near, else between characters.
    package var text: String {
        let end = tail[tailStart...] + tail[..<tailStart]
        guard omittedBytes > 0 else { return String(decoding: head + end, as: UTF8.self) }
        var first = head[...]
        if let line = first.suffix(first.count / 4).lastIndex(of: UInt8(ascii: "\n")) {
            first = first[...line]
        } else {
            first = first.droppingIncompleteScalar
        }
        var last = Array(end)[...]
        if let line = last.prefix(last.count / 4).firstIndex(of: UInt8(ascii: "\n")) {
            last = last[(line + 1)...]
        } else {
            last = last.drop { $0 & 0xC0 == 0x80 }
        }
        let dropped = totalBytes - first.count - last.count
        let keptLineEnds = [first, last].map { $0.withUnsafeBytes { ByteSearch.lineFeedCount(in: $0) } }
        let lines = totalLineEnds - keptLineEnds[0] - keptLineEnds[1]
        let what = lines > 0 ? "\(dropped) bytes, \(lines) lines" : "\(dropped) bytes"
        let separator = first.isEmpty || first.last == UInt8(ascii: "\n") ? "" : "\n"
        return String(decoding: first, as: UTF8.self) + "\(separator)[… \(what) left out …]\n"
            + String(decoding: last, as: UTF8.self)
    }
}
