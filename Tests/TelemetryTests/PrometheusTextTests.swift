import Basics
import Telemetry
import Testing

@Suite struct PrometheusTextTests {
    private static var metrics: TelemetryMetrics {
        var metrics = TelemetryMetrics(start: WallTime(milliseconds: 1))
        metrics.countEffect(kind: "command", decision: "allow")
        metrics.countEffect(kind: "command", decision: "allow")
        metrics.countDenial(kind: "odd \"kind\" \\ of\n{name}")
        metrics.countDropped(3, signal: "logs")
        metrics.countTokens(100, ["gen_ai.token.type": .text("input")])
        metrics.countDuration(milliseconds: 30, ["gen_ai.request.model": .text("m")])
        return metrics
    }

    @Test func countsAreInPrometheusForm() {
        var text = PrometheusText()
        text.add(Self.metrics)
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        for line in [
            "# TYPE gen_ai_client_token_usage histogram",
            "gen_ai_client_token_usage_bucket{gen_ai_token_type=\"input\",le=\"64\"} 0",
            "gen_ai_client_token_usage_bucket{gen_ai_token_type=\"input\",le=\"256\"} 1",
            "gen_ai_client_token_usage_bucket{gen_ai_token_type=\"input\",le=\"+Inf\"} 1",
            "gen_ai_client_token_usage_sum{gen_ai_token_type=\"input\"} 100",
            "gen_ai_client_operation_duration_seconds_sum{gen_ai_request_model=\"m\"} 0.03",
            "# TYPE lockgate_effects_total counter",
            "lockgate_effects_total{lockgate_effect_kind=\"command\",lockgate_verdict_decision=\"allow\"} 2",
            "lockgate_denials_total{lockgate_effect_kind=\"odd \\\"kind\\\" \\\\ of\\n{name}\"} 1",
            "lockgate_telemetry_dropped_total{lockgate_telemetry_signal=\"logs\"} 3", "lockgate_sessions_total 1",
        ] { #expect(lines.contains(line), "\(line)") }
    }

    /// By number, as the format wants it: 16 comes before 1024, and no bound last.
    @Test func bucketsStandInTheOrderOfTheirBounds() {
        var text = PrometheusText()
        var metrics = Self.metrics
        metrics.countTokens(7, ["gen_ai.token.type": .text("of a file=\"le=\" of 2")])
        metrics.countTokens(7, [:])
        text.add(metrics)
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
        let buckets = lines.filter { $0.hasPrefix("gen_ai_client_token_usage_bucket") }
        let bounds = buckets.compactMap { line in line.split(separator: "le=\"").last?.prefix { $0 != "\"" } }
        let numbers = bounds.map { Double($0) ?? .nan }
        let series = numbers.split(separator: .infinity)
        #expect(series.count == 3 && buckets.count == 3 * (series[0].count + 1), "\(buckets)")
        for one in series { #expect(Array(one) == one.sorted() && !one.contains(where: \.isNaN)) }
    }

    /// Reading back what was written and adding the same is twice as much of everything.
    @Test func sessionsAddUp() {
        var once = PrometheusText()
        once.add(Self.metrics)
        var twice = once
        twice.add(Self.metrics)
        var read = PrometheusText(parsing: once.bytes)
        #expect(read == once)
        read.add(Self.metrics)
        #expect(read == twice)
        #expect(String(decoding: twice.bytes, as: UTF8.self).contains("lockgate_sessions_total 2\n"))
    }

    @Test func whatIsNoSeriesOfOursIsLeftOut() {
        let text =
            "other_total 5\nlockgate_effects_total\nlockgate_effects_total x\nlockgate_effects_total -1\n"
            + "lockgate_sessions_total nan\n\u{0}\n# HELP x\nlockgate_sessions_total 4\n"
        var expected = PrometheusText(parsing: Array("lockgate_sessions_total 4\n".utf8))
        #expect(PrometheusText(parsing: Array(text.utf8)) == expected)
        expected.add(TelemetryMetrics(start: WallTime(milliseconds: 1)))
        #expect(expected.bytes.suffix(26) == Array("lockgate_sessions_total 5\n".utf8)[...])
    }
}
