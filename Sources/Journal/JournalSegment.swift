import Audit
import Glibc

/// A part of a journal's file, read and verified in one pass through a small buffer that stays in the processor's cache:
/// memory for a whole long journal would cost more than its hashes.
struct JournalSegment: Sendable {
    /// Bytes that are read at once.
    private static let pieceSize = 256 << 10
    /// A part below this size is not worth a thread.
    private static let threadWorth = 2 << 20

    private(set) var count = 0
    private(set) var firstSequence = 0
    /// What its first record names as the hash before it, and the hash of its last.
    private(set) var previous = ""
    var head: String { String(decoding: headDigits, as: UTF8.self) }
    /// Bytes, since a text for each record would cost as much as reading it.
    private var headDigits = [UInt8](repeating: 0, count: 64)
    private(set) var turns = 0
    /// Whether a list replaces the conversation so far; what stood before it here is left out.
    private(set) var hasList = false
    private(set) var header: JournalRecord?
    private(set) var entries: [RestoredRecords.Entry] = []
    private(set) var grants: [JournalRecord] = []
    /// The SHA-256 of its complete lines, where that was asked for.
    var digest: String? { hasher?.text }
    private var hasher: ContentHasher?
    /// Where it begins in the file, the end of its last complete line there, and the bytes after that.
    let start: Int
    private(set) var validEnd = 0
    private(set) var tornBytes = 0

    /// The whole file in one or more segments, each on a processor of its own; nil where any line of it has not its place
    /// or not its hash, and where the file cannot be read like this.
    ///
    /// - Parameters:
    ///   - from: where the first of them begins, which is the beginning of a line.
    ///   - digests: whether each is to have its digest.
    static func all(of path: String, from: Int = 0, parts given: Int? = nil, digests: Bool = false) -> [JournalSegment]?
    {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, !JournalFile.isArchived(path),
            status.st_size <= JournalReader.sizeLimit, status.st_size >= from
        else { return nil }
        let size = Int(status.st_size)
        let parts = given ?? WorkThread<Void>.count(for: size - from, each: threadWorth)
        var starts = [from]
        for part in 1..<max(1, parts) {
            guard let start = lineStart(after: from + (size - from) / parts * part, descriptor) else { break }
            if start > starts[starts.count - 1] { starts.append(start) }
        }
        let ranges = zip(starts, starts.dropFirst() + [size]).map { $0..<$1 }
        let work = ranges.dropFirst().map { range in WorkThread { JournalSegment(descriptor, range, digests: digests) }
        }
        let first = JournalSegment(descriptor, ranges[0], digests: digests)
        let segments = [first] + work.map { $0.value() }
        let whole = segments.compactMap(\.self)
        // Bytes without a line's end are the file's last ones or none.
        return whole.count == segments.count && whole.dropLast().allSatisfy { $0.tornBytes == 0 } ? whole : nil
    }

    /// Where the first line begins that begins at or after a place; nil where there is none.
    private static func lineStart(after place: Int, _ descriptor: Int32) -> Int? {
        var at = max(0, place - 1)
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            while true {
                let got = pread(descriptor, base, buffer.count, off_t(at))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { return nil }
                if let end = memchr(base, 0x0A, got) {
                    return at + (UnsafeRawPointer(end) - UnsafeRawPointer(base)) + 1
                }
                at += got
            }
        }
    }

    private init?(_ descriptor: Int32, _ range: Range<Int>, digests: Bool) {
        if digests { hasher = ContentHasher() }
        start = range.lowerBound
        validEnd = range.lowerBound
        var collected = Collected()
        var buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Self.pieceSize)
        defer { buffer.deallocate() }
        var filled = 0
        var place = range.lowerBound
        while place < range.upperBound {
            if filled == buffer.count {
                // A line that is longer than the buffer.
                let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: buffer.count * 2)
                _ = larger.update(fromContentsOf: UnsafeBufferPointer(buffer))
                buffer.deallocate()
                buffer = larger
            }
            guard let base = buffer.baseAddress else { return nil }
            let wanted = min(buffer.count - filled, range.upperBound - place)
            let got = pread(descriptor, base + filled, wanted, off_t(place))
            if got < 0, errno == EINTR { continue }
            // A file that became shorter meanwhile is no journal that is at rest.
            guard got > 0 else { return nil }
            place += got
            filled += got
            guard let used = take(base, filled, &collected) else { return nil }
            hasher?.update(UnsafeRawBufferPointer(start: base, count: used))
            filled -= used
            memmove(base, base + used, filled)
        }
        tornBytes = filled
        let lines = collected.lines
        let itemsStart = collected.itemsStart
        entries = collected.entries.enumerated().compactMap { number, entry in
            switch entry {
            case .response(let response, let isReview): .response(response, isReview: isReview)
            case .item(let line):
                number < itemsStart ? nil : .item(line.record(in: lines))
            case .list(let line):
                number < itemsStart ? nil : .list(line.record(in: lines))
            }
        }
    }

    /// What is kept, until all lines are there.
    private struct Collected {
        enum Entry {
            case response(ResponseScan, isReview: Bool)
            case item(Line)
            case list(Line)
        }

        /// A line among those that are kept, and where it begins in the file.
        struct Line {
            let range: Range<Int>
            let places: RecordPlaces
            let start: Int

            func record(in lines: [UInt8]) -> JournalRecord {
                JournalRecord(RecordScan(lines[range], places), start: start)
            }
        }

        /// The lines of items and of lists.
        var lines: [UInt8] = []
        var entries: [Entry] = []
        /// The first of the entries that no list has replaced.
        var itemsStart = 0

        mutating func keep(_ line: UnsafeBufferPointer<UInt8>, _ places: RecordPlaces, at start: Int) -> Line {
            let end = lines.count
            lines.append(contentsOf: line)
            return Line(range: end..<lines.count, places: places, start: start)
        }
    }

    /// Takes the complete lines; returns their bytes, or nil where one of them is not as it should be.
    private mutating func take(
        _ base: UnsafeMutablePointer<UInt8>, _ filled: Int, _ collected: inout Collected
    ) -> Int? {
        var start = 0
        while start < filled, let end = memchr(base + start, 0x0A, filled - start) {
            let length = UnsafeRawPointer(end) - UnsafeRawPointer(base + start)
            guard take(line: UnsafeMutableBufferPointer(start: base + start, count: length), &collected) else {
                return nil
            }
            start += length + 1
            validEnd += length + 1
        }
        return start
    }

    private mutating func take(line: UnsafeMutableBufferPointer<UInt8>, _ collected: inout Collected) -> Bool {
        let bytes = UnsafeBufferPointer(line)
        guard let base = bytes.baseAddress, let places = RecordPlaces(bytes), Self.matchesHash(line) else {
            return false
        }
        let previous = base + RecordPlaces.previous(in: bytes.count)
        if count == 0 {
            firstSequence = places.sequence
            self.previous = String(decoding: UnsafeBufferPointer(start: previous, count: 64), as: UTF8.self)
            if places.sequence == 0 { header = record(bytes, places) }
        } else {
            guard places.sequence == firstSequence + count, memcmp(headDigits, previous, 64) == 0 else { return false }
        }
        headDigits.withUnsafeMutableBytes {
            $0.copyMemory(
                from: UnsafeRawBufferPointer(start: base + RecordPlaces.hash(in: bytes.count), count: 64))
        }
        count += 1
        switch RecordUse(bytes, places) {
        case .response(let isReview):
            let payload = UnsafeBufferPointer(rebasing: bytes[places.payload])
            collected.entries.append(.response(ResponseScan(payload), isReview: isReview))
        case .item: collected.entries.append(.item(collected.keep(bytes, places, at: validEnd)))
        case .list:
            hasList = true
            collected.lines.removeAll(keepingCapacity: true)
            collected.itemsStart = collected.entries.count
            collected.entries.append(.list(collected.keep(bytes, places, at: validEnd)))
        case .grant: grants.append(record(bytes, places))
        case .turn: turns += 1
        case nil: break
        }
        return true
    }

    /// The record of the line that comes next.
    private func record(_ line: UnsafeBufferPointer<UInt8>, _ places: RecordPlaces) -> JournalRecord {
        JournalRecord(RecordScan(Array(line)[...], places), start: validEnd)
    }

    /// Whether the line's content has the hash that it states. The byte after the content is for a moment the brace that
    /// closes it, so that all is hashed in one go.
    private static func matchesHash(_ line: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        // `,"hash":"` + 64 digits + `"}`
        let body = line.count - 75
        let after = line[body]
        line[body] = UInt8(ascii: "}")
        defer { line[body] = after }
        let bytes = UnsafeRawBufferPointer(line)
        let hash = RecordPlaces.hash(in: line.count)
        return ContentHash.isHash(
            UnsafeRawBufferPointer(rebasing: bytes[hash..<hash + 64]),
            of: UnsafeRawBufferPointer(rebasing: bytes[...body]))
    }
}
