import ArgumentParser
import Audit
import Basics
import Glibc
import Journal
import Telemetry
import Wire

extension AuditCommand {
    /// `lockgate audit export`: records of many sessions as one stream, for other systems.
    struct Export: AsyncParsableCommand {
        enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, csv, cef, otel, html }

        static let configuration = CommandConfiguration(
            abstract: "Print records of all sessions, or of some, oldest session first.",
            discussion: """
                Each record comes with its session and whether that session's journal is whole. Where one is not, the export \
                goes on, says so on standard error, and ends with 1. cef is for log collectors; otel is OTLP's JSON, one \
                request for /v1/logs a line; html is a report for people.
                """)

        @Argument(help: "Sessions; all without any.") var sessions: [String] = []
        @Option(help: "jsonl, csv, cef, otel or html.") var format: Format = .jsonl
        @Option(help: "Only records from then on: 2026-11-26, 2026-11-26T08:00:00Z, 90m, 12h or 7d ago.")
        var since: String?
        @Option(help: "Only these: a record's type, or an event's, such as effect.denied. May be repeated.")
        var type: [String] = []

        func run() async throws {
            let isWhole = try CommandOutput.reporting { try export() }
            if !isWhole { throw ExitCode(1) }
        }

        /// Records in one request of OTLP.
        private static let batchSize = 500

        private func export() throws -> Bool {
            let store = try SessionStore.ofUser()
            let start = try since.map { text throws(LockgateError) in try Self.moment(text, now: .now) }
            let found =
                sessions.isEmpty ? Array(store.locations).reversed() : try sessions.map { try store.resolve($0) }
            let types = Set(type)
            var out = BufferedOutput()
            if format == .csv { try out.write(Array(AuditRow.header.utf8)) }
            var isWhole = true
            var report = AuditReport()
            var batch: [TelemetryLog] = []
            for session in found {
                let verified = VerificationRun.report(onFile: session.path, expecting: Expectation())
                if let finding = verified.findings.first {
                    isWhole = false
                    CommandOutput.warn("session \(session.id) is broken at \(finding.description)")
                }
                try JournalRecords.stream(session.path, redacted: Set(verified.redacted)) { record in
                    if let start, record.time < start { return }
                    let row = AuditRow(session: session.id.text, record: record, isWhole: verified.isWhole)
                    guard types.isEmpty || types.contains(record.type) || types.contains(row.kind) else { return }
                    switch format {
                    case .jsonl: try out.write(row.json)
                    case .csv: try out.write(row.csv)
                    case .cef: try out.write(row.cef)
                    case .html: report.take(row)
                    case .otel:
                        batch.append(row.log)
                        guard batch.count == Self.batchSize else { return }
                        try out.write(AuditRow.otlpRequest(batch))
                        batch = []
                    }
                }
            }
            if format == .html { try out.write(report.bytes) }
            if !batch.isEmpty { try out.write(AuditRow.otlpRequest(batch)) }
            try out.flush()
            return isWhole
        }

        /// A moment as records spell theirs, cut off or not: the texts' order is the time's.
        static func moment(_ text: String, now: WallTime) throws(LockgateError) -> String {
            let units: [Character: Int64] = ["m": 60_000, "h": 3_600_000, "d": 86_400_000]
            if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
                (0...100_000).contains(count)
            {
                return WallTime(milliseconds: now.milliseconds - count * unit).rfc3339
            }
            let form = Array("0000-00-00T00:00:00.000".utf8)
            let digits = Array((text.hasSuffix("Z") ? text.dropLast() : text[...]).utf8)
            let fits = zip(digits, form).allSatisfy { digit, place in
                place == UInt8(ascii: "0") ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) : digit == place
            }
            guard fits, [10, 16, 19, 23].contains(digits.count) else {
                throw LockgateError(
                    "audit.usage", "\(text) is no moment", remedy: "give 2026-11-26, 2026-11-26T08:00:00Z, or 7d",
                    exitCode: 2)
            }
            return String(decoding: digits, as: UTF8.self)
        }
    }
}

/// A record as a line of an export.
struct AuditRow {
    let session: String
    let record: RecordLine
    let isWhole: Bool

    static let header = "session,seq,time,type,kind,decision,rule,origin,payload,hash,whole\r\n"

    /// An event's type, an effect's or a conversation item's kind; empty for others.
    var kind: String { TelemetryLog.kind(type: record.type, payload: record.payload) }

    var json: [UInt8] {
        let object: JSONValue = [
            "session": .string(session), "seq": .int(record.sequence), "time": .string(record.time),
            "type": .string(record.type), "kind": .string(kind), "payload": record.payload,
            "hash": .string(record.hash),
            "whole": .bool(isWhole),
        ]
        return object.bytes + [0x0A]
    }

    /// By RFC 4180.
    var csv: [UInt8] {
        let verdict = record.payload["verdict"]
        let fields = [
            session, "\(record.sequence)", record.time, record.type, kind, verdict?["decision"]?.string ?? "",
            verdict?["rule"]?.string ?? "", verdict?["origin"]?.string ?? "", record.payload.text, record.hash,
            isWhole ? "true" : "false",
        ]
        return Array((fields.map(Self.field).joined(separator: ",") + "\r\n").utf8)
    }

    /// A field in quotes. What a spreadsheet would take as a formula is text by a quote before it.
    private static func field(_ text: String) -> String {
        let isFormula = text.utf8.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
        return "\"\(isFormula ? "'" : "")\(text.replacing("\"", with: "\"\""))\""
    }
}

/// Standard output in pieces that are worth a system call.
struct BufferedOutput {
    private var pending: [UInt8] = []

    mutating func write(_ bytes: [UInt8]) throws(SystemError) {
        pending.append(contentsOf: bytes)
        if pending.count >= 64 << 10 { try flush() }
    }

    mutating func flush() throws(SystemError) {
        try PosixFile.writeAll(STDOUT_FILENO, pending)
        pending.removeAll(keepingCapacity: true)
    }
}
