package import Basics

/// One thing that is wrong with a journal, and where.
package struct JournalFinding: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A record's content and hash do not belong together.
        case altered
        /// A line that no writer writes.
        case malformed
        /// Records are missing.
        case gap
        /// A record that stood before comes again.
        case duplicate
        /// A record after one that it belongs before.
        case order
        /// A record that names another one as the one before it.
        case unlinked
        /// The file ends within a record.
        case torn
        /// No record at all.
        case empty
        /// The file ends before a record that is known to have been written.
        case truncated
        /// A record is another one than an anchor says.
        case replaced
        /// A seal that does not hold.
        case seal
        /// Another session than the file's name says.
        case identity
        /// The file cannot be read.
        case unreadable
    }

    package var kind: Kind
    /// The record's number, from 0; where a line cannot be read, the number that the record there should have.
    package var record: Int
    /// Where the line begins, in bytes from the file's start.
    package var offset: Int
    package var text: String

    package init(_ kind: Kind, record: Int, offset: Int, _ text: String) {
        self.kind = kind
        self.record = record
        self.offset = offset
        self.text = text
    }

    package var description: String { "record \(record), byte \(offset): \(text) (\(kind.rawValue))" }

    package var json: JSONValue {
        ["kind": .string(kind.rawValue), "record": .int(record), "offset": .int(offset), "text": .string(text)]
    }
}
