package import Basics

/// A journal's record as a log record.
package struct TelemetryLog: Sendable, Hashable {
    package var time: WallTime
    /// The record's type, or the kind of event, effect or item that it is.
    package var name: String
    package var isWarning: Bool
    package var attributes: TelemetryAttributes
    /// The record's payload; nil where texts stay at home.
    package var body: String?
    /// The turn that it belongs to, and its root.
    package var trace: String?
    package var span: String?

    /// - Parameters:
    ///   - isWhole: whether the journal was checked, and is what it was; nil while it is being written.
    ///   - body: the record's text, or nil to leave it out.
    package init(
        session: String, sequence: Int, time: WallTime, type: String, hash: String, payload: JSONValue,
        isWhole: Bool? = nil, body: String?
    ) {
        let kind = Self.kind(type: type, payload: payload)
        self.time = time
        self.body = body
        name = kind.isEmpty ? type : kind
        isWarning = Self.warnings.contains(kind)
        attributes = [
            "lockgate.record.number": .int(sequence), "lockgate.record.type": .text(type),
            "lockgate.record.hash": .text(hash),
        ]
        if let isWhole { attributes["lockgate.journal.whole"] = .bool(isWhole) }
        attributes["gen_ai.conversation.id"] = .text(session)
        attributes.set("lockgate.verdict.decision", payload["verdict"]?["decision"]?.string)
        if let model = payload["effect"]?["model"]?.string {
            attributes["gen_ai.operation.name"] = .text("chat")
            attributes["gen_ai.request.model"] = .text(model)
        }
        if type == "model.response" {
            attributes.set("gen_ai.usage.input_tokens", payload["usage"]?["input_tokens"]?.int)
            attributes.set("gen_ai.usage.output_tokens", payload["usage"]?["output_tokens"]?.int)
        }
        attributes.set("process.exit.code", payload["outcome"]?["exit_code"]?.int)
    }

    /// An event's type, an effect's or a conversation item's kind; empty for others.
    package static func kind(type: String, payload: JSONValue) -> String {
        switch type {
        case "event": payload["type"]?.string ?? ""
        case "effect.requested": payload["effect"]?["kind"]?.string ?? ""
        default: payload["kind"]?.string ?? ""
        }
    }

    private static let warnings: Set = [
        "effect.denied", "turn.failed", "sensitive_changes", "error", "approval", "budget",
    ]

    /// OTLP's `LogRecord`.
    package var json: JSONValue {
        var object: JSONObject = [
            "timeUnixNano": time.unixNano, "observedTimeUnixNano": time.unixNano,
            "severityNumber": .int(isWarning ? 13 : 9), "severityText": .string(isWarning ? "WARN" : "INFO"),
            "eventName": .string("lockgate.\(name)"),
        ]
        if let body { object["body"] = ["stringValue": .string(body)] }
        object["attributes"] = attributes.json
        if let trace { object["traceId"] = .string(trace) }
        if let span { object["spanId"] = .string(span) }
        return .object(object)
    }
}
