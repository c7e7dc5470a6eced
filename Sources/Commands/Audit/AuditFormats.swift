import Audit
import Basics
import Telemetry
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

    /// The record with its text, as a log record.
    var log: TelemetryLog {
        TelemetryLog(
            session: session, sequence: record.sequence,
            time: WallTime(rfc3339: record.time) ?? WallTime(milliseconds: 0), type: record.type, hash: record.hash,
            payload: record.payload, isWhole: isWhole, body: record.payload.text)
    }

    /// What OTLP/HTTP takes at `/v1/logs`: one line, one request.
    static func otlpRequest(_ records: [TelemetryLog]) -> [UInt8] {
        TelemetryRequest(serviceName: "lockgate", version: Version.text, scope: "lockgate.journal")
            .logs(records).bytes + [0x0A]
    }
}
