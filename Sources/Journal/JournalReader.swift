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
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let record: JournalRecord
            do {
                record = try JournalRecord.read(bytes[start..<end])
                guard record.sequence == records.count else {
                    throw JournalFault("its sequence number is \(record.sequence), expected \(records.count)")
                }
                guard record.previous == previous else {
                    throw JournalFault("it does not follow from the record before it")
                }
            } catch {
                throw LockgateError(
                    "journal.broken", "\(path): record \(records.count) (byte \(start)) does not verify: \(error)",
                    remedy: "the journal was changed after it was written; start a new session")
            }
            previous = record.hash
            records.append(record)
            start = end + 1
        }
        self.records = records
        validLength = start
        tornBytes = bytes.count - start
    }
}
