import Basics

/// A record's type and payload found by the places of its members, without reading the JSON of all of it.
///
/// For lists, which look at many files and need little of each; nothing that it says is verified.
struct RecordScan {
    let type: String
    /// JSON that is not read yet.
    let payload: ArraySlice<UInt8>
    let time: String

    private static let typeMark = Array("\",\"type\":\"".utf8)
    private static let payloadMark = Array("\",\"payload\":".utf8)
    /// Bytes of `,"prev":"…","hash":"…"}`.
    private static let tail = 9 + 64 + 1 + 9 + 64 + 2

    /// nil for a line that has not the form of a record.
    init?(_ line: ArraySlice<UInt8>) {
        guard line.starts(with: "{\"seq\":".utf8), line.count > Self.tail + 40,
            let time = Self.end(of: Array("\"time\":\"".utf8), in: line.prefix(48)),
            let typeStart = Self.end(of: Self.typeMark, in: line[time...].prefix(64)),
            let payload = Self.end(of: Self.payloadMark, in: line[typeStart...].prefix(128))
        else { return nil }
        let end = line.endIndex - Self.tail
        guard payload < end else { return nil }
        self.time = String(decoding: line[time..<(typeStart - Self.typeMark.count)], as: UTF8.self)
        type = String(decoding: line[typeStart..<(payload - Self.payloadMark.count)], as: UTF8.self)
        self.payload = line[payload..<end]
    }

    var json: JSONValue? { try? JSONValue(parsing: payload) }

    /// Whether it is an event of this type, whose payload begins with it.
    func isEvent(_ name: String) -> Bool { type == "event" && payload.starts(with: "{\"type\":\"\(name)\"".utf8) }

    /// Where the mark ends that is nearest to the beginning.
    private static func end(of mark: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= mark.count else { return nil }
        for start in bytes.startIndex...(bytes.endIndex - mark.count) where bytes[start...].starts(with: mark) {
            return start + mark.count
        }
        return nil
    }
}
