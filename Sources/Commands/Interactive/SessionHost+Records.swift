import Audit
import Basics
import Config
import Engine
import Journal
import Models
import Sandbox
import TUI
import Terminal
import Wire
import Workspace

/// Pages about what was recorded: the journal's proof, what was spent, the machine, the configuration.
extension SessionHost {
    // MARK: - Audit

    func auditLines() throws -> [StyledLine] {
        guard let id, let home = setup?.home else {
            throw LockgateError("session.none", "The session's journal begins with the first prompt.")
        }
        let store = SessionStore(home: home)
        let path = try store.find(id)
        var expectation = Expectation()
        let own = try? store.keyFile.publicKey()
        if let own { expectation.keys.insert(own) }
        let report = VerificationRun.report(onFile: path, expecting: expectation)
        var page = FactPage()
        page.heading("This session's journal")
        page.fact(
            "verdict", report.isWhole ? "whole: \(report.records) records" : "BROKEN",
            style: report.isWhole ? CellStyle(.green) : CellStyle(.red, .bold))
        for finding in report.findings { page.line("\(finding)", CellStyle(.red)) }
        for warning in report.warnings { page.line(warning, CellStyle(.yellow)) }
        page.fact("file", path)
        page.fact("head", report.head ?? "none")
        if !report.redacted.isEmpty { page.fact("redacted", "\(report.redacted.count) records, accounted for") }
        page.heading("Seals")
        if let last = report.lastSeal {
            page.fact("number", "\(report.seals)")
            page.fact("last", "record \(last) of \(report.lastRecord ?? last)")
            for key in report.keys { page.fact("by", "\(key)\(key == own ? " (this machine's key)" : "")") }
        } else {
            page.line("None yet: each turn's end is sealed.")
        }
        for seal in try seals(path).suffix(5).reversed() {
            page.fact("", "\(seal.time)  record \(seal.sequence)  \(seal.head.prefix(16))…")
        }
        page.heading("Elsewhere")
        page.line("Whoever can write this file can cut off its end. A line kept elsewhere proves how far it went:")
        page.line("lockgate audit anchor \(id.text.prefix(18)) --append FILE", .bold)
        page.line("lockgate audit verify \(id.text.prefix(18)) --expect-head FILE", .bold)
        return page.lines
    }

    private func seals(_ path: String) throws -> [Seal] {
        try JournalReader(path: path).records.filter { $0.isType("seal") }.compactMap { Seal(json: $0.payload) }
    }

    // MARK: - Usage

    func usageLines() async throws -> [StyledLine] {
        guard let setup else { throw LockgateError("session.none", "there is no session yet") }
        var page = FactPage()
        page.heading("This session")
        if let session = open?.assembled.session {
            let (usage, cost) = await (session.usage, session.cost)
            page.fact("requests", Self.tokens(usage))
            page.fact("cost", cost.map(Self.money) ?? "not all prices are known")
        } else {
            page.line("Nothing yet since it was opened.")
        }
        let log = SpendLog(home: setup.home, project: setup.worktree?.root ?? setup.configuration.project.root)
        let (day, project) = try log.totals()
        let limits = try setup.budgetLimits()
        page.heading("Budgets")
        if limits.isEmpty { page.line("None is set: budget.usd, budget.day.usd and others do (docs/budgets.md).") }
        for limit in limits {
            let spent: Spend? =
                switch limit.scope {
                case .day: day
                case .project: project
                default: nil
                }
            var text = Self.amount(limit.amount, limit.unit)
            if let spent {
                let used = limit.unit == .usd ? spent.money.usd : Double(spent.tokens)
                text += ", \(Self.amount(max(0, limit.amount - used), limit.unit)) left"
            }
            page.fact(limit.key, text, limit.origin)
        }
        page.heading("Today and this project")
        page.fact("today", Self.money(day.money.usd))
        page.fact("project", Self.money(project.money.usd))
        let since = String(WallTime(milliseconds: WallTime.now.milliseconds - 13 * 86_400_000).rfc3339.prefix(10))
        for (title, key) in [("The last two weeks, by day", SpendReport.Key.day), ("by model", .model)] {
            let report = try SpendReport(home: setup.home, by: key, since: since)
            guard !report.rows.isEmpty else { continue }
            page.heading(title)
            for row in report.rows {
                page.fact(
                    row.name,
                    "\(Self.money(row.money.usd))\(row.unpriced > 0 ? "+" : "")  \(row.requests) requests, \(Self.tokens(row.usage))"
                )
            }
        }
        return page.lines
    }

    private static func money(_ usd: Double) -> String { "$\(HumanRenderer.money(usd))" }
    private static func tokens(_ usage: TokenUsage) -> String {
        "\(usage.inputTokens) tokens in (\(usage.cachedInputTokens) cached), \(usage.outputTokens) out"
    }
    private static func amount(_ value: Double, _ unit: BudgetLimit.Unit) -> String {
        unit == .usd ? money(value) : "\(Int(value)) \(unit.rawValue)"
    }

    // MARK: - The machine and the configuration

    func doctorLines() async -> [StyledLine] {
        let report = await DoctorCommand.report(environment, directory: setup?.cwd)
        var lines = [StyledLine("lockgate \(Version.text)", .bold), .empty]
        for check in report.checks {
            var line = StyledLine(check.isGood ? "✓ " : "✗ ", check.isGood ? CellStyle(.green) : CellStyle(.red))
            line.append(check.name, .bold)
            line.append("  \(check.text)")
            lines.append(line)
            lines += check.notes.map { StyledLine("    \($0)", .dim) }
            if let remedy = check.remedy { lines.append(StyledLine("    fix: \(remedy)", CellStyle(.yellow))) }
        }
        if let layers = report.layers {
            lines += [.empty, StyledLine("What the machine grants", CellStyle(.cyan, .bold))]
            for (name, result) in layers.lines { lines += FactLines.lines([(name, result)]) }
        }
        return lines
    }

    func configurationLines(_ key: String) throws -> [StyledLine] {
        guard let setup else { throw LockgateError("session.none", "there is no session yet") }
        if !key.isEmpty {
            return EntryText.plain(try ExplainCommand.text(key: key, in: setup.configuration, json: false))
        }
        var page = FactPage()
        page.heading("Files, the strongest last")
        for file in setup.configuration.files { page.line(file.description) }
        page.heading("What somebody set (/config KEY explains one)")
        for resolution in setup.configuration.resolutions where resolution.origin.layer != .builtIn {
            page.fact(
                resolution.key, resolution.value.isNull ? "(not set)" : TOMLText.inline(resolution.value),
                resolution.origin)
        }
        return page.lines
    }
}

/// Headings with facts beneath them.
struct FactPage {
    private(set) var lines: [StyledLine] = []

    mutating func heading(_ text: String) {
        if !lines.isEmpty { lines.append(.empty) }
        lines.append(StyledLine(text, CellStyle(.cyan, .bold)))
    }

    mutating func fact(_ name: String, _ value: String, _ origin: Origin? = nil, style: CellStyle = .plain) {
        var line = StyledLine("  \(name)\(String(repeating: " ", count: max(1, 11 - name.count)))", .dim)
        line.append(value, style)
        line.hang = 13
        if let origin { line.append("  \(origin)", .dim) }
        lines.append(line)
    }

    mutating func line(_ text: String, _ style: CellStyle = .plain) { lines.append(StyledLine("  \(text)", style)) }
}
