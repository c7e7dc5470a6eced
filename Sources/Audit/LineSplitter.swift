import Glibc

/// Cuts a stream of bytes into lines, holding no more than one of them.
struct LineSplitter: Sendable {
    /// A line with its place.
    struct Line {
        /// Without the line end.
        var bytes: ArraySlice<UInt8>
        /// Where it begins, from the stream's start.
        var offset: Int
        /// Whether the line was longer than the limit, so that its bytes are not all here.
        var isCut: Bool
    }

    /// Bytes of a line that are kept; what is longer is read past.
    let limit: Int
    private var pending: [UInt8] = []
    private var start = 0
    private var length = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes since the last line end.
    var rest: Int { length }
    /// Where the line that has not ended begins.
    var restOffset: Int { start }

    mutating func consume(_ chunk: ArraySlice<UInt8>, _ body: (Line) -> Void) {
        var left = chunk
        while let end = Self.lineEnd(in: left) {
            let piece = left[..<end]
            length += piece.count
            if pending.isEmpty, length <= limit {
                body(Line(bytes: piece, offset: start, isCut: false))
            } else {
                keep(piece)
                body(Line(bytes: pending[...], offset: start, isCut: length > limit))
                pending.removeAll(keepingCapacity: pending.capacity <= 1 << 20)
            }
            start += length + 1
            length = 0
            left = left[(end + 1)...]
        }
        length += left.count
        keep(left)
    }

    private mutating func keep(_ piece: ArraySlice<UInt8>) {
        pending.append(contentsOf: piece.prefix(max(0, limit - pending.count)))
    }

    private static func lineEnd(in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let found = memchr(base, 0x0A, buffer.count) else { return nil }
            return bytes.startIndex + (found - UnsafeMutableRawPointer(mutating: base))
        }
    }
}
