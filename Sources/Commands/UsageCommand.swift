package import ArgumentParser
import Basics
import Config
import Journal
import Wire

/// `lockgate usage`: what requests to models have used and cost.
package struct UsageCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Show what was spent, by day, project, model or source.",
        discussion: """
            Every request of every session counts, but those of --ephemeral runs. Money is by the price table and your \
            [prices]; requests without a price are counted apart. Days are days of UTC.
            """)

    @Option(help: "day, project, model or source.") var by = "day"
    @Option(help: "Only so many days back, today included.") var days: Int?
    @Option(name: [.customShort("C"), .customLong("cd")], help: "Only the project of this folder.")
    var directory: String?
    @Flag(help: "As data.") var json = false

    package init() {}

    package func run() throws {
        try RestoreOptions.reporting { () throws(LockgateError) in
            guard let key = SpendReport.Key(rawValue: by) else {
                throw LockgateError(
                    "usage", "--by \(by) is not day, project, model or source", remedy: "lockgate usage --by model",
                    exitCode: 2)
            }
            guard days.map({ $0 > 0 }) ?? true else {
                throw LockgateError("usage", "--days has to be at least 1", exitCode: 2)
            }
            let home = try ConfigurationLoader.home(environment: ProcessEnvironment.variables)
            let report = try SpendReport(home: home, by: key, since: since, project: try project(home))
            if json { return print(rendered(report).text) }
            show(report)
        }
    }

    private var since: String? {
        days.map { days in
            let now = WallTime.now.milliseconds
            return String(WallTime(milliseconds: now - Int64(days - 1) * 86_400_000).rfc3339.prefix(10))
        }
    }

    private func project(_ home: String) throws(LockgateError) -> String? {
        guard let directory else { return nil }
        let path = PathText.absolute(directory, from: ProcessEnvironment.workingDirectory)
        return try ConfigurationLoader(
            home: home, environment: ProcessEnvironment.variables, workingDirectory: path
        ).load().project.root
    }

    private func rendered(_ report: SpendReport) -> JSONValue {
        ["by": .string(by), "rows": .array(report.rows.map(\.json)), "total": report.total.json]
    }

    private func show(_ report: SpendReport) {
        guard !report.rows.isEmpty else { return print("Nothing was spent yet.") }
        let rows = report.rows + (report.rows.count > 1 ? [report.total] : [])
        let width = max(by.count, rows.map { TerminalStyle.harmless($0.name).count }.max() ?? 0)
        func line(_ cells: [String]) {
            let numbers = cells.dropFirst().map { String(repeating: " ", count: max(0, 12 - $0.count)) + $0 }
            print(cells[0].padded(to: width) + numbers.joined())
        }
        line([by, "requests", "input", "cached", "output", "USD"])
        for row in rows {
            let cost = HumanRenderer.money(row.money.usd) + (row.unpriced > 0 ? "+" : "")
            line([
                TerminalStyle.harmless(row.name), "\(row.requests)", "\(row.usage.inputTokens)",
                "\(row.usage.cachedInputTokens)", "\(row.usage.outputTokens)", cost,
            ])
        }
        let unpriced = report.total.unpriced
        if unpriced > 0 { print("+ \(unpriced) requests have no known price; [prices.\"MODEL\"] adds one.") }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }
}
