import Audit
import Glibc

/// Reads what a resume point covers of a journal once: each part is digested, and the lines that are wanted are taken out of
/// the very bytes that were.
struct ResumeLines: Sendable {
    /// Bytes that are read at once; they stay in the processor's cache.
    private static let pieceSize = 256 << 10
    /// Less than this is not worth a thread.
    private static let threadWorth = 4 << 20

    /// Sorted; a line of each, one after the other, is `bytes`.
    private let places: [Range<Int>]
    private let starts: [Int]
    private let bytes: [UInt8]

    /// nil where a part has not its digest, or the file cannot be read.
    init?(of point: ResumePoint, path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size >= point.length
        else { return nil }
        let places = point.places
        // Lines of one journal are apart and within what is covered.
        guard zip(places, places.dropFirst()).allSatisfy({ $0.upperBound <= $1.lowerBound }),
            places.last?.upperBound ?? 0 <= point.length
        else { return nil }
        let parts = Self.parts(of: point.spans)
        let work = parts.dropFirst().map { part in WorkThread { Self.read(descriptor, part, places) } }
        let first = parts.first.map { Self.read(descriptor, $0, places) } ?? []
        let read = [first] + work.map { $0.value() }
        let whole = read.compactMap(\.self)
        guard whole.count == read.count else { return nil }
        bytes = Array(whole.joined())
        var end = 0
        starts = places.map { place in
            defer { end += place.count }
            return end
        }
        guard bytes.count == end else { return nil }
        self.places = places
    }

    /// The line at a place that the point names.
    subscript(_ place: Range<Int>) -> ArraySlice<UInt8>? {
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle].lowerBound < place.lowerBound { low = middle + 1 } else { high = middle }
        }
        guard low < places.count, places[low] == place else { return nil }
        return bytes[starts[low]..<starts[low] + place.count]
    }

    private typealias Part = (start: Int, spans: ArraySlice<ResumePoint.Span>)

    /// The spans in runs of about the same length, one for each thread.
    private static func parts(of spans: [ResumePoint.Span]) -> [Part] {
        let length = spans.reduce(0) { $0 + $1.length }
        let share = length / WorkThread<Void>.count(for: length, each: threadWorth) + 1
        var parts: [Part] = []
        var (start, end, first) = (0, 0, 0)
        for (number, span) in spans.enumerated() {
            end += span.length
            // Half a span more or less is as even as whole spans can be.
            guard end - start + span.length / 2 >= share || number == spans.count - 1 else { continue }
            parts.append((start, spans[first...number]))
            (start, first) = (end, number + 1)
        }
        return parts
    }

    /// The wanted lines' bytes within a part; nil where a span of it has not its digest.
    private static func read(_ descriptor: Int32, _ part: Part, _ places: [Range<Int>]) -> [UInt8]? {
        var wanted: [UInt8] = []
        var at = part.start
        var next = places.firstIndex { $0.upperBound > at } ?? places.count
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: pieceSize)
        defer { buffer.deallocate() }
        for span in part.spans {
            var hasher = ContentHasher()
            let end = at + span.length
            while at < end {
                let got = pread(descriptor, buffer.baseAddress, min(buffer.count, end - at), off_t(at))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { return nil }
                let piece = UnsafeBufferPointer(rebasing: buffer[..<got])
                hasher.update(UnsafeRawBufferPointer(piece))
                while next < places.count, places[next].lowerBound < at + got {
                    let place = places[next].clamped(to: at..<at + got)
                    wanted.append(contentsOf: piece[place.lowerBound - at..<place.upperBound - at])
                    // The rest of a line stands in the piece that follows.
                    guard places[next].upperBound <= at + got else { break }
                    next += 1
                }
                at += got
            }
            guard hasher.text == span.digest else { return nil }
        }
        return wanted
    }
}
