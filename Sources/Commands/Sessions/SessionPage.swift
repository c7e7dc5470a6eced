import Audit
import Basics
import Journal

/// A session as one HTML page that opens from a file: no scripts, nothing loaded from elsewhere.
struct SessionPage {
    let summary: SessionSummary
    let transcript: SessionTranscript
    let report: JournalReport

    var bytes: [UInt8] {
        let title = summary.notes.name ?? "Session \(summary.location.id)"
        var page = """
            \(HTMLPage.head(title: title, style: Self.style))
            <body>
            <h1>\(Self.escaped(title))</h1>
            <table>

            """
        for (name, value) in facts { page += "<tr><th>\(name)</th><td>\(Self.escaped(value))</td></tr>\n" }
        page += "</table>\n"
        for entry in transcript.entries { page += Self.section(entry) }
        page += "</body>\n</html>\n"
        return Array(page.utf8)
    }

    private var facts: [(String, String)] {
        let counts = Dictionary(grouping: transcript.entries, by: \.kind).mapValues(\.count)
        let seal =
            report.lastSeal.map {
                "sealed up to record \($0) by \(report.keys.map(\.description).joined(separator: ", "))"
            }
            ?? "not sealed"
        return [
            ("Session", summary.location.id.text), ("Started", summary.location.id.time.rfc3339),
            ("Last record", summary.lastTime ?? "?"), ("Folder", summary.cwd ?? "?"),
            ("Model", "\(summary.model ?? "?") via \(summary.provider ?? "?")"), ("State", summary.state.rawValue),
            ("Turns", summary.totals.map { "\($0.turns)" } ?? "?"),
            ("Spent", summary.totals?.cost.map { "$\(HumanRenderer.money($0))" } ?? "price unknown"),
            ("Commands", "\(counts[.command] ?? 0)"), ("File changes", "\(counts[.change] ?? 0)"),
            ("Asked about", "\(counts[.approval] ?? 0)"), ("Refused", "\(counts[.refusal] ?? 0)"),
            ("Record", "\(report.records) records, verified, \(seal); last hash \(report.head ?? "?")"),
        ] + report.warnings.map { ("Warning", $0) }
    }

    private static func section(_ entry: SessionTranscript.Entry) -> String {
        let mark = entry.isFailed ? " failed" : ""
        var text = "<section class=\"\(entry.kind.rawValue)\(mark)\"><h2>\(entry.kind.rawValue)"
        text += " <time>\(escaped(entry.time))</time></h2><pre>\(escaped(entry.text))</pre>"
        for detail in entry.details {
            let isLong = detail.utf8.count(where: { $0 == 0x0A }) > 12
            let body = "<pre class=\"detail\">\(escaped(detail))</pre>"
            text += isLong ? "<details><summary>more</summary>\(body)</details>" : body
        }
        return text + "</section>\n"
    }

    /// Text that HTML takes as text, with control characters made visible.
    static func escaped(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in HarmlessText.clean(text).utf8 {
            switch byte {
            case UInt8(ascii: "&"): out.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): out.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): out.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\""): out.append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): out.append(contentsOf: "&#39;".utf8)
            default: out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static let style = """
        :root{color-scheme:light dark}
        body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
        h1{overflow-wrap:anywhere;line-height:1.2}table{border-collapse:collapse;margin-bottom:1.5rem}
        th{text-align:left;vertical-align:top;padding:0 1rem 0 0;white-space:nowrap}
        td{overflow-wrap:anywhere;padding:0}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0;font:13px/1.4 ui-monospace,monospace}
        section{border-left:4px solid #8884;padding:.2rem .8rem;margin:.6rem 0}
        h2{font-size:12px;text-transform:uppercase;letter-spacing:.05em;margin:0;opacity:.7}time{font-weight:normal;text-transform:none}
        .detail{opacity:.8}.prompt,.message{border-color:#36c}.prompt pre,.message pre{font:inherit}
        .turn{border-color:#888;margin-top:1.6rem}.command,.change,.check{border-color:#2a2}
        .failed,.refusal,.failure{border-color:#c22}.warning{border-color:#b80}
        """
}
