/// The chain so far: which record may come next, and what was wrong until now.
///
/// It goes on after a fault, so that one changed record is one finding and not all that follow.
struct ChainState: Sendable {
    /// The record with the highest number that could be read.
    private(set) var head: (sequence: Int, hash: String)?
    /// Lines since then that look like records and cannot be read.
    private var unreadable = 0
    /// What the record after them may name as the one before it; nil where nobody can know.
    private var unreadableHashes: [String]? = []

    /// The number that the next record should have.
    var expected: Int { (head?.sequence ?? -1) + 1 + unreadable }

    /// Takes a line that cannot be read; returns the number of the record it is, or is a part of.
    mutating func takeUnreadable(_ line: ArraySlice<UInt8>, _ hashes: [String]) -> Int {
        let number = expected
        unreadableHashes = hashes.isEmpty ? nil : hashes
        // The second half of a line that was split counts as the record it is of.
        guard line.starts(with: "{\"seq\":".utf8) else { return max(0, unreadable > 0 ? number - 1 : number) }
        unreadable += 1
        return number
    }

    /// Takes a record whose own hash is right; returns what is wrong with its place.
    mutating func take(_ record: RecordLine) -> (kind: JournalFinding.Kind, record: Int, text: String)? {
        let last = head?.sequence ?? -1
        if record.sequence <= last {
            if record.hash == head?.hash {
                return (.duplicate, record.sequence, "record \(record.sequence) comes a second time")
            }
            return (.order, record.sequence, "record \(record.sequence) stands after record \(last)")
        }
        let expected = expected
        let candidates = unreadableHashes.map { $0 + [head?.hash ?? ContentHash.genesis] }
        defer {
            head = (record.sequence, record.hash)
            unreadable = 0
            unreadableHashes = []
        }
        if record.sequence > expected {
            let missing = record.sequence - expected
            return (
                .gap, expected,
                missing == 1
                    ? "record \(expected) is missing before record \(record.sequence)"
                    : "records \(expected) to \(record.sequence - 1) are missing"
            )
        }
        guard let candidates, !candidates.contains(record.previous) else { return nil }
        return (
            .unlinked, record.sequence,
            record.sequence == 0
                ? "the first record names one before it"
                : "it does not follow from record \(record.sequence - 1): one of the two was replaced"
        )
    }
}
