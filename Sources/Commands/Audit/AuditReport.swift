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
        /// At the gate, and those that the sandbox gave a command.
        var refusals = 0
        var sandboxRefusals = 0
        /// Files that were another after a turn, by whatever means.
        var filesChanged = 0
        /// nil as soon as one request's price is unknown.
        var cost: Double? = 0
    }

    private struct Table {
        var title: String
        var columns: [Column]
        var rows: [[String]] = []
        /// Rows beyond the limit.
        var more = 0

        mutating func add(_ row: [String]) {
            if rows.count < AuditReport.rowLimit { rows.append(row) } else { more += 1 }
        }
    }

    private struct Column {
        /// How its values wrap, and where they stand.
        enum Form: String {
            /// Broken between words, and within one that is too long.
            case text
            /// Never broken: times, ids, words.
            case word
            case number
        }

        var title: String
        var form: Form

        static func text(_ title: String) -> Column { Column(title: title, form: .text) }
        static func word(_ title: String) -> Column { Column(title: title, form: .word) }
        static func number(_ title: String) -> Column { Column(title: title, form: .number) }
    }

    /// A longer table is nothing that anybody reads; the other formats have everything.
    static let rowLimit = 5000

    private var sessions: [Session] = []
    private var places: [String: Int] = [:]
    private var decisions: [String: Int] = [:]
    private var hosts: [String: Int] = [:]
    private var approvals = Table(
        title: "Approvals",
        columns: [.word("Time"), .word("Session"), .word("Answer"), .word("By"), .text("Effect"), .text("Message")])
    private var refusals = Table(
        title: "Refused at the gate",
        columns: [.word("Time"), .word("Session"), .text("Effect"), .text("Reason"), .text("Rule"), .text("Origin")])
    private var sandboxRefusals = Table(
        title: "Refused by the sandbox",
        columns: [
            .word("Time"), .word("Session"), .word("Access"), .text("Target"), .text("Reason"), .text("Rule"),
            .text("Origin"),
        ])
    private var commands = Table(
        title: "Commands",
        columns: [.word("Time"), .word("Session"), .text("Command"), .text("Folder"), .word("Verdict"), .text("Rule")])
    private var files = Table(
        title: "Files changed by patches",
        columns: [.word("Time"), .word("Session"), .word("Change"), .text("Path"), .word("Verdict"), .text("Rule")])
    private var turnFiles = Table(
        title: "Files changed in turns, by commands as well",
        columns: [.word("Time"), .word("Session"), .number("Turn"), .word("Change"), .text("Path")])

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
                Self.time(row.record.time), Self.short(row.session), argv.joined(separator: " "),
                effect?["cwd"]?.string ?? "", decision, rule,
            ])
        case "file_change":
            for change in effect?["changes"]?.array ?? [] {
                files.add([
                    Self.time(row.record.time), Self.short(row.session), change["kind"]?.string ?? "?",
                    change["path"]?.string ?? "?", decision, rule,
                ])
            }
        default: return
        }
    }

    /// What the sandbox refused a command: an access, where the gate refuses an effect.
    private mutating func take(refusedAccess row: AuditRow, _ access: JSONValue, _ verdict: JSONValue?, _ index: Int) {
        sessions[index].sandboxRefusals += 1
        let target = access["target"]?.string ?? "?"
        let kind = access["target_kind"]?.string ?? "?"
        if kind == "network" { hosts["refused to a command · \(target)", default: 0] += 1 }
        sandboxRefusals.add([
            Self.time(row.record.time), Self.short(row.session), "\(access["operation"]?.string ?? "?") \(kind)",
            target,
            verdict?["reason"]?.string ?? "", verdict?["rule"]?.string ?? "?", verdict?["origin"]?.string ?? "",
        ])
    }

    /// What a turn left other than it was, by patches, commands or whatever else ran.
    private mutating func take(checkpoint row: AuditRow, _ payload: JSONValue, _ index: Int) {
        let changes = payload["changes"]?.array ?? []
        let count = max(changes.count, payload["changed"]?.int ?? 0)
        sessions[index].filesChanged += count
        let start = [Self.time(row.record.time), Self.short(row.session), payload["turn"].map(\.text) ?? "?"]
        for change in changes {
            turnFiles.add(start + [change["kind"]?.string ?? "?", change["path"]?.string ?? "?"])
        }
        // The event lists the first of them.
        if count > changes.count { turnFiles.add(start + ["", "and \(count - changes.count) more"]) }
    }

    private mutating func take(event row: AuditRow, _ payload: JSONValue, _ index: Int) {
        switch payload["type"]?.string {
        case "turn.started": sessions[index].turns += 1
        case "checkpoint": take(checkpoint: row, payload, index)
        case "effect.denied":
            let effect = payload["effect"]
            if let effect, effect["kind"] == "access" {
                return take(refusedAccess: row, effect, payload["verdict"], index)
            }
            sessions[index].refusals += 1
            if effect?["target_kind"] == "network" {
                hosts["refused · \(effect?["target"]?.string ?? "?")", default: 0] += 1
            }
            let verdict = payload["verdict"]
            decisions["\(effect?["kind"]?.string ?? "?") · deny · \(verdict?["rule"]?.string ?? "?")", default: 0] += 1
            refusals.add([
                Self.time(row.record.time), Self.short(row.session), effect?.text ?? "",
                verdict?["reason"]?.string ?? "",
                verdict?["rule"]?.string ?? "", verdict?["origin"]?.string ?? "",
            ])
        case "approval":
            for host in payload["request"]?["touches"]?["hosts"]?.array ?? [] {
                hosts["asked about · \(host.string ?? "?")", default: 0] += 1
            }
            approvals.add([
                Self.time(row.record.time), Self.short(row.session), payload["answer"]?["decision"]?.string ?? "?",
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
            <p>\(SessionPage.escaped(summary))</p>

            """
        page += Self.html(sessionTable)
        page += Self.html(Self.counted("Decisions", "Effect · verdict · rule", decisions))
        page += Self.html(Self.counted("Hosts", "Host", hosts))
        for table in [approvals, refusals, sandboxRefusals, commands, files, turnFiles] { page += Self.html(table) }
        page += "</body>\n</html>\n"
        return Array(page.utf8)
    }

    private var summary: String {
        func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }
        let broken = sessions.count { !$0.isWhole }
        let parts = [
            count(sessions.count, "session", "sessions"),
            count(sessions.reduce(0) { $0 + $1.commands }, "command", "commands"),
            count(files.rows.count + files.more, "file changed by patches", "files changed by patches"),
            count(
                sessions.reduce(0) { $0 + $1.filesChanged }, "file changed in turns by whatever means",
                "files changed in turns by whatever means"),
            count(approvals.rows.count + approvals.more, "approval asked for", "approvals asked for"),
            count(
                sessions.reduce(0) { $0 + $1.refusals }, "effect refused at the gate", "effects refused at the gate"),
            count(
                sessions.reduce(0) { $0 + $1.sandboxRefusals }, "access refused by the sandbox",
                "accesses refused by the sandbox"),
            broken == 0 ? "all journals whole" : count(broken, "journal BROKEN", "journals BROKEN"),
        ]
        return "\(parts.joined(separator: ", ")). Times are UTC."
    }

    /// `2026-11-26T08:00:00.123Z` as people read it.
    private static func time(_ text: String) -> String {
        text.utf8.count == 24 ? String(text.prefix(19)).replacing("T", with: " ") : text
    }

    /// An id's beginning, by which commands and the table of sessions know it.
    private static func short(_ session: String) -> String { String(session.prefix(18)) }

    private var sessionTable: Table {
        var table = Table(
            title: "Sessions",
            columns: [
                .text("Session"), .word("Started"), .text("Folder"), .text("Model"), .number("Turns"),
                .number("Requests"), .number("Commands"), .number("Files"), .number("Refused, gate"),
                .number("Refused, sandbox"), .number("Spent"), .word("Journal"),
            ])
        for session in sessions {
            table.add([
                session.id, Self.time(session.started), session.cwd, session.model, "\(session.turns)",
                "\(session.requests)",
                "\(session.commands)", "\(session.filesChanged)", "\(session.refusals)",
                "\(session.sandboxRefusals)",
                session.cost.map { "$\(HumanRenderer.money($0))" } ?? "price unknown",
                session.isWhole ? "whole" : "BROKEN",
            ])
        }
        return table
    }

    private static func counted(_ title: String, _ column: String, _ counts: [String: Int]) -> Table {
        var table = Table(title: title, columns: [.text(column), .number("Times")])
        for (name, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            table.add([name, "\(count)"])
        }
        return table
    }

    private static func html(_ table: Table) -> String {
        var text = "<h2>\(SessionPage.escaped(table.title))</h2>\n"
        guard !table.rows.isEmpty else { return text + "<p>None.</p>\n" }
        let head = table.columns.map { "<th class=\"\($0.form.rawValue)\">\(SessionPage.escaped($0.title))</th>" }
        text += "<table><thead><tr>\(head.joined())</tr></thead>\n<tbody>\n"
        for row in table.rows {
            let cells = zip(table.columns, row).map { column, value in
                "<td class=\"\(column.form.rawValue)\" data-label=\"\(SessionPage.escaped(column.title))\">"
                    + "\(SessionPage.escaped(value))</td>"
            }
            text += "<tr>\(cells.joined())</tr>\n"
        }
        text += "</tbody></table>\n"
        return table.more == 0 ? text : text + "<p>And \(table.more) more: see the other formats.</p>\n"
    }

    /// On a narrow screen each row is a block of its own, with the columns' names before the values.
    private static let style = """
        :root{color-scheme:light dark}
        body{font:14px/1.45 system-ui,sans-serif;margin:1.5rem auto;padding:0 1.5rem;max-width:96rem}
        h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.1rem;margin:1.8rem 0 .4rem}p{margin:.2rem 0;opacity:.8}
        table{border-collapse:collapse;width:100%}
        th,td{text-align:left;vertical-align:top;padding:.25rem .7rem .25rem 0;border-bottom:1px solid #8883}
        th{font-size:12px;opacity:.7;white-space:nowrap}td{font:12px/1.5 ui-monospace,monospace}
        .text{white-space:pre-wrap;overflow-wrap:anywhere}.word{white-space:nowrap}
        .number{text-align:right;white-space:nowrap}
        @media(max-width:800px){thead{display:none}table,tbody,tr,td{display:block}
        tr{border-left:4px solid #8884;padding:.2rem 0 .2rem .7rem;margin:.6rem 0}
        td,.number{border:0;padding:.05rem 0;text-align:left;white-space:pre-wrap;overflow-wrap:anywhere}td:empty{display:none}
        td::before{content:attr(data-label) ": ";font-family:system-ui,sans-serif;opacity:.7}}
        """
}
