import Audit
import Basics
package import Wire

/// Reads a journal and checks its chain as it goes.
package struct JournalReader {
    /// A journal larger than this is refused, so that a planted file cannot exhaust memory. 4 GiB.
    static let sizeLimit = 4 << 30

    package let records: [JournalRecord]
    /// The length of the file up to the end of the last complete record.
    package let validLength: Int
    /// Bytes after `validLength`: what a crash left of a record that was never finished.
    package let tornBytes: Int

    /// Reads the whole file.
    ///
    /// - Throws: `journal.unreadable`, or `journal.broken` naming the first record that does not verify.
    package init(path: String) throws(LockgateError) {
        let bytes: [UInt8]
        do {
            bytes = try PosixFile.read(path, limit: Self.sizeLimit)
        } catch {
            throw LockgateError("journal.unreadable", "cannot read the session's journal: \(error)")
        }
        var records: [JournalRecord] = []
        var previous = JournalRecord.genesis
        var start = 0
        // Records whose content is not what their hash says, and what is: redacted, if a record says so.
        var open: [Int: (actual: String, start: Int)] = [:]
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let record: JournalRecord
            do {
                let (read, actual) = try JournalRecord.readRedacted(bytes[start..<end])
                record = read
                if actual != read.hash {
                    guard Redaction.isPossible(read.type, record: records.count) else {
                        throw JournalFault("the record's content does not match its hash")
                    }
                    open[records.count] = (actual, start)
                }
                guard record.sequence == records.count else {
                    throw JournalFault("its sequence number is \(record.sequence), expected \(records.count)")
                }
                guard record.previous == previous else {
                    throw JournalFault("it does not follow from the record before it")
                }
            } catch {
                throw Self.broken(path, records.count, start, error)
            }
            if record.type == Redaction.recordType, let redaction = Redaction(json: record.payload),
                let entry = open[redaction.record], entry.actual == redaction.replaced,
                records[redaction.record].hash == redaction.hash
            {
                open[redaction.record] = nil
            }
            previous = record.hash
            records.append(record)
            start = end + 1
        }
        if let (number, entry) = open.min(by: { $0.key < $1.key }) {
            throw Self.broken(
                path, number, entry.start, JournalFault("the record's content does not match its hash"))
        }
        self.records = records
        validLength = start
        tornBytes = bytes.count - start
    }

    private static func broken(_ path: String, _ record: Int, _ start: Int, _ fault: any Error) -> LockgateError {
        LockgateError(
            "journal.broken", "\(path): record \(record) (byte \(start)) does not verify: \(fault)",
            remedy: "the journal was changed after it was written; start a new session")
    }
}
