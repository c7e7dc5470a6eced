package import Audit
package import Basics
import Glibc

/// What verifying a journal once has found, so that going on with it costs one digest of its bytes instead of a hash and
/// a look at each record.
///
/// It holds no text: only digests of the journal's parts, counts, and where in the journal the lines stand that going on
/// needs. It is believed only with this machine's own code on it, for this session, and as long as each part of the
/// journal still has its digest; otherwise the whole journal is read as if there were none. Who could forge the code has
/// the key that seals journals, and could write another history altogether.
package struct ResumePoint: Sendable, Hashable {
    /// A part of the journal, whole records of it.
    struct Span: Sendable, Hashable {
        let length: Int
        /// SHA-256 in hexadecimal.
        let digest: String
    }

    /// As in `RestoredRecords`, with the line's place in the journal.
    enum Entry: Sendable, Hashable {
        case response(ResponseScan, isReview: Bool)
        case item(Range<Int>)
        case list(Range<Int>)
    }

    /// One after the other, from the journal's beginning.
    let spans: [Span]
    /// How many records they hold, and the hash of the last.
    let count: Int
    let head: String
    let totals: SessionTotals
    let header: Range<Int>?
    let entries: [Entry]
    let grants: [Range<Int>]

    /// How much of the journal it covers.
    package var length: Int { spans.reduce(0) { $0 + $1.length } }

    /// Each time that a session is gone on with adds some; with more than these it is made of the whole journal again.
    private static let spanLimit = 64

    /// Verifies what the last one does not cover, and makes one of all; nil where the journal is not whole.
    package static func make(path: String, id: SessionID, key: SealPrivateKey) -> ResumePoint? {
        let last = read(path: path, id: id, key: key).flatMap { $0.spans.count < spanLimit ? $0 : nil }
        let base = last?.restored(path: path)
        let spans = base == nil ? [] : last?.spans ?? []
        let length = spans.reduce(0) { $0 + $1.length }
        guard let segments = JournalSegment.all(of: path, from: length, digests: true),
            let restored = RestoredRecords(segments: segments, after: base), restored.tornBytes == 0
        else { return nil }
        let added = segments.compactMap { segment in
            segment.digest.map { Span(length: segment.validEnd - segment.start, digest: $0) }
        }
        return ResumePoint(restored, spans: spans + added.filter { $0.length > 0 })
    }

    private init(_ restored: RestoredRecords, spans: [Span]) {
        self.init(
            spans: spans, count: restored.count, head: restored.head, totals: restored.totals,
            header: restored.header?.place,
            entries: restored.entries.map { entry in
                switch entry {
                case .response(let response, let isReview): .response(response, isReview: isReview)
                case .item(let record): .item(record.place)
                case .list(let record): .list(record.place)
                }
            }, grants: restored.grants.map(\.place))
    }

    init(
        spans: [Span], count: Int, head: String, totals: SessionTotals, header: Range<Int>?, entries: [Entry],
        grants: [Range<Int>]
    ) {
        self.spans = spans
        self.count = count
        self.head = head
        self.totals = totals
        self.header = header
        self.entries = entries
        self.grants = grants
    }

    // MARK: - Use

    /// What it stands for, with the lines taken from the journal; nil where any byte that it covers is another than it
    /// was.
    package func restored(path: String) -> RestoredRecords? {
        guard let lines = ResumeLines(of: self, path: path) else { return nil }
        func record(_ place: Range<Int>) -> JournalRecord? {
            lines[place].flatMap { RecordScan($0) }.map { JournalRecord($0, start: place.lowerBound) }
        }
        let entries = entries.compactMap { entry -> RestoredRecords.Entry? in
            switch entry {
            case .response(let response, let isReview): .response(response, isReview: isReview)
            case .item(let place): record(place).map { .item($0) }
            case .list(let place): record(place).map { .list($0) }
            }
        }
        let grants = grants.compactMap(record)
        guard entries.count == self.entries.count, grants.count == self.grants.count else { return nil }
        return RestoredRecords(
            header: header.flatMap(record), entries: entries, grants: grants, count: count, head: head, totals: totals,
            validLength: length, tornBytes: 0)
    }

    /// All lines that it names, in the order of the file.
    var places: [Range<Int>] {
        let own = entries.compactMap { entry -> Range<Int>? in
            switch entry {
            case .response: nil
            case .item(let place), .list(let place): place
            }
        }
        return ([header].compactMap(\.self) + own + grants).sorted { $0.lowerBound < $1.lowerBound }
    }
}
