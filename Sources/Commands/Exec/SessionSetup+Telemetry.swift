import Basics
import Config
import Journal
import Models
import Telemetry
import Wire

extension SessionSetup {
    /// How long one request to the collector may take, in milliseconds.
    private static let telemetryTimeout = 5_000

    /// Begins to send what the session records to the collector that the user named; nil without one.
    ///
    /// - Parameter warn: told in a line when nothing arrives; the session goes on.
    /// - Returns: what sends the rest and ends it, in a second and a half at most.
    func telemetry(
        of journal: SessionJournal, warn: @escaping @Sendable (String) -> Void
    ) throws(LockgateError) -> (@Sendable () async -> Void)? {
        guard let endpoint = settings.otel.endpoint else { return nil }
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
            post: { try await post.send($0, to: $1) }, warn: { warn("warning: \($0)") })
        exporter.start()
        journal.watch { record in
            exporter.record(
                TelemetryRecord(
                    sequence: record.sequence, time: record.time, type: record.type, payload: record.payload,
                    hash: record.hash, byteCount: record.byteCount))
        }
        return {
            await exporter.finish()
            await post.shutdown()
        }
    }
}
