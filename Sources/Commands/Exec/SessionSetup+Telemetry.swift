import Basics
import Config
import Journal
import Models
import Synchronization
import Telemetry
import Wire

extension SessionSetup {
    /// How long one request to the collector may take, in milliseconds.
    private static let telemetryTimeout = 5_000

    /// Begins to count and to send what the session records, to where the user wants it; nil where nothing is wanted.
    ///
    /// - Parameter warn: told in a line when nothing arrives; the session goes on.
    /// - Returns: what sends the rest and ends it, in a second and a half at most.
    func telemetry(
        of journal: SessionJournal, warn: @escaping @Sendable (String) -> Void
    ) throws(LockgateError) -> (@Sendable () async -> Void)? {
        let file = settings.otel.prometheusFile.map { PrometheusFile(path: $0, home: home) }
        let warn: @Sendable (String) -> Void = { warn("warning: \($0)") }
        if let endpoint = settings.otel.endpoint { return try sending(to: endpoint, journal, file, warn) }
        guard let file else { return nil }
        let counts = SessionCounts(session: journal.id.text)
        journal.watch { counts.take(TelemetryRecord($0)) }
        return { await file.add(counts.metrics, warn: warn) }
    }

    private func sending(
        to endpoint: String, _ journal: SessionJournal, _ file: PrometheusFile?,
        _ warn: @escaping @Sendable (String) -> Void
    ) throws(LockgateError) -> @Sendable () async -> Void {
        var headers = settings.otel.headers
        for (name, variable) in settings.otel.envHeaders {
            if let value = environment[variable], !value.isEmpty { headers[name] = value }
        }
        let post = try JSONPost(
            url: endpoint, headers: headers, timeoutMilliseconds: Self.telemetryTimeout, environment: environment)
        let exporter = TelemetryExporter(
            SessionTelemetry(session: journal.id.text, start: .now, sendsTexts: settings.otel.sendsPrompts),
            request: TelemetryRequest(
                serviceName: settings.otel.serviceName, version: Version.text, scope: "lockgate.journal",
                instance: journal.id.text),
            post: { body, path in
                let answer = try await post.send(body, to: path)
                return TelemetryAnswer(status: answer.status, retryAfterSeconds: answer.retryAfterSeconds)
            }, warn: warn)
        exporter.start()
        journal.watch { exporter.record(TelemetryRecord($0)) }
        return {
            await exporter.finish()
            await file?.add(exporter.metrics, warn: warn)
            await post.shutdown()
        }
    }
}

extension TelemetryRecord {
    init(_ record: SessionJournal.Written) {
        self.init(
            sequence: record.sequence, time: record.time, type: record.type, payload: record.payload, hash: record.hash,
            byteCount: record.byteCount)
    }
}

/// What a session counts where nothing is sent.
private final class SessionCounts: Sendable {
    private let telemetry: Mutex<SessionTelemetry>

    init(session: String) {
        telemetry = Mutex(SessionTelemetry(session: session, start: .now, sendsTexts: false))
    }

    func take(_ record: TelemetryRecord) { telemetry.withLock { _ = $0.take(record) } }

    var metrics: TelemetryMetrics { telemetry.withLock { $0.metrics } }
}
