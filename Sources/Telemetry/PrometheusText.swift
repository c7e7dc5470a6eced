/// Counts in Prometheus' text format, which are added up over sessions in one file.
///
/// Only what this writes is read back: a line that has another form is left out, and a file that cannot be read is begun
/// anew, which Prometheus takes for the reset of a counter.
package struct PrometheusText: Sendable, Hashable {
    private struct Family {
        let name: String
        let type: String
        let help: String
    }

    /// Values by series: `name{label="value"}`.
    private var values: [String: Double] = [:]

    private static let families = [
        Family(
            name: "gen_ai_client_token_usage", type: "histogram", help: "Tokens of requests to models"),
        Family(
            name: "gen_ai_client_operation_duration_seconds", type: "histogram",
            help: "Time that requests to models took"),
        Family(name: "lockgate_effects_total", type: "counter", help: "Effects that passed the gate or were refused"),
        Family(name: "lockgate_denials_total", type: "counter", help: "Effects that were refused"),
        Family(
            name: "lockgate_telemetry_dropped_total", type: "counter",
            help: "Spans and log records that were not sent"),
        Family(name: "lockgate_sessions_total", type: "counter", help: "Runs of sessions that have ended"),
    ]
    /// Series beyond these are not kept: models and providers are few.
    private static let seriesLimit = 10_000

    package init() {}

    /// Reads what `bytes` writes.
    package init(parsing bytes: [UInt8]) {
        for line in bytes.split(separator: 0x0A) where line.first != UInt8(ascii: "#") {
            guard let space = line.lastIndex(of: 0x20), values.count < Self.seriesLimit else { continue }
            let series = String(decoding: line[..<space], as: UTF8.self)
            let number = Double(String(decoding: line[line.index(after: space)...], as: UTF8.self))
            guard let number, number.isFinite, number >= 0, Self.family(of: series) != nil else { continue }
            values[series] = number
        }
    }

    /// Adds what one run of a session has counted.
    package mutating func add(_ metrics: TelemetryMetrics) {
        add("lockgate_sessions_total", [], 1)
        for (attributes, count) in metrics.effects { add("lockgate_effects_total", attributes.labels, Double(count)) }
        for (attributes, count) in metrics.denials { add("lockgate_denials_total", attributes.labels, Double(count)) }
        for (attributes, count) in metrics.dropped {
            add("lockgate_telemetry_dropped_total", attributes.labels, Double(count))
        }
        for (attributes, histogram) in metrics.tokens { add("gen_ai_client_token_usage", attributes.labels, histogram) }
        for (attributes, histogram) in metrics.durations {
            add("gen_ai_client_operation_duration_seconds", attributes.labels, histogram)
        }
    }

    package var bytes: [UInt8] {
        var text = ""
        for family in Self.families {
            let own = values.keys.filter { Self.family(of: $0)?.name == family.name }
                .sorted { Self.place($0) < Self.place($1) }
            guard !own.isEmpty else { continue }
            text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.type)\n"
            for series in own { text += "\(series) \(Self.number(values[series] ?? 0))\n" }
        }
        return Array(text.utf8)
    }

    private mutating func add(_ name: String, _ labels: [(String, String)], _ histogram: TelemetryHistogram) {
        var sum = 0
        for (place, count) in histogram.counts.enumerated() {
            sum += count
            let bound = place < histogram.bounds.count ? Self.number(histogram.bounds[place]) : "+Inf"
            add("\(name)_bucket", labels + [("le", bound)], Double(sum))
        }
        add("\(name)_sum", labels, histogram.sum)
        add("\(name)_count", labels, Double(sum))
    }

    private mutating func add(_ name: String, _ labels: [(String, String)], _ value: Double) {
        let list = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        let series = list.isEmpty ? name : "\(name){\(list)}"
        guard values[series] != nil || values.count < Self.seriesLimit else { return }
        values[series, default: 0] += value
    }

    private static func family(of series: String) -> Family? {
        let name = series.prefix { $0 != "{" }
        return families.first { family in
            family.name == name
                || family.type == "histogram"
                    && ["_bucket", "_sum", "_count"].contains { name == family.name + $0 }
        }
    }

    /// What a series is sorted by. The format wants the buckets of a histogram in the order of their bounds, which are
    /// numbers; a quote within a value is escaped, so that no value can look like a bound.
    private static func place(_ series: String) -> (name: String, bound: Double) {
        for mark in ["{le=\"", ",le=\""] {
            guard let found = series.firstRange(of: mark) else { continue }
            let bound = series[found.upperBound...].prefix { $0 != "\"" }
            return (String(series[..<found.lowerBound]), Double(bound) ?? .infinity)
        }
        return (series, 0)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// Whole numbers without a point.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && value < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
