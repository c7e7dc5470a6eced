import Audit
package import Basics

/// One line of a session's journal.
///
/// The line is the compact JSON object `{"seq":…,"time":…,"type":…,"payload":…,"prev":…,"hash":…}` in that order.
/// `hash` is the lower-case hexadecimal SHA-256 of the same line without its `hash` member (and without the line
/// end); `prev` is the hash of the record before, 64 zeros for the first. So changing, dropping or reordering any
/// record breaks the chain at that record.
package struct JournalRecord: Sendable, Hashable {
    /// Its members' places in the file.
    package let scan: RecordScan

    /// The journal's format, in each first record; it rises when a reader of the one before could be misled.
    package static let format = JournalVerifier.format

    /// The `prev` of a journal's first record.
    package static let genesis = ContentHash.genesis

    /// Where its line begins in the file, in bytes.
    let start: Int

    /// A line whose hash is checked as well.
    ///
    /// - Parameter start: nil for a line of an array that holds the whole file.
    init(_ scan: RecordScan, start: Int? = nil) {
        self.scan = scan
        self.start = start ?? scan.line.startIndex
    }

    /// Where its line lies in the file, without its end.
    var place: Range<Int> { start..<start + scan.line.count }

    package var sequence: Int { scan.sequence }
    package var time: String { scan.time }
    package var type: String { scan.type }
    package var previous: String { scan.previous }
    package var hash: String { scan.hash }
    /// Read from the line each time, since most records are never asked for theirs; null where it is no JSON, which no
    /// writer leaves.
    package var payload: JSONValue { scan.json ?? .null }

    /// What it is to a session that is gone on with.
    var use: RecordUse? { scan.use }

    /// The payload's JSON, not read.
    var payloadBytes: ArraySlice<UInt8> { scan.payload }

    /// Whether it is of this type, without reading its payload.
    package func isType(_ name: StaticString) -> Bool { scan.isType(name) }
    /// Whether it is an event of this type, without reading its payload.
    package func isEvent(_ name: String) -> Bool { scan.isEvent(name) }

    /// Makes the line of the record that follows `previous`, line end included, and its hash.
    static func make(
        sequence: Int, time: String, type: String, payload: JSONValue, previous: String
    ) -> (hash: String, line: [UInt8]) {
        var line = Array("{\"seq\":\(sequence),\"time\":".utf8)
        JSONValue.string(time).write(to: &line)
        line.append(contentsOf: ",\"type\":".utf8)
        JSONValue.string(type).write(to: &line)
        line.append(contentsOf: ",\"payload\":".utf8)
        payload.write(to: &line)
        line.append(contentsOf: ",\"prev\":\"\(previous)\"}".utf8)
        let hash = digest(line)
        line.removeLast()
        line.append(contentsOf: ",\"hash\":\"\(hash)\"}\n".utf8)
        return (hash, line)
    }

    /// Reads a line (without its line end) and checks its own hash; the caller checks the chain. The payload is not read.
    ///
    /// - Throws: `JournalFault` that says what is wrong with the line.
    package static func read(_ line: ArraySlice<UInt8>) throws(JournalFault) -> JournalRecord {
        guard line.count > hashTail else { throw JournalFault("the line is too short to be a record") }
        let end = line.suffix(hashTail)
        guard end.starts(with: ",\"hash\":\"".utf8), end.suffix(2).elementsEqual("\"}".utf8) else {
            throw JournalFault("the record does not end with its hash")
        }
        guard matchesHash(line) else { throw JournalFault("the record's content does not match its hash") }
        guard let scan = RecordScan(line) else { throw JournalFault("the record has not the form of one") }
        return JournalRecord(scan)
    }

    /// `,"hash":"` + 64 digits + `"}` is the end of every line, at a fixed distance.
    private static let hashTail = 9 + 64 + 2

    /// Whether the line's content has the hash that it states.
    var matchesHash: Bool { Self.matchesHash(scan.line) }

    /// The hash that the line's content has, whatever it states.
    var contentHash: String { Self.digest(scan.line.dropLast(Self.hashTail) + [UInt8(ascii: "}")]) }

    /// The same record with another payload and its old hash, for experiments: it does not verify any more.
    package init(copying record: JournalRecord, payload: JSONValue) {
        let copy = Self.make(
            sequence: record.sequence, time: record.time, type: record.type, payload: payload,
            previous: record.previous)
        let line = copy.line.dropLast(67) + Array("\(record.hash)\"}".utf8)
        self.init(RecordScan(line[...]) ?? record.scan, start: record.start)
    }

    private static func matchesHash(_ line: ArraySlice<UInt8>) -> Bool {
        line.withUnsafeBytes { bytes in
            ContentHash.isHash(
                UnsafeRawBufferPointer(rebasing: bytes.dropLast(2).suffix(64)),
                ofBody: UnsafeRawBufferPointer(rebasing: bytes.dropLast(hashTail)))
        }
    }

    /// Lower-case hexadecimal SHA-256.
    package static func digest(_ bytes: [UInt8]) -> String { ContentHash.of(bytes) }
}

/// What is wrong with a journal's line.
package struct JournalFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
