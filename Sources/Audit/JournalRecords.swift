import Basics

/// A journal's records one after the other, for readers that pass them on.
package enum JournalRecords {
    /// Hands over each line that is a record in itself, in the file's order; others are left out, and so is what has no
    /// line end. Whether the chain holds is for `JournalVerifier` to say.
    ///
    /// - Parameter redacted: numbers of records that a verifier knows to be redacted; they are handed over as they are now.
    /// - Throws: what `body` throws, and `SystemError` for a file that cannot be read.
    package static func stream(_ path: String, redacted: Set<Int> = [], _ body: (RecordLine) throws -> Void) throws {
        var splitter = LineSplitter(limit: JournalVerifier.recordLimit)
        var failure: (any Error)?
        try JournalFile.stream(path) { chunk in
            splitter.consume(chunk) { line in
                guard failure == nil, !line.isCut else { return }
                let reading = RecordLine.read(line.bytes)
                let other = reading.other.flatMap { redacted.contains($0.record.sequence) ? $0.record : nil }
                guard let record = reading.record ?? other else { return }
                do {
                    try body(record)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
    }
}
