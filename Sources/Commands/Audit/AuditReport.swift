import Audit
import Basics
import Wire

/// What sessions did, for people: one HTML page that opens from a file, without scripts and without anything from elsewhere.
struct AuditReport {
    private struct Session {
        var id: String
        var isWhole: Bool
        var started = ""
        var cwd = ""
        var model = ""
        var turns = 0
        var requests = 0
        var commands = 0
        var refusals = 0
        /// nil as soon as one request's price is unknown.
        var cost: Double? = 0
    }

    private struct Table {
        var title: String
        var columns: [String]
        var rows: [[String]] = []
        /// Rows beyond the limit.
        var more = 0

        mutating func add(_ row: [String]) {
            if rows.count < AuditReport.rowLimit { rows.append(row) } else { more += 1 }
        }
    }

    /// A longer table is nothing that anybody reads; the other formats have everything.
    static let rowLimit = 5000

    private var sessions: [Session] = []
    private var places: [String: Int] = [:]
    private var decisions: [String: Int] = [:]
    private var hosts: [String: Int] = [:]
    private var approvals = Table(
        title: "Approvals", columns: ["Time", "Session", "Answer", "By", "Effect", "Message"])
    private var refusals = Table(title: "Refusals", columns: ["Time", "Session", "Effect", "Reason", "Rule", "Origin"])
    private var commands = Table(
        title: "Commands", columns: ["Time", "Session", "Command", "Folder", "Verdict", "Rule"])
    private var files = Table(title: "Files", columns: ["Time", "Session", "Change", "Path", "Verdict", "Rule"])

    mutating func take(_ row: AuditRow) {
        let payload = row.record.payload
        let index = place(of: row)
        switch row.record.type {
        case "session":
            sessions[index].started = row.record.time
            sessions[index].cwd = payload["cwd"]?.string ?? ""
            sessions[index].model = "\(payload["model"]?.string ?? "?") via \(payload["provider"]?.string ?? "?")"
        case "model.response", "review.response":
            sessions[index].requests += 1
            if let cost = payload["cost_usd"]?.double, let sum = sessions[index].cost {
                sessions[index].cost = sum + cost
            } else {
                sessions[index].cost = nil
            }
        case "effect.requested": take(effect: row, payload, index)
        case "event": take(event: row, payload, index)
        default: return
        }
    }

    private mutating func place(of row: AuditRow) -> Int {
        if let index = places[row.session] { return index }
        places[row.session] = sessions.count
        sessions.append(Session(id: row.session, isWhole: row.isWhole))
        return sessions.count - 1
    }

    private mutating func take(effect row: AuditRow, _ payload: JSONValue, _ index: Int) {
        let verdict = payload["verdict"]
        let rule = verdict?["rule"]?.string ?? "?"
        let effect = payload["effect"]
        let approver = payload["approval"]?["answered_by"]?.string
        let decision = "\(verdict?["decision"]?.string ?? "?")\(approver.map { ", approved by \($0)" } ?? "")"
        decisions["\(effect?["kind"]?.string ?? "?") · \(decision) · \(rule)", default: 0] += 1
        switch effect?["kind"]?.string {
        case "command":
            sessions[index].commands += 1
            let argv = (effect?["argv"]?.array ?? []).compactMap(\.string)
            commands.add([
                row.record.time, row.session, argv.joined(separator: " "), effect?["cwd"]?.string ?? "", decision, rule,
            ])
        case "file_change":
            for change in effect?["changes"]?.array ?? [] {
                files.add([
                    row.record.time, row.session, change["kind"]?.string ?? "?", change["path"]?.string ?? "?",
                    decision, rule,
                ])
            }
        default: return
        }
    }

    private mutating func take(event row: AuditRow, _ payload: JSONValue, _ index: Int) {
        switch payload["type"]?.string {
        case "turn.started": sessions[index].turns += 1
        case "effect.denied":
            sessions[index].refusals += 1
            let effect = payload["effect"]
            if effect?["target_kind"] == "network" {
                hosts["refused · \(effect?["target"]?.string ?? "?")", default: 0] += 1
            }
            let verdict = payload["verdict"]
            decisions["\(effect?["kind"]?.string ?? "?") · deny · \(verdict?["rule"]?.string ?? "?")", default: 0] += 1
            refusals.add([
                row.record.time, row.session, effect?.text ?? "", verdict?["reason"]?.string ?? "",
                verdict?["rule"]?.string ?? "", verdict?["origin"]?.string ?? "",
            ])
        case "approval":
            for host in payload["request"]?["touches"]?["hosts"]?.array ?? [] {
                hosts["asked about · \(host.string ?? "?")", default: 0] += 1
            }
            approvals.add([
                row.record.time, row.session, payload["answer"]?["decision"]?.string ?? "?",
                payload["answered_by"]?.string ?? "?", payload["request"]?["effect"]?.text ?? "",
                payload["answer"]?["message"]?.string ?? "",
            ])
        default: return
        }
    }

    // MARK: - The page

    var bytes: [UInt8] {
        var page = """
            \(HTMLPage.head(title: "Lockgate audit report", style: Self.style))
            <body>
            <h1>Lockgate audit report</h1>

            """
        page += Self.html(sessionTable)
        page += Self.html(Self.counted("Decisions", "Effect · verdict · rule", decisions))
        page += Self.html(Self.counted("Hosts", "Host", hosts))
        for table in [approvals, refusals, commands, files] { page += Self.html(table) }
        page += "</body>\n</html>\n"
        return Array(page.utf8)
    }

    private var sessionTable: Table {
        var table = Table(
            title: "Sessions",
            columns: [
                "Session", "Started", "Folder", "Model", "Turns", "Requests", "Commands", "Refused", "Spent", "Journal",
            ])
        for session in sessions {
            table.add([
                session.id, session.started, session.cwd, session.model, "\(session.turns)", "\(session.requests)",
                "\(session.commands)", "\(session.refusals)",
                session.cost.map { "$\(HumanRenderer.money($0))" } ?? "price unknown",
                session.isWhole ? "whole" : "BROKEN",
            ])
        }
        return table
    }

    private static func counted(_ title: String, _ column: String, _ counts: [String: Int]) -> Table {
        var table = Table(title: title, columns: [column, "Times"])
        for (name, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            table.add([name, "\(count)"])
        }
        return table
    }

    private static func html(_ table: Table) -> String {
        var text = "<h2>\(SessionPage.escaped(table.title))</h2>\n"
        guard !table.rows.isEmpty else { return text + "<p>None.</p>\n" }
        text += "<table><tr>\(table.columns.map { "<th>\(SessionPage.escaped($0))</th>" }.joined())</tr>\n"
        for row in table.rows {
            text += "<tr>\(row.map { "<td>\(SessionPage.escaped($0))</td>" }.joined())</tr>\n"
        }
        text += "</table>\n"
        return table.more == 0 ? text : text + "<p>And \(table.more) more: see the other formats.</p>\n"
    }

    private static let style = """
        :root{color-scheme:light dark}
        body{font:14px/1.4 system-ui,sans-serif;margin:2rem;max-width:100rem}
        table{border-collapse:collapse;margin-bottom:1.5rem;width:100%}
        th,td{text-align:left;vertical-align:top;padding:.2rem .6rem;border-bottom:1px solid #8884;overflow-wrap:anywhere}
        td{white-space:pre-wrap;font:12px/1.4 ui-monospace,monospace}
        """
}
