package import Basics
package import Wire

/// What the record of spending holds, summed by day, project, model or source.
package struct SpendReport {
    package enum Key: String, CaseIterable, Sendable {
        case day, project, model, source
    }

    /// A line of the report.
    package struct Row: Sendable, Hashable {
        package var name: String
        package var requests = 0
        package var usage = TokenUsage()
        /// What is known of it.
        package var money = NanoDollars(0)
        /// Requests without a known price.
        package var unpriced = 0

        package var json: JSONValue {
            [
                "name": .string(name), "requests": .int(requests), "usage": usage.json, "cost_usd": .double(money.usd),
                "requests_without_price": .int(unpriced),
            ]
        }

        fileprivate mutating func add(_ usage: TokenUsage, _ cost: Double?) {
            requests += 1
            self.usage = self.usage + usage
            if let cost { money = money + NanoDollars(usd: cost) } else { unpriced += 1 }
        }
    }

    /// By name for days, else the dearest first.
    package let rows: [Row]
    package let total: Row

    /// Reads the files of days from `since` on, `YYYY-MM-DD`; nil for all. Lines that cannot be understood are skipped.
    ///
    /// - Parameter project: only this one's, by its root.
    package init(home: String, by key: Key, since: String? = nil, project: String? = nil) throws(LockgateError) {
        var rows: [String: Row] = [:]
        var total = Row(name: "total")
        let folder = home + "/usage"
        for name in PosixFile.list(folder) where name.hasSuffix(".jsonl") {
            let day = String(name.dropLast(".jsonl".utf8.count))
            if let since, day < since { continue }
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try PosixFile.read("\(folder)/\(name)", limit: 1 << 30)
            } catch {
                throw LockgateError("usage.unreadable", "the record of spending cannot be read: \(error)")
            }
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                guard let entry = try? JSONValue(parsing: line),
                    let usage = entry["usage"].map(TokenUsage.init(json:)),
                    project == nil || entry["project"]?.string == project
                else { continue }
                let title = key == .day ? day : entry[key.rawValue]?.string ?? "?"
                let cost = entry["cost_usd"]?.double
                rows[title, default: Row(name: title)].add(usage, cost)
                total.add(usage, cost)
            }
        }
        self.rows = rows.values.sorted { left, right in
            key == .day || left.money == right.money ? left.name < right.name : left.money > right.money
        }
        self.total = total
    }
}
