import Audit
import Basics
import Wire

/// Records in the forms that other systems read.
extension AuditRow {
    // MARK: - CEF

    /// A line of ArcSight's Common Event Format, version 0.
    var cef: [UInt8] {
        let name = kind.isEmpty ? record.type : "\(record.type): \(kind)"
        let header = ["CEF:0", "Lockgate", "lockgate", Version.text, kind.isEmpty ? record.type : kind, name]
            .map(Self.cefHeader)
        var fields = [
            ("rt", WallTime(rfc3339: record.time).map { "\($0.milliseconds)" } ?? ""), ("externalId", session),
            ("cn1Label", "record"), ("cn1", "\(record.sequence)"), ("cs1Label", "hash"), ("cs1", record.hash),
            ("cs2Label", "whole"), ("cs2", isWhole ? "true" : "false"),
        ]
        let verdict = record.payload["verdict"]
        if let decision = verdict?["decision"]?.string { fields.append(("act", decision)) }
        if let rule = verdict?["rule"]?.string { fields += [("cs3Label", "rule"), ("cs3", rule)] }
        if let origin = verdict?["origin"]?.string { fields += [("cs4Label", "origin"), ("cs4", origin)] }
        if let reason = verdict?["reason"]?.string { fields.append(("reason", reason)) }
        if let answerer = record.payload["answered_by"]?.string { fields.append(("suser", answerer)) }
        fields.append(("msg", record.payload.text))
        let text = fields.map { "\($0.0)=\(Self.cefValue($0.1))" }.joined(separator: " ")
        return Array("\(header.joined(separator: "|"))|\(severity)|\(text)\n".utf8)
    }

    /// From 0 to 10.
    private var severity: Int {
        switch kind {
        case "effect.denied", "turn.failed", "sensitive_changes": 6
        case "error", "approval", "budget": 4
        default: 1
        }
    }

    private static func cefHeader(_ text: String) -> String {
        oneLine(text).replacing("\\", with: "\\\\").replacing("|", with: "\\|")
    }

    private static func cefValue(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("=", with: "\\=")
        return escaped.replacing("\r\n", with: "\\n").replacing("\n", with: "\\n").replacing("\r", with: "\\r")
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    // MARK: - OpenTelemetry

    /// One `LogRecord` in OTLP's JSON.
    var otlp: JSONValue {
        let nanoseconds = WallTime(rfc3339: record.time).map { "\($0.milliseconds)000000" } ?? "0"
        let isWarning = severity >= 4
        var attributes: [(String, JSONValue)] = [
            ("lockgate.record.number", ["intValue": .string("\(record.sequence)")]),
            ("lockgate.record.type", ["stringValue": .string(record.type)]),
            ("lockgate.record.hash", ["stringValue": .string(record.hash)]),
            ("lockgate.journal.whole", ["boolValue": .bool(isWhole)]),
            ("gen_ai.conversation.id", ["stringValue": .string(session)]),
        ]
        if let decision = record.payload["verdict"]?["decision"]?.string {
            attributes.append(("lockgate.verdict.decision", ["stringValue": .string(decision)]))
        }
        if let model = record.payload["effect"]?["model"]?.string {
            attributes.append(("gen_ai.operation.name", ["stringValue": "chat"]))
            attributes.append(("gen_ai.request.model", ["stringValue": .string(model)]))
        }
        for (name, member) in [
            ("gen_ai.usage.input_tokens", "input_tokens"), ("gen_ai.usage.output_tokens", "output_tokens"),
        ] where record.type == "model.response" {
            if let count = record.payload["usage"]?[member]?.int {
                attributes.append((name, ["intValue": .string("\(count)")]))
            }
        }
        return [
            "timeUnixNano": .string(nanoseconds), "observedTimeUnixNano": .string(nanoseconds),
            "severityNumber": .int(isWarning ? 13 : 9), "severityText": .string(isWarning ? "WARN" : "INFO"),
            "eventName": .string("lockgate.\(kind.isEmpty ? record.type : kind)"),
            "body": ["stringValue": .string(record.payload.text)],
            "attributes": .array(attributes.map { ["key": .string($0.0), "value": $0.1] }),
        ]
    }

    /// What OTLP/HTTP takes at `/v1/logs`: one line, one request.
    static func otlpRequest(_ records: [JSONValue]) -> [UInt8] {
        func text(_ key: String, _ value: String) -> JSONValue {
            ["key": .string(key), "value": ["stringValue": .string(value)]]
        }
        let request: JSONValue = [
            "resourceLogs": [
                [
                    "resource": [
                        "attributes": [text("service.name", "lockgate"), text("service.version", Version.text)]
                    ],
                    "scopeLogs": [
                        [
                            "scope": ["name": "lockgate.journal", "version": .string(Version.text)],
                            "logRecords": .array(records),
                        ]
                    ],
                ]
            ]
        ]
        return request.bytes + [0x0A]
    }
}
