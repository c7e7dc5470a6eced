import Basics
import Synchronization
import Telemetry
import TestSupport
import Testing

/// What is sent when, and what becomes of what is not.
@Suite(.timeLimit(.minutes(1))) struct TelemetryExporterTests {
    private final class Collector: Sendable {
        let bodies = Mutex<[(path: String, body: JSONValue)]>([])
        let warnings = Mutex<[String]>([])

        var paths: [String] { bodies.withLock { $0.map(\.path) } }
    }

    private static func exporter(
        _ collector: Collector, limits: TelemetryExporter.Limits = .init(), post: TelemetryExporter.Post? = nil
    ) -> TelemetryExporter {
        TelemetryExporter(
            SessionTelemetry(session: "s", start: WallTime(milliseconds: 1), sendsTexts: true),
            request: TelemetryRequest(serviceName: "lockgate", version: "1", scope: "x"), limits: limits,
            post: post ?? { body, path in
                let value = try JSONValue(parsing: body)
                collector.bodies.withLock { $0.append((path, value)) }
                return TelemetryAnswer(status: 200)
            },
            warn: { text in collector.warnings.withLock { $0.append(text) } })
    }

    private static func record(_ number: Int, _ type: String, _ payload: JSONValue) -> TelemetryRecord {
        TelemetryRecord(
            sequence: number, time: WallTime(milliseconds: Int64(number) + 1), type: type, payload: payload, hash: "h",
            byteCount: 10)
    }

    @Test func theEndSendsTracesLogsAndMetrics() async {
        let collector = Collector()
        let exporter = Self.exporter(collector)
        exporter.start()
        exporter.record(Self.record(0, "event", ["type": "turn.started", "model": "m", "provider": "p"]))
        exporter.record(Self.record(1, "effect.requested", ["effect": ["kind": "model", "model": "m"]]))
        await exporter.finish()
        #expect(collector.paths == ["/v1/traces", "/v1/logs", "/v1/metrics"])
        #expect(collector.warnings.withLock { $0 } == [])
    }

    @Test func whatDoesNotFitIsDroppedAndCounted() async {
        let collector = Collector()
        var limits = TelemetryExporter.Limits()
        limits.items = 3
        let exporter = Self.exporter(collector, limits: limits)
        // Nothing is sent before it starts, so the queue is full after three.
        for number in 0..<10 { exporter.record(Self.record(number, "settings", [:])) }
        var expected = TelemetryMetrics(start: WallTime(milliseconds: 1))
        expected.countDropped(7, signal: "logs")
        #expect(exporter.metrics == expected)
        exporter.start()
        await exporter.finish()
        #expect(collector.paths == ["/v1/logs", "/v1/metrics"])
    }

    @Test func aFailureIsToldOnceAndCountsWhatWasLost() async {
        let collector = Collector()
        let exporter = Self.exporter(collector) { _, _ in TelemetryAnswer(status: 500) }
        exporter.start()
        for number in 0..<5 {
            exporter.record(Self.record(2 * number, "event", ["type": "turn.started"]))
            exporter.record(Self.record(2 * number + 1, "event", ["type": "turn.completed"]))
        }
        await exporter.finish()
        #expect(
            collector.warnings.withLock { $0 } == [
                "telemetry is not sent (otel.endpoint): the collector answered with HTTP 500 to /v1/traces; "
                    + "the session goes on without it"
            ])
        #expect(!exporter.metrics.dropped.isEmpty)
    }

    @Test(.timeLimit(.minutes(4))) func aCollectorThatNeverAnswersHoldsTheEndForNoLongerThanItsLimit() async {
        let collector = Collector()
        let exporter = Self.exporter(collector) { _, _ in
            // Silence that only its cancelling ends.
            try await Task.sleep(for: .seconds(600))
            return TelemetryAnswer(status: 200)
        }
        exporter.start()
        exporter.record(Self.record(0, "settings", [:]))
        await exporter.finish(within: .milliseconds(50))
        #expect(collector.warnings.withLock(\.count) == 1)
    }
}
