/// Checks the hashes of many records on all processors: reading them is quick, and this is what a long session's length
/// costs.
enum HashCheck {
    /// Records below this many are not worth a thread.
    private static let threadWorth = 4096

    /// The records whose content does not match their hash, in order; none of an honest journal but what was redacted.
    static func faults(in records: [JournalRecord]) -> [Int] {
        let count = WorkThread<Void>.count(for: records.count, each: threadWorth)
        let size = (records.count + count - 1) / max(1, count)
        let pieces = (0..<count).map { min($0 * size, records.count)..<min(($0 + 1) * size, records.count) }
        let work = pieces.dropFirst().map { piece in
            WorkThread { records[piece].indices.filter { !records[$0].matchesHash } }
        }
        let first = (pieces.first ?? 0..<0).filter { !records[$0].matchesHash }
        return work.reduce(into: first) { $0 += $1.value() }
    }
}
