import Basics
import Database
import Journal

/// A session's row as what lists show.
enum IndexedSummary {
    /// nil for a row that no writer of the index wrote.
    static func read(_ row: DatabaseRow, root: String, inUse: Set<UInt64>) -> SessionSummary? {
        guard let path = row.text(0), let inode = row.int(1), let bytes = row.int(2),
            let state = row.text(3).flatMap(SessionSummary.State.init(rawValue:)),
            let id = row.text(15).flatMap({ SessionID($0) })
        else { return nil }
        let number = UInt64(bitPattern: Int64(inode))
        var summary = SessionSummary(
            SessionLocation(id: id, path: "\(root)/\(path)"),
            notes: SessionNotes(
                name: row.text(12), isArchived: row.int(13) == 1, directory: row.text(14), imported: row.int(16)),
            state: inUse.contains(number) ? .running : state, bytes: bytes, inode: number)
        summary.cwd = row.text(4)
        summary.model = row.text(5)
        summary.provider = row.text(6)
        summary.prompt = row.text(7)
        summary.lastTime = row.text(8)
        if let turns = row.int(9), let requests = row.int(10) {
            summary.totals = SessionTotals(turns: turns, requests: requests, cost: row.double(11))
        }
        return summary
    }
}
