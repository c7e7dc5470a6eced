package import Basics

/// What OTLP over HTTP takes, in its JSON: one body for each kind of signal.
package struct TelemetryRequest: Sendable, Hashable {
    /// Who speaks.
    package var serviceName: String
    package var version: String
    /// The name of what made the records.
    package var scope: String
    /// Tells this process's counts from those of others; nil where nothing is counted.
    package var instance: String?

    package init(serviceName: String, version: String, scope: String, instance: String? = nil) {
        self.serviceName = serviceName
        self.version = version
        self.scope = scope
        self.instance = instance
    }

    /// For `/v1/logs`.
    package func logs(_ logs: [TelemetryLog]) -> JSONValue {
        body("resourceLogs", "scopeLogs", "logRecords", logs.map(\.json))
    }

    /// For `/v1/traces`.
    package func traces(_ spans: [TelemetrySpan]) -> JSONValue {
        body("resourceSpans", "scopeSpans", "spans", spans.map(\.json))
    }

    /// For `/v1/metrics`.
    package func metrics(_ metrics: TelemetryMetrics, at now: WallTime) -> JSONValue {
        body("resourceMetrics", "scopeMetrics", "metrics", metrics.json(at: now))
    }

    private func body(_ resources: String, _ scopes: String, _ items: String, _ values: [JSONValue]) -> JSONValue {
        var attributes: TelemetryAttributes = [
            "service.name": .text(serviceName), "service.version": .text(version),
        ]
        attributes.set("service.instance.id", instance)
        let scope: JSONObject = [
            "scope": ["name": .string(scope), "version": .string(version)], items: .array(values),
        ]
        let resource: JSONObject = [
            "resource": ["attributes": attributes.json], scopes: [.object(scope)],
        ]
        return .object([resources: [.object(resource)]])
    }
}
