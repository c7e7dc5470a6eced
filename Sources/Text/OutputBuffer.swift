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

    /// - Parameters:
    ///   - head: bytes kept from the start.
    ///   - tail: bytes kept from the end, at least 1.
    package init(head: Int, tail: Int) {
        headLimit = max(0, head)
        tailLimit = max(1, tail)
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        totalBytes += bytes.count
        var rest = bytes[...]
        if head.count < headLimit {
            let taken = rest.prefix(headLimit - head.count)
            head.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
        }
        guard !rest.isEmpty else { return }
        if rest.count >= tailLimit {
            tail = Array(rest.suffix(tailLimit))
            tailStart = 0
            return
        }
        let free = tailLimit - tail.count
        if free > 0 {
            let taken = rest.prefix(free)
            tail.append(contentsOf: taken)
            rest = rest.dropFirst(taken.count)
        }
        for part in [rest.prefix(tail.count - tailStart), rest.dropFirst(tail.count - tailStart)] where !part.isEmpty {
            tail.replaceSubrange(tailStart..<tailStart + part.count, with: part)
            tailStart = (tailStart + part.count) % tailLimit
        }
    }

    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Bytes between head and tail that were dropped.
    package var omittedBytes: Int { totalBytes - head.count - tail.count }

    /// What is kept, as text; invalid UTF-8 becomes U+FFFD. Where bytes were dropped a line says how many, and both
    /// sides are cut at a line's end if there is one near, else between characters.
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
        let separator = first.isEmpty || first.last == UInt8(ascii: "\n") ? "" : "\n"
        return String(decoding: first, as: UTF8.self) + "\(separator)[… \(dropped) bytes left out …]\n"
            + String(decoding: last, as: UTF8.self)
    }
}
