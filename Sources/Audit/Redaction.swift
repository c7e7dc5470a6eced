package import Basics

/// A later redaction of one record: a record of its own that names what was taken out and what stands there now.
///
/// The record keeps its hash, which its content does not have any more, so that the chain and all seals hold. What makes the
/// difference between that and a change is this: a sealed record that says so.
package struct Redaction: Sendable, Hashable {
    package static let recordType = "redaction"

    /// The record's number and its hash, which stands.
    package var record: Int
    package var hash: String
    /// The hash of the content that stands there now.
    package var replaced: String
    package var reason: String
    /// What was taken out, as keyed digests: who has the key and a text can prove that it stood there.
    package var commitments: [String]

    package init(record: Int, hash: String, replaced: String, reason: String, commitments: [String]) {
        self.record = record
        self.hash = hash
        self.replaced = replaced
        self.reason = reason
        self.commitments = commitments
    }

    package var json: JSONValue {
        [
            "record": .int(record), "hash": .string(hash), "replaced": .string(replaced), "reason": .string(reason),
            "commitments": .array(commitments.map { .string($0) }),
        ]
    }

    /// Reads what `json` writes; nil for anything else.
    package init?(json: JSONValue) {
        guard let record = json["record"]?.int, let hash = json["hash"]?.string,
            let replaced = json["replaced"]?.string
        else { return nil }
        self.init(
            record: record, hash: hash, replaced: replaced, reason: json["reason"]?.string ?? "",
            commitments: (json["commitments"]?.array ?? []).compactMap(\.string))
    }

    /// Whether a record of this type may be redacted: not what proves the others.
    package static func isPossible(_ type: String, record: Int) -> Bool {
        record > 0 && type != Seal.recordType && type != recordType
    }
}

/// Records whose content is not what their hash says, until it is clear whether a redaction accounts for them.
struct OpenRedactions: Sendable {
    struct Entry: Sendable {
        var record: RecordLine
        /// The hash of the content.
        var actual: String
        var offset: Int
        var fault: String
        /// Whether the next record names its hash.
        var isLinked = false
        /// The redaction's own number and reason.
        var account: (record: Int, reason: String)?
        var isSealed = false
    }

    private(set) var entries: [Entry] = []

    /// Takes a line in whose place a redaction is possible.
    mutating func take(_ record: RecordLine, actual: String, offset: Int, fault: String) {
        follow(record)
        entries.append(Entry(record: record, actual: actual, offset: offset, fault: fault))
    }

    /// Takes the record that comes next.
    mutating func follow(_ record: RecordLine) {
        guard let last = entries.indices.last, record.sequence == entries[last].record.sequence + 1 else { return }
        entries[last].isLinked = record.previous == entries[last].record.hash
    }

    mutating func account(_ record: RecordLine) {
        guard let redaction = Redaction(json: record.payload) else { return }
        for index in entries.indices where entries[index].record.sequence == redaction.record {
            let entry = entries[index]
            guard entry.record.hash == redaction.hash, entry.actual == redaction.replaced else { continue }
            entries[index].account = (record.sequence, redaction.reason)
        }
    }

    /// A seal covers every record before it.
    mutating func seal(upTo sequence: Int) {
        for index in entries.indices {
            if let account = entries[index].account, account.record <= sequence { entries[index].isSealed = true }
        }
    }
}
