package import Basics
package import Wire

/// The beginning of a session that goes on from a moment of another: what was said until then, and where that stands.
///
/// The other session is only read.
package struct SessionFork: Sendable, Hashable {
    /// The other session.
    package let parent: SessionID
    /// The last record that is taken over, and its hash.
    package let sequence: Int
    package let hash: String
    /// The conversation, as `conversation` records hold it.
    package let items: [JSONValue]
    /// The records up to that one, for front ends that show them.
    package let records: [JournalRecord]

    /// - Parameters:
    ///   - turn: the last turn that is taken over, from 1; 0 for what stood before the first; nil for all.
    /// - Throws: `session.turn_unknown`, and what reading the journal throws.
    package init(of location: SessionLocation, turn: Int? = nil) throws(LockgateError) {
        let all = try JournalReader(path: location.path).records
        let records = try turn.map { number throws(LockgateError) in
            Array(all.prefix(try Self.end(of: number, in: all, location)))
        }
        self.records = records ?? all
        guard let last = self.records.last else {
            throw LockgateError("journal.broken", "session \(location.id) has no record")
        }
        parent = location.id
        sequence = last.sequence
        hash = last.hash
        items = Self.items(of: self.records)
    }

    /// How many records there are up to a turn's end.
    private static func end(
        of turn: Int, in records: [JournalRecord], _ location: SessionLocation
    ) throws(LockgateError) -> Int {
        var turns = 0
        for (place, record) in records.enumerated() where begins(record) {
            turns += 1
            guard turns > turn else { continue }
            // What a later process says before its turn belongs to that.
            let end = records[..<place].lastIndex { !$0.isEvent("thread.started") && !$0.isEvent("error") } ?? place - 1
            return end + 1
        }
        guard turn >= 0, turn <= turns else {
            throw LockgateError(
                "session.turn_unknown",
                "session \(location.id) has \(turns) turn\(turns == 1 ? "" : "s"), and no turn \(turn)",
                remedy: "see: lockgate sessions show \(location.id)", exitCode: 2)
        }
        return records.count
    }

    /// Whether a turn begins with it; in an imported session each of a person's messages begins one.
    private static func begins(_ record: JournalRecord) -> Bool {
        if record.isEvent("turn.started") { return true }
        guard record.isType("imported") else { return false }
        return record.payload["item"]?["kind"] == "user"
    }

    private static func items(of records: [JournalRecord]) -> [JSONValue] {
        let beginning = records.lastIndex { $0.isType("compaction") || $0.isType("history") } ?? 0
        var items: [JSONValue] = []
        for record in records[beginning...] {
            if record.isType("conversation") {
                items.append(record.payload)
            } else if record.isType("imported") {
                if let item = record.payload["item"] { items.append(item) }
            } else if record.isType("compaction") || record.isType("history") {
                items = record.payload["items"]?.array ?? []
            }
        }
        return items
    }

    /// What the new session's first record says of its parent.
    package var link: JSONValue {
        ["session": .string(parent.text), "sequence": .int(sequence), "hash": .string(hash)]
    }
}
