package import Basics
package import Wire

/// Where sessions lie: `HOME/sessions/YYYY/MM/DD/<id>.jsonl`.
package struct SessionStore: Sendable, Hashable {
    /// The `sessions` folder.
    package let root: String

    package init(home: String) {
        root = home + "/sessions"
    }

    func path(of id: SessionID, at time: WallTime) -> String {
        let date = time.rfc3339.prefix(10).split(separator: "-").joined(separator: "/")
        return "\(root)/\(date)/\(id).jsonl"
    }

    /// The file of a session, looked for in its day first (the id holds its time), then everywhere.
    ///
    /// - Throws: `session.unknown`.
    package func find(_ id: SessionID) throws(LockgateError) -> String {
        if let milliseconds = Int64(id.text.filter { $0 != "-" }.prefix(12), radix: 16) {
            let likely = path(of: id, at: WallTime(milliseconds: milliseconds))
            if PosixFile.exists(likely) { return likely }
        }
        for path in newestFirst where PathText.name(path) == "\(id).jsonl" { return path }
        throw LockgateError("session.unknown", "there is no session \(id) in \(root)")
    }

    /// The newest session that ran in `directory`, or the newest of all for nil.
    ///
    /// - Throws: `session.unknown` when there is none.
    package func newest(in directory: String?) throws(LockgateError) -> SessionID {
        for path in newestFirst {
            guard let id = SessionID(String(PathText.name(path).dropLast(".jsonl".utf8.count))) else { continue }
            guard let directory else { return id }
            if Self.workingDirectory(ofSessionAt: path) == directory { return id }
        }
        throw LockgateError(
            "session.unknown", directory.map { "no session has run in \($0)" } ?? "there are no sessions yet")
    }

    private var newestFirst: some Sequence<String> {
        // Names are dates and time-ordered ids, so plain order is time order.
        PosixFile.list(root).reversed().lazy.flatMap { year in
            PosixFile.list("\(root)/\(year)").reversed().lazy.flatMap { month in
                PosixFile.list("\(root)/\(year)/\(month)").reversed().lazy.flatMap { day in
                    PosixFile.list("\(root)/\(year)/\(month)/\(day)").reversed().lazy
                        .filter { $0.hasSuffix(".jsonl") }.map { "\(root)/\(year)/\(month)/\(day)/\($0)" }
                }
            }
        }
    }

    /// The folder in the first record, read without the rest of the file.
    private static func workingDirectory(ofSessionAt path: String) -> String? {
        guard let head = PosixFile.head(path, limit: 65_536),
            let end = head.firstIndex(of: UInt8(ascii: "\n")),
            let record = try? JournalRecord.read(head[..<end])
        else { return nil }
        return record.payload["cwd"]?.string
    }
}
