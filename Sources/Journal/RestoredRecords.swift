package import Basics
import Glibc
package import Wire

/// What going on with a session needs of its records: the conversation from the last list that replaced it, what
/// requests cost, grants, and where the chain ends. All records are verified, and the rest of them is not kept.
package struct RestoredRecords: Sendable, Hashable {
    package enum Entry: Sendable, Hashable {
        /// What a request used; `isReview` of one that did not hold the conversation.
        case response(ResponseScan, isReview: Bool)
        /// An item of the conversation.
        case item(JournalRecord)
        /// A list that replaces it.
        case list(JournalRecord)
    }

    /// The first record.
    package let header: JournalRecord?
    /// In the order of the file; items and lists from the last list on.
    package let entries: [Entry]
    /// Exceptions that answers gave, in their order.
    package let grants: [JournalRecord]
    /// How many records there are.
    package let count: Int
    /// The hash of the last one.
    let head: String
    let totals: SessionTotals
    /// The length of the file up to the end of the last complete record.
    let validLength: Int
    /// Bytes after it: what a crash left of a record.
    let tornBytes: Int

    /// Reads and verifies a whole journal.
    ///
    /// - Parameter parts: how many are read beside each other; nil for what suits the file and the machine.
    /// - Throws: what `JournalReader` throws for the same file.
    package static func read(path: String, parts: Int? = nil) throws(LockgateError) -> RestoredRecords {
        // What is not perfect is read again by the one that says what is wrong with it, or accounts for it.
        if let whole = quickly(path: path, parts: parts) { return whole }
        return RestoredRecords(try JournalReader(path: path))
    }

    /// The same, the quicker where the session has a resume point that is this machine's and fits.
    package static func read(path: String, id: SessionID, keyFile: SealKeyFile?) throws(LockgateError)
        -> RestoredRecords
    {
        if let key = try? keyFile?.read(), let point = ResumePoint.read(path: path, id: id, key: key),
            let base = point.restored(path: path),
            let segments = JournalSegment.all(of: path, from: point.length),
            let whole = RestoredRecords(segments: segments, after: base)
        {
            return whole
        }
        return try read(path: path)
    }

    /// nil where any record has not its place or not its hash.
    package static func quickly(path: String, parts: Int? = nil) -> RestoredRecords? {
        JournalSegment.all(of: path, parts: parts).flatMap { RestoredRecords(segments: $0) }
    }

    package init(_ reader: JournalReader) {
        self.init(reader.records, validLength: reader.validLength, tornBytes: reader.tornBytes)
    }

    /// Of records that are verified.
    package init(_ records: [JournalRecord]) {
        self.init(records, validLength: 0, tornBytes: 0)
    }

    private init(_ records: [JournalRecord], validLength: Int, tornBytes: Int) {
        let beginning = records.lastIndex { $0.use == .list } ?? 0
        var entries: [Entry] = []
        var grants: [JournalRecord] = []
        var totals = SessionTotals()
        for (place, record) in records.enumerated() {
            totals.count(record)
            switch record.use {
            case .response(let isReview):
                if let response = record.response { entries.append(.response(response, isReview: isReview)) }
            case .item: if place >= beginning { entries.append(.item(record)) }
            case .list: if place >= beginning { entries.append(.list(record)) }
            case .grant: grants.append(record)
            case .turn, .none: continue
            }
        }
        self.init(
            header: records.first, entries: entries, grants: grants, count: records.count,
            head: records.last?.hash ?? JournalRecord.genesis, totals: totals, validLength: validLength,
            tornBytes: tornBytes)
    }

    /// nil where the segments are no one chain.
    ///
    /// - Parameter base: what stands before them; nil for nothing.
    init?(segments: [JournalSegment], after base: RestoredRecords? = nil) {
        var count = base?.count ?? 0
        var head = base?.head ?? JournalRecord.genesis
        var totals = base?.totals ?? SessionTotals()
        for segment in segments where segment.count > 0 {
            guard segment.firstSequence == count, segment.previous == head else { return nil }
            count += segment.count
            head = segment.head
            totals.count(turns: segment.turns)
        }
        let last = segments.lastIndex { $0.hasList }
        // A list replaces what stood before.
        var entries = base?.entries ?? []
        if last != nil {
            entries.removeAll {
                if case .response = $0 { false } else { true }
            }
        }
        entries.reserveCapacity(segments.reduce(entries.count) { $0 + $1.entries.count })
        for (place, segment) in segments.enumerated() {
            for entry in segment.entries {
                switch entry {
                case .response(let response, _):
                    totals.count(response)
                    entries.append(entry)
                case .item, .list: if place >= last ?? 0 { entries.append(entry) }
                }
            }
        }
        self.init(
            header: base?.header ?? segments.first { $0.count > 0 }?.header, entries: entries,
            grants: (base?.grants ?? []) + segments.flatMap(\.grants), count: count, head: head, totals: totals,
            validLength: segments.last?.validEnd ?? base?.validLength ?? 0,
            tornBytes: segments.last?.tornBytes ?? 0)
    }

    init(
        header: JournalRecord?, entries: [Entry], grants: [JournalRecord], count: Int, head: String,
        totals: SessionTotals, validLength: Int, tornBytes: Int
    ) {
        self.header = header
        self.entries = entries
        self.grants = grants
        self.count = count
        self.head = head
        self.totals = totals
        self.validLength = validLength
        self.tornBytes = tornBytes
    }
}

/// What a record is to a session that is gone on with.
enum RecordUse: Sendable, Equatable {
    case response(isReview: Bool)
    case item
    case list
    case grant
    /// The beginning of a turn, which is only counted.
    case turn

    /// nil for the rest, whose payload is not looked at.
    init?(_ line: UnsafeBufferPointer<UInt8>, _ places: RecordPlaces) {
        guard let base = line.baseAddress else { return nil }
        func isType(_ name: StaticString) -> Bool {
            places.type.count == name.utf8CodeUnitCount
                && memcmp(base + places.type.lowerBound, name.utf8Start, places.type.count) == 0
        }
        switch line[places.type.lowerBound] {
        case UInt8(ascii: "e"):
            // As `RecordScan.isEvent` has it.
            let mark: StaticString = "{\"type\":\"turn.started\""
            guard isType("event"), places.payload.count >= mark.utf8CodeUnitCount,
                memcmp(base + places.payload.lowerBound, mark.utf8Start, mark.utf8CodeUnitCount) == 0
            else { return nil }
            self = .turn
        case UInt8(ascii: "c"):
            if isType("conversation") {
                self = .item
            } else if isType("compaction") {
                self = .list
            } else {
                return nil
            }
        case UInt8(ascii: "m"):
            guard isType("model.response") else { return nil }
            self = .response(isReview: false)
        case UInt8(ascii: "r"):
            guard isType("review.response") else { return nil }
            self = .response(isReview: true)
        case UInt8(ascii: "h"):
            guard isType("history") else { return nil }
            self = .list
        case UInt8(ascii: "g"):
            guard isType("grant") else { return nil }
            self = .grant
        default: return nil
        }
    }
}
