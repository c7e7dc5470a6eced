import Basics
import Telemetry
import Testing

/// What a session's records become, by whole values.
@Suite struct SessionTelemetryTests {
    private static let session = "01a21732-7c91-7c81-89b1-234c56569f67"

    private static func fold(
        _ records: [(String, JSONValue)], sendsTexts: Bool = false
    ) -> (SessionTelemetry, [TelemetrySpan], [TelemetryLog]) {
        var telemetry = SessionTelemetry(
            session: session, start: WallTime(milliseconds: 1000), sendsTexts: sendsTexts)
        var spans: [TelemetrySpan] = []
        var logs: [TelemetryLog] = []
        for (number, record) in records.enumerated() {
            let output = telemetry.take(
                TelemetryRecord(
                    sequence: number, time: WallTime(milliseconds: 1000 + Int64(number) * 10), type: record.0,
                    payload: record.1, hash: "h\(number)", byteCount: 100))
            spans += output.spans
            logs += output.logs
        }
        return (telemetry, spans, logs)
    }

    private static let started: (String, JSONValue) = (
        "event",
        [
            "type": "turn.started", "cwd": "/secret/place", "model": "m1", "provider": "gemini",
            "sandbox_mode": "workspace-write", "network": "off",
        ]
    )
    private static let asked: (String, JSONValue) = (
        "effect.requested", ["effect": ["kind": "model", "model": "m1"], "verdict": ["decision": "allow"]]
    )
    private static let answered: (String, JSONValue) = (
        "effect.finished", ["outcome": ["response_id": "resp_0", "attempts": 1]]
    )
    private static let used: (String, JSONValue) = (
        "model.response", ["usage": ["input_tokens": 100, "output_tokens": 20]]
    )
    private static let ended: (String, JSONValue) = (
        "event", ["type": "turn.completed", "commands": 1, "denials": 0]
    )
    private static let turn: [(String, JSONValue)] = [
        started, asked, answered, used,
        (
            "conversation",
            [
                "kind": "tool_call", "call_id": "call_0", "name": "exec_command",
                "arguments": "{\"cmd\":\"hidden-words\"}",
            ]
        ),
        ("event", ["type": "item.started", "item": ["id": "item_0", "type": "command_execution"]]),
        (
            "effect.requested",
            [
                "effect": ["kind": "command", "argv": ["hidden-words"]], "verdict": ["decision": "allow"],
                "item_id": "item_0",
            ]
        ),
        (
            "effect.finished",
            ["outcome": ["sandbox": "workspace-write, network off", "exit_code": 3], "item_id": "item_0"]
        ),
        (
            "event",
            [
                "type": "item.completed",
                "item": ["id": "item_0", "type": "command_execution", "exit_code": 3, "status": "failed"],
            ]
        ),
        ("conversation", ["kind": "tool_result", "call_id": "call_0", "is_error": false]), ended,
    ]

    @Test func aTurnIsOneTraceWithItsRequestsAndToolsBelowIt() throws {
        let (_, spans, _) = Self.fold(Self.turn)
        let root = try #require(spans.last)
        func at(_ number: Int64) -> WallTime { WallTime(milliseconds: 1000 + number * 10) }
        #expect(
            spans == [
                TelemetrySpan(
                    trace: root.trace, id: spans[0].id, parent: root.id, name: "chat m1", kind: .client, start: at(1),
                    end: at(2),
                    attributes: [
                        "gen_ai.operation.name": .text("chat"), "gen_ai.provider.name": .text("gcp.gemini"),
                        "gen_ai.request.model": .text("m1"), "gen_ai.conversation.id": .text(Self.session),
                        "gen_ai.response.id": .text("resp_0"), "gen_ai.usage.input_tokens": .int(100),
                        "gen_ai.usage.output_tokens": .int(20),
                    ]),
                TelemetrySpan(
                    trace: root.trace, id: spans[1].id, parent: root.id, name: "execute_tool exec_command",
                    kind: .internal, start: at(5), end: at(8),
                    attributes: [
                        "gen_ai.operation.name": .text("execute_tool"), "gen_ai.tool.name": .text("exec_command"),
                        "gen_ai.tool.type": .text("function"), "gen_ai.tool.call.id": .text("call_0"),
                        "lockgate.verdict.decision": .text("allow"),
                        "lockgate.sandbox": .text("workspace-write, network off"), "process.exit.code": .int(3),
                    ], errorType: "failed"),
                TelemetrySpan(
                    trace: root.trace, id: root.id, name: "invoke_agent lockgate", kind: .internal, start: at(0),
                    end: at(10),
                    attributes: [
                        "gen_ai.operation.name": .text("invoke_agent"), "gen_ai.agent.name": .text("lockgate"),
                        "gen_ai.conversation.id": .text(Self.session), "gen_ai.provider.name": .text("gcp.gemini"),
                        "gen_ai.request.model": .text("m1"), "lockgate.sandbox.mode": .text("workspace-write"),
                        "lockgate.network": .text("off"), "lockgate.commands": .int(1), "lockgate.denials": .int(0),
                        "gen_ai.usage.input_tokens": .int(100), "gen_ai.usage.output_tokens": .int(20),
                    ]),
            ])
        #expect(Set(spans.map(\.id)).count == 3)
        #expect(root.trace.utf8.count == 32 && spans.allSatisfy { $0.id.utf8.count == 16 })
    }

    @Test func eachTurnHasATraceOfItsOwnAndOneThatIsCutEndsAsInterrupted() {
        var (telemetry, spans, _) = Self.fold(Self.turn + [Self.started, Self.asked])
        let last = telemetry.finish(at: WallTime(milliseconds: 5000))
        #expect(last.spans.map(\.name) == ["chat m1", "invoke_agent lockgate"])
        #expect(last.spans.allSatisfy { $0.errorType == "interrupted" && $0.end.milliseconds == 5000 })
        #expect(last.spans[0].trace != spans[0].trace)
    }

    @Test func aRequestThatFailsNamesItsKind() {
        let failure: (String, JSONValue) = (
            "effect.finished", ["outcome": ["error": "no", "failure": ["kind": "rate_limited", "message": "words"]]]
        )
        let (telemetry, spans, _) = Self.fold([Self.started, Self.asked, failure])
        #expect(spans.map(\.errorType) == ["rate_limited"])
        #expect(telemetry.metrics.tokens.isEmpty)
        #expect(telemetry.metrics.durations.keys.map { $0["error.type"] } == [.text("rate_limited")])
    }

    @Test func countsAreThoseOfTheConventions() {
        let denied: (String, JSONValue) = (
            "event", ["type": "effect.denied", "effect": ["kind": "file_change"], "verdict": ["decision": "deny"]]
        )
        let (telemetry, _, _) = Self.fold(Self.turn + [denied])
        var expected = TelemetryMetrics(start: WallTime(milliseconds: 1000))
        let chat: TelemetryAttributes = [
            "gen_ai.operation.name": .text("chat"), "gen_ai.provider.name": .text("gcp.gemini"),
            "gen_ai.request.model": .text("m1"),
        ]
        var (input, output) = (chat, chat)
        input["gen_ai.token.type"] = .text("input")
        output["gen_ai.token.type"] = .text("output")
        expected.countTokens(100, input)
        expected.countTokens(20, output)
        expected.countDuration(milliseconds: 10, chat)
        expected.countEffect(kind: "model", decision: "allow")
        expected.countEffect(kind: "command", decision: "allow")
        expected.countEffect(kind: "file_change", decision: "deny")
        expected.countDenial(kind: "file_change")
        #expect(telemetry.metrics == expected)
        #expect(TelemetryHistogram.tokenBounds.last == 67_108_864 && TelemetryHistogram.tokenBounds.first == 1)
        #expect(TelemetryHistogram.secondBounds.last == 81.92 && TelemetryHistogram.secondBounds.first == 0.01)
    }

    @Test func textsAreInLogRecordsAloneAndOnlyWhereAskedFor() {
        func text(sendsTexts: Bool) -> String {
            let (telemetry, spans, logs) = Self.fold(Self.turn, sendsTexts: sendsTexts)
            let request = TelemetryRequest(serviceName: "s", version: "1", scope: "x")
            let other = request.traces(spans).text + request.metrics(telemetry.metrics, at: .now).text
            #expect(!other.contains("hidden-words") && !other.contains("/secret/place"))
            return request.logs(logs).text
        }
        #expect(text(sendsTexts: true).contains("hidden-words"))
        let silent = text(sendsTexts: false)
        #expect(!silent.contains("hidden-words") && !silent.contains("/secret/place") && !silent.contains("\"body\""))
    }

    @Test func aCallOfWhatIsNoToolGivesItsTextToNoSpan() {
        let call: (String, JSONValue) = (
            "conversation", ["kind": "tool_call", "call_id": "call_0", "name": "hidden-words and more"]
        )
        let result: (String, JSONValue) = (
            "conversation", ["kind": "tool_result", "call_id": "call_0", "is_error": true]
        )
        let (_, spans, _) = Self.fold([Self.started, call, result])
        #expect(spans.map(\.name) == ["execute_tool _OTHER"] && spans.map(\.errorType) == ["_OTHER"])
    }

    @Test func aLongTextIsCutWhereACharacterEnds() {
        let long = String(repeating: "é", count: 20_000)
        let (_, _, logs) = Self.fold([("conversation", ["kind": "user", "text": .string(long)])], sendsTexts: true)
        let body = logs.first?.body ?? ""
        #expect(body.utf8.count <= 16_384 && body.utf8.count > 16_300)
        #expect(!body.contains("\u{FFFD}"))
    }
}
