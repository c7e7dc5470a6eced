import Glibc

/// Where a record's members stand in its line, found by the marks between them; no JSON of it is read.
struct RecordPlaces: Sendable, Hashable {
    let sequence: Int
    /// In bytes from the line's start.
    let time: Range<Int>
    let type: Range<Int>
    let payload: Range<Int>

    /// Bytes of `,"prev":"…","hash":"…"}`.
    private static let tail = 9 + 64 + 10 + 64 + 2

    /// nil for a line (without its line end) that has not the form of a record.
    init?(_ line: UnsafeBufferPointer<UInt8>) {
        guard let base = line.baseAddress else { return nil }
        var at = 0
        func skip(_ mark: StaticString) -> Bool {
            let length = mark.utf8CodeUnitCount
            guard line.count - at >= length, memcmp(base + at, mark.utf8Start, length) == 0 else { return false }
            at += length
            return true
        }
        func untilQuote(_ limit: Int) -> Range<Int>? {
            let start = at
            while at < line.count, at - start <= limit {
                if line[at] == UInt8(ascii: "\"") { return start..<at }
                at += 1
            }
            return nil
        }
        guard skip("{\"seq\":") else { return nil }
        var sequence = 0
        let digits = at
        while at < line.count, at - digits < 18, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(line[at]) {
            sequence = sequence * 10 + Int(line[at] - UInt8(ascii: "0"))
            at += 1
        }
        guard at > digits, skip(",\"time\":\""), let time = untilQuote(40), skip("\",\"type\":\""),
            let type = untilQuote(100), skip("\",\"payload\":")
        else { return nil }
        let payload = at
        let end = line.count - Self.tail
        guard payload < end else { return nil }
        at = end
        guard skip(",\"prev\":\"") else { return nil }
        at += 64
        guard skip("\",\"hash\":\"") else { return nil }
        at += 64
        guard skip("\"}") else { return nil }
        self.sequence = sequence
        self.time = time
        self.type = type
        self.payload = payload..<end
    }

    /// Where the 64 digits of the hash before begin, and those of the line's own.
    static func previous(in length: Int) -> Int { length - 2 - 64 - 10 - 64 }
    static func hash(in length: Int) -> Int { length - 2 - 64 }
}
