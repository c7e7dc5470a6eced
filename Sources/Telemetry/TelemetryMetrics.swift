package import Basics

/// Counts of how often a value fell into each of some ranges.
package struct TelemetryHistogram: Sendable, Hashable {
    /// Upper bounds, each inclusive; what is above the last has a count of its own.
    package let bounds: [Double]
    package private(set) var counts: [Int]
    package private(set) var sum = 0.0

    package init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package mutating func add(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    /// Those that the GenAI conventions give for counts of tokens.
    package static let tokenBounds: [Double] = (0...13).map { Double(1 << (2 * $0)) }
    /// Those that the GenAI conventions give for seconds.
    package static let secondBounds: [Double] = (0...13).map { 0.01 * Double(1 << $0) }
}

/// What is counted over one run of a session, by attributes. Only grows, and is sent whole each time.
package struct TelemetryMetrics: Sendable, Hashable {
    /// When counting began.
    package var start: WallTime
    package private(set) var tokens: [TelemetryAttributes: TelemetryHistogram] = [:]
    package private(set) var durations: [TelemetryAttributes: TelemetryHistogram] = [:]
    package private(set) var effects: [TelemetryAttributes: Int] = [:]
    package private(set) var denials: [TelemetryAttributes: Int] = [:]
    /// Spans and log records that could not be sent, by signal.
    package private(set) var dropped: [TelemetryAttributes: Int] = [:]

    package init(start: WallTime) { self.start = start }

    package mutating func countTokens(_ count: Int, _ attributes: TelemetryAttributes) {
        tokens[attributes, default: TelemetryHistogram(bounds: TelemetryHistogram.tokenBounds)].add(Double(count))
    }

    package mutating func countDuration(milliseconds: Int64, _ attributes: TelemetryAttributes) {
        durations[attributes, default: TelemetryHistogram(bounds: TelemetryHistogram.secondBounds)]
            .add(Double(milliseconds) / 1000)
    }

    package mutating func countEffect(kind: String, decision: String) {
        effects[["lockgate.effect.kind": .text(kind), "lockgate.verdict.decision": .text(decision)], default: 0] += 1
    }

    package mutating func countDenial(kind: String) { denials[["lockgate.effect.kind": .text(kind)], default: 0] += 1 }

    package mutating func countDropped(_ count: Int, signal: String) {
        if count > 0 { dropped[["lockgate.telemetry.signal": .text(signal)], default: 0] += count }
    }

    /// OTLP's list of `Metric`, without those that have no value yet.
    package func json(at now: WallTime) -> [JSONValue] {
        [
            histogram("gen_ai.client.token.usage", "{token}", "Tokens of requests to models", tokens, now),
            histogram("gen_ai.client.operation.duration", "s", "Time that requests to models took", durations, now),
            sum("lockgate.effects", "{effect}", "Effects that passed the gate or were refused", effects, now),
            sum("lockgate.denials", "{effect}", "Effects that were refused", denials, now),
            sum("lockgate.telemetry.dropped", "{item}", "Spans and log records that were not sent", dropped, now),
        ].compactMap(\.self)
    }

    /// Cumulative, as `AGGREGATION_TEMPORALITY_CUMULATIVE` has the number.
    private static let cumulative: JSONValue = 2

    private func histogram(
        _ name: String, _ unit: String, _ description: String, _ values: [TelemetryAttributes: TelemetryHistogram],
        _ now: WallTime
    ) -> JSONValue? {
        points(values, now) { histogram, point in
            point["count"] = .string("\(histogram.counts.reduce(0, +))")
            point["sum"] = .double(histogram.sum)
            point["bucketCounts"] = .array(histogram.counts.map { .string("\($0)") })
            point["explicitBounds"] = .array(histogram.bounds.map { .double($0) })
        }.map { points in
            [
                "name": .string(name), "description": .string(description), "unit": .string(unit),
                "histogram": ["aggregationTemporality": Self.cumulative, "dataPoints": points],
            ]
        }
    }

    private func sum(
        _ name: String, _ unit: String, _ description: String, _ values: [TelemetryAttributes: Int], _ now: WallTime
    ) -> JSONValue? {
        points(values, now) { count, point in point["asInt"] = .string("\(count)") }.map { points in
            [
                "name": .string(name), "description": .string(description), "unit": .string(unit),
                "sum": ["aggregationTemporality": Self.cumulative, "isMonotonic": true, "dataPoints": points],
            ]
        }
    }

    /// One data point for each set of attributes, always in the same order.
    private func points<Value>(
        _ values: [TelemetryAttributes: Value], _ now: WallTime, _ fill: (Value, inout JSONObject) -> Void
    ) -> JSONValue? {
        guard !values.isEmpty else { return nil }
        let sorted = values.map { (attributes: $0.key.json, value: $0.value) }
            .sorted { $0.attributes.text < $1.attributes.text }
        return .array(
            sorted.map { attributes, value in
                var point: JSONObject = [
                    "startTimeUnixNano": start.unixNano, "timeUnixNano": max(start, now).unixNano,
                    "attributes": attributes,
                ]
                fill(value, &point)
                return .object(point)
            })
    }
}
