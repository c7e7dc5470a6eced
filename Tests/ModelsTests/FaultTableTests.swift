import Basics
import TestSupport
import Testing
import Wire

@testable import Models

/// Every fault that a provider can inflict, on every dialect: how often it is asked, after which waits, and what
/// comes out. The faulty step is a text and one command, as a turn has it.
@Suite(.timeLimit(.minutes(1))) struct FaultTableTests {
    enum End: Sendable, Hashable {
        case answer
        case failure(ModelFailure.Kind)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var dialects: [WireDialect] = WireDialect.allCases
        var faults: [ScriptedFault]
        var waits: [Int]
        var end: End
        /// For faults that are waited for in real time.
        var idleMilliseconds = 10_000
    }

    private static let step = ScriptedStep(
        text: ["Let me ", "look."], calls: [.init("shell", ["cmd": "echo x >> log"])])
    private static let five = [200, 400, 800, 1_600, 3_200]

    static let rows = [
        Row(testDescription: "no fault", faults: [], waits: [], end: .answer),
        Row(
            testDescription: "429 once, Retry-After 2", faults: [.status(429, headers: ["retry-after": "2"])],
            waits: [2_000], end: .answer),
        Row(
            testDescription: "429 always, Retry-After 1",
            faults: [.always(.status(429, headers: ["retry-after": "1"]))],
            waits: [1_000, 1_000, 1_000, 1_000, 1_000], end: .failure(.rateLimited)),
        Row(
            testDescription: "429, Retry-After an hour",
            faults: [.always(.status(429, headers: ["retry-after": "3600"]))],
            waits: [], end: .failure(.rateLimited)),
        Row(
            testDescription: "429, Retry-After a date",
            faults: [.status(429, headers: ["retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"])], waits: [7_000],
            end: .answer),
        Row(
            testDescription: "429, quota used up",
            faults: [.always(.status(429, body: ["error": ["code": "insufficient_quota", "message": "No money."]]))],
            waits: [], end: .failure(.usageLimit)),
        Row(testDescription: "500 once", faults: [.status(500)], waits: [200], end: .answer),
        Row(testDescription: "500 always", faults: [.always(.status(500))], waits: five, end: .failure(.server)),
        Row(
            testDescription: "529 twice", faults: ScriptedFault.times(2, .status(529)), waits: [200, 400], end: .answer),
        Row(testDescription: "408 once", faults: [.status(408)], waits: [200], end: .answer),
        Row(testDescription: "400 always", faults: [.always(.status(400))], waits: [], end: .failure(.badRequest)),
        Row(testDescription: "401 always", faults: [.always(.status(401))], waits: [], end: .failure(.unauthorized)),
        Row(testDescription: "402 always", faults: [.always(.status(402))], waits: [], end: .failure(.usageLimit)),
        Row(testDescription: "403 always", faults: [.always(.status(403))], waits: [], end: .failure(.forbidden)),
        Row(testDescription: "404 always", faults: [.always(.status(404))], waits: [], end: .failure(.notFound)),
        Row(testDescription: "422 always", faults: [.always(.status(422))], waits: [], end: .failure(.badRequest)),
        Row(
            testDescription: "prompt too long",
            faults: [.always(.status(400, body: ["error": ["message": "prompt is too long: 9 tokens > 8 maximum"]]))],
            waits: [], end: .failure(.contextWindowExceeded)),
        Row(testDescription: "no answer once", faults: [.noAnswer], waits: [200], end: .answer),
        Row(testDescription: "no answer always", faults: [.always(.noAnswer)], waits: five, end: .failure(.network)),
        Row(testDescription: "cut in the text once", faults: [.cut(afterEvents: 2)], waits: [200], end: .answer),
        Row(
            testDescription: "cut in the call always", faults: [.always(.cut(afterEvents: 4))], waits: five,
            end: .failure(.streamCut)),
        Row(
            testDescription: "cut after the call, before the closing event", faults: [.cutBeforeClosingEvent],
            waits: [200], end: .answer),
        Row(
            testDescription: "body ends before the closing event", faults: [.endBeforeClosingEvent], waits: [200],
            end: .answer),
        Row(
            testDescription: "silence once", dialects: [.responses], faults: [.stall(afterEvents: 2)], waits: [200],
            end: .answer,
            idleMilliseconds: 1_500),
        Row(
            testDescription: "silence from the start once", dialects: [.chat], faults: [.stall(afterEvents: 0)],
            waits: [200],
            end: .answer, idleMilliseconds: 1_500),
        Row(
            testDescription: "a malformed event, items whole elsewhere", dialects: [.responses],
            faults: [.malformedEvent], waits: [], end: .answer),
        Row(
            testDescription: "a malformed event that may have held text", dialects: [.chat, .messages],
            faults: [.malformedEvent], waits: [200], end: .answer),
        Row(
            testDescription: "failed after a complete call, once", faults: [.failed(code: "server_error")],
            waits: [200], end: .answer),
        Row(
            testDescription: "failed always", faults: [.always(.failed(code: "server_error"))], waits: five,
            end: .failure(.inStream)),
        Row(
            testDescription: "overloaded in the stream, once", faults: [.failed(code: "overloaded_error")],
            waits: [200], end: .answer),
        Row(
            testDescription: "failed for good", faults: [.always(.failed(code: "invalid_prompt"))], waits: [],
            end: .failure(.inStream)),
        Row(
            testDescription: "one fault of each kind in turn",
            faults: [.status(500), .cut(afterEvents: 3), .failed(code: "server_error"), .noAnswer],
            waits: [200, 400, 800, 1_600],
            end: .answer),
    ]

    private static let cases = rows.flatMap { row in row.dialects.map { (row, $0) } }

    @Test(arguments: cases) func `survives or reports`(_ row: Row, _ dialect: WireDialect) async throws {
        try await ClientFixture.with(
            dialect, [Self.step.after(row.faults)], { $0.streamIdleTimeoutMilliseconds = row.idleMilliseconds }
        ) { fixture in
            let outcome = try await fixture.outcome()
            let attempts = row.waits.count + 1
            #expect(fixture.clock.waits == row.waits)
            #expect(fixture.server.requests.count == attempts)
            #expect(Set(fixture.server.requests.map(\.bytes)).count == 1, "every attempt sends the same bytes")
            switch (row.end, outcome) {
            case (.answer, .success(let response)):
                #expect(response.attempts == attempts)
                #expect(response.stop == .completed)
                // Once, whatever had been delivered before the fault.
                #expect(
                    response.items.map(\.content) == [
                        .assistant("Let me look."),
                        .toolCall(
                            ToolCall(
                                id: "call_0_0", name: "shell", input: .function(arguments: #"{"cmd":"echo x >> log"}"#))
                        ),
                    ])
                #expect(fixture.recorder.text == "Let me look.")
            case (.failure(let kind), .failure(let failure)):
                #expect(failure.kind == kind)
                #expect(failure.attempts == attempts)
                #expect(!failure.message.isEmpty)
            default:
                Issue.record("ended with \(outcome)")
            }
            let retries = fixture.recorder.events.filter { if case .retrying = $0 { true } else { false } }
            #expect(retries.count == row.waits.count)
        }
    }

    @Test(arguments: WireDialect.allCases) func `an answer cut by the token limit runs nothing and is not repeated`(
        _ dialect: WireDialect
    ) async throws {
        var step = Self.step
        step.ending = .incomplete
        try await ClientFixture.with(dialect, [step]) { fixture in
            let response = try await fixture.respond()
            #expect(response.stop == .incomplete("max_output_tokens"))
            #expect(response.items == [ConversationItem(.assistant("Let me look."))])
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test func `silence always ends within the bound`() async throws {
        try await ClientFixture.with(
            .responses, [Self.step.after(.always(.stall(afterEvents: 1)))], policy: RetryPolicy(maxRetries: 1),
            { $0.streamIdleTimeoutMilliseconds = 40 }
        ) { fixture in
            let failure = await #expect(throws: ModelFailure.self) { try await fixture.respond() }
            #expect(failure == ModelFailure(.idleTimeout, message: "no byte came for 0.04 s", attempts: 2))
        }
    }

    @Test func `retries are told with their number, delay and reason`() async throws {
        try await ClientFixture.with(.responses, [Self.step.after(.status(503))]) { fixture in
            _ = try await fixture.respond()
            #expect(
                fixture.recorder.events == [
                    .retrying(attempt: 2, of: 6, delayMilliseconds: 200, reason: "scripted HTTP 503"),
                    .textDelta("Let me "), .textDelta("look."),
                ])
        }
    }
}
