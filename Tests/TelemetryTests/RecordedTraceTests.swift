import Basics
import Telemetry
import TestSupport
import Testing

/// The sessions that replay is tested with, folded: whatever happened in them, traces are whole.
@Suite struct RecordedTraceTests {
    private static let folder =
        PathText.parent(PathText.parent(#filePath)) + "/ReplayTests/Recorded"
    private static let names = PosixFile.list(folder).filter { PosixFile.exists("\(folder)/\($0)/session.jsonl") }

    private static func records(_ name: String) throws -> [TelemetryRecord] {
        try PosixFile.read("\(folder)/\(name)/session.jsonl", limit: 16 << 20).split(separator: 0x0A).map { line in
            let value = try JSONValue(parsing: line)
            guard let sequence = value["seq"]?.int, let time = value["time"]?.string.flatMap(WallTime.init(rfc3339:)),
                let type = value["type"]?.string, let payload = value["payload"]
            else { throw TestFailure("no record: \(value)") }
            return TelemetryRecord(
                sequence: sequence, time: time, type: type, payload: payload, hash: value["hash"]?.string ?? "",
                byteCount: line.count)
        }
    }

    @Test func sessionsAreThere() { #expect(Self.names.count >= 20) }

    @Test(arguments: names) func everySpanIsOnceInATraceWithOneRoot(name: String) throws {
        let records = try Self.records(name)
        var telemetry = SessionTelemetry(session: name, start: WallTime(milliseconds: 0), sendsTexts: false)
        var spans: [TelemetrySpan] = []
        var logs = 0
        for record in records {
            let output = telemetry.take(record)
            spans += output.spans
            logs += output.logs.count
        }
        spans += telemetry.finish(at: records.last?.time ?? WallTime(milliseconds: 0)).spans
        #expect(logs == records.count)
        #expect(Set(spans.map(\.id)).count == spans.count)
        #expect(spans.allSatisfy { $0.start <= $0.end })
        let turns = records.filter { $0.payload["type"] == "turn.started" }.count
        let roots = spans.filter { $0.parent == nil }
        #expect(roots.count == turns && Set(roots.map(\.trace)).count == turns)
        for span in spans where span.parent != nil {
            #expect(roots.contains { $0.trace == span.trace && $0.id == span.parent })
        }
        // Requests, one span each; calls, one each as well, however they went.
        let requests = records.filter {
            $0.type == "effect.requested" && $0.payload["effect"]?["kind"] == "model"
        }
        #expect(spans.filter { $0.kind == .client }.count == requests.count)
        let calls = records.compactMap { record in
            record.type == "conversation" && record.payload["kind"] == "tool_result"
                ? record.payload["call_id"]?.string : nil
        }
        let called = spans.compactMap { $0.attributes["gen_ai.tool.call.id"] }
        #expect(Set(called).isSuperset(of: calls.map { .text($0) }))
        #expect(Set(called).count == called.count)
    }
}
