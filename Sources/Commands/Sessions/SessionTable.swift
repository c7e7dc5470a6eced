import Basics
import Glibc
import Journal

/// Sessions as lines for people.
struct SessionTable {
    private let rows: [[String]]
    private let style: TerminalStyle

    init(_ sessions: [SessionSummary], showsFolder: Bool, style: TerminalStyle) {
        self.style = style
        rows =
            [["SESSION", "STARTED", "STATE", "TURNS", "COST", "MODEL", "PROMPT"]]
            + sessions.map { session in
                [
                    // Time and twelve random bits: enough to mean one.
                    String(session.location.id.text.prefix(18)), LocalTime.text(session.location.id.time),
                    session.notes.isArchived ? "\(session.state.rawValue), archived" : session.state.rawValue,
                    session.totals.map { "\($0.turns)" } ?? "?",
                    session.totals?.cost.map { "$\(HumanRenderer.money($0))" } ?? "?",
                    Self.short(session.model ?? "?", 24),
                    Self.label(session) + (showsFolder ? "  \(Self.short(session.cwd ?? "?", 60))" : ""),
                ]
            }
    }

    private static func label(_ session: SessionSummary) -> String {
        let prompt = short(session.prompt ?? "", 60)
        return session.notes.name.map { prompt.isEmpty ? "[\($0)]" : "[\($0)] \(prompt)" } ?? prompt
    }

    /// One line of harmless text.
    static func short(_ text: String, _ length: Int) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return TerminalStyle.harmless(line.count > length ? line.prefix(length - 1) + "…" : line)
    }

    var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.enumerated().map { number, row in
            let line = row.enumerated().map { column, text in
                column == row.count - 1 ? text : text + String(repeating: " ", count: widths[column] - text.count)
            }.joined(separator: "  ")
            return number == 0 ? style.dim(line) : line
        }.joined(separator: "\n")
    }
}

/// Moments as the person's clock shows them.
enum LocalTime {
    /// `2026-11-26 02:48`.
    static func text(_ time: WallTime) -> String {
        var seconds = time_t(time.milliseconds / 1000)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return time.rfc3339 }
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min))"
    }
}
