import Basics
import Synchronization
import Telemetry
import TestSupport
import Testing

/// What is sent again, when, and what comes of it.
@Suite(.timeLimit(.minutes(1))) struct TelemetryRetryTests {
    @Test func waitsGrowAndEnd() {
        let retry = TelemetryRetry()
        let busy = TelemetryAnswer(status: 503)
        #expect((1...4).map { retry.delay(after: $0, busy, spread: 1) } == [500, 1000, 2000, nil])
        #expect((1...3).map { retry.delay(after: $0, busy, spread: 0) } == [250, 500, 1000])
        #expect(retry.delay(after: 1, nil, spread: 0.5) == 375)
    }

    @Test(
        arguments: [
            (429, nil, 500), (502, nil, 500), (504, nil, 500), (500, nil, nil), (400, nil, nil), (404, nil, nil),
            (429, 7, 7000), (503, 0, 500), (503, 30, 30_000), (503, 31, nil), (503, -1, nil), (503, .max, nil),
        ] as [(Int, Int?, Int?)])
    func theCollectorSaysWhen(_ status: Int, _ after: Int?, _ expected: Int?) {
        let answer = TelemetryAnswer(status: status, retryAfterSeconds: after)
        #expect(TelemetryRetry().delay(after: 1, answer, spread: 1) == expected)
    }

    /// Answers in turn, and what was waited for.
    private final class Collector: Sendable {
        let answers: Mutex<[TelemetryAnswer?]>
        let sent = Mutex<[String]>([])
        let pauses = Mutex<[Int]>([])
        let warnings = Mutex<[String]>([])

        init(_ answers: [TelemetryAnswer?]) { self.answers = Mutex(answers) }

        func exporter(_ pause: @escaping TelemetryExporter.Pause = { _ in }) -> TelemetryExporter {
            TelemetryExporter(
                SessionTelemetry(session: "s", start: WallTime(milliseconds: 1), sendsTexts: false),
                request: TelemetryRequest(serviceName: "lockgate", version: "1", scope: "x"),
                post: { [self] _, path in
                    sent.withLock { $0.append(path) }
                    let answer = answers.withLock { $0.isEmpty ? TelemetryAnswer(status: 200) : $0.removeFirst() }
                    guard let answer else { throw TestFailure("nobody listens") }
                    return answer
                },
                pause: { [self] milliseconds in
                    pauses.withLock { $0.append(milliseconds) }
                    await pause(milliseconds)
                },
                warn: { [self] text in warnings.withLock { $0.append(text) } })
        }

        var record: TelemetryRecord {
            TelemetryRecord(
                sequence: 0, time: WallTime(milliseconds: 1), type: "event", payload: ["type": "turn.completed"],
                hash: "h", byteCount: 1)
        }
    }

    @Test func whatIsNotTakenNowIsTakenLater() async {
        let busy = TelemetryAnswer(status: 503, retryAfterSeconds: 2)
        let collector = Collector([busy, TelemetryAnswer(status: 429, retryAfterSeconds: 9)])
        let exporter = collector.exporter()
        exporter.start()
        exporter.record(collector.record)
        await exporter.finish()
        #expect(collector.sent.withLock { $0 } == ["/v1/logs", "/v1/logs", "/v1/logs", "/v1/metrics"])
        #expect(collector.pauses.withLock { $0 } == [2000, 9000])
        #expect(exporter.metrics.dropped.isEmpty && collector.warnings.withLock(\.isEmpty))
    }

    @Test func triesEndAndWhatWasLostIsCounted() async {
        let collector = Collector(Array(repeating: TelemetryAnswer(status: 503, retryAfterSeconds: 1), count: 9))
        let exporter = collector.exporter()
        exporter.start()
        exporter.record(collector.record)
        await exporter.finish()
        #expect(collector.sent.withLock { $0 } == Array(repeating: "/v1/logs", count: 4))
        var expected = TelemetryMetrics(start: WallTime(milliseconds: 1))
        expected.countDropped(1, signal: "logs")
        #expect(exporter.metrics == expected)
        #expect(collector.warnings.withLock(\.count) == 1)
    }

    /// A port where nobody listens does not hold a session's end up.
    @Test(.timeLimit(.minutes(4))) func theEndWaitsForNobodyWhoIsNotThere() async {
        let collector = Collector(Array(repeating: nil, count: 9))
        let exporter = collector.exporter { _ in try? await Task.sleep(for: .seconds(600)) }
        exporter.start()
        exporter.record(collector.record)
        await exporter.finish(within: .seconds(300))
        #expect(collector.warnings.withLock(\.count) == 1)
        #expect(!exporter.metrics.dropped.isEmpty)
    }

    /// Records are taken in while a wait goes on, as far as there is room.
    @Test func aWaitHoldsUpNoRecord() async {
        let (began, begins) = AsyncStream.makeStream(of: Void.self)
        let collector = Collector([TelemetryAnswer(status: 503, retryAfterSeconds: 3)])
        let (open, opens) = AsyncStream.makeStream(of: Void.self)
        let exporter = collector.exporter { _ in
            begins.yield()
            for await _ in open { break }
        }
        exporter.start()
        exporter.record(
            TelemetryRecord(
                sequence: 0, time: WallTime(milliseconds: 1), type: "event", payload: ["type": "turn.started"],
                hash: "h", byteCount: 1))
        exporter.record(collector.record)
        for await _ in began { break }
        for _ in 0..<100 { exporter.record(collector.record) }
        opens.finish()
        await exporter.finish(within: .seconds(60))
        #expect(exporter.metrics.dropped.isEmpty && collector.warnings.withLock(\.isEmpty))
    }
}
