import Basics
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Models

@Suite(.timeLimit(.minutes(1))) struct HTTPModelClientTests {
    private static let conversation = ConversationItem(.user([.text("Hi")]))

    @Test func `nothing is sent beyond the limit on bytes, a repeat included`() async throws {
        try await ClientFixture.with(.chat, [.text("Hi"), .text("Ho").after(.status(500))]) { fixture in
            var request = SampleTools.request()
            _ = try await fixture.respond(request)
            let bytes = try #require(fixture.recorder.sent.first)
            request.byteLimit = 2 * bytes - 1
            do {
                _ = try await fixture.respond(request)
                Issue.record("the repeat was sent")
            } catch let failure as ModelFailure {
                #expect(failure.kind == .byteLimit && failure.attempts == 2)
            }
            #expect(fixture.server.requests.count == 2)
            #expect(fixture.recorder.sent == [bytes, bytes])
        }
    }

    @Test(arguments: WireDialect.allCases) func `asks in the provider's dialect and reads the answer`(
        _ dialect: WireDialect
    ) async throws {
        let step = ScriptedStep(
            text: ["Hello", "!"], reasoning: "Thinking.",
            calls: [.init("shell", ["cmd": "ls"]), .init("apply_patch", .custom("*** Begin Patch"))])
        try await ClientFixture.with(
            dialect, [step], environment: ["LAB_KEY": " sk-lab-secret\n", "LAB_TEAM": "team-7"],
            {
                $0.envKey = "LAB_KEY"
                $0.httpHeaders = ["x-lab": "1"]
                $0.envHTTPHeaders = ["x-team": "LAB_TEAM", "x-none": "LAB_UNSET"]
                $0.queryParams = ["api-version": "v 1"]
            }
        ) { fixture in
            let response = try await fixture.respond()
            #expect(
                response.items.map(\.content) == [
                    .reasoning("Thinking."), .assistant("Hello!"),
                    .toolCall(ToolCall(id: "call_0_0", name: "shell", input: .function(arguments: #"{"cmd":"ls"}"#))),
                    .toolCall(ToolCall(id: "call_0_1", name: "apply_patch", input: .custom("*** Begin Patch"))),
                ])
            #expect(response.usage == TokenUsage(inputTokens: 100, outputTokens: 20))
            #expect(
                fixture.recorder.events == [
                    .reasoningDelta("Thinking."), .textDelta("Hello"), .textDelta("!"),
                ])
            let request = try #require(fixture.server.requests.first)
            #expect(request.method == "POST")
            #expect(request.path.hasPrefix("/v1/") && request.path.hasSuffix("?api-version=v%201"))
            #expect(request.dialect == dialect)
            #expect(request.body["model"] == "m")
            #expect(request.header("authorization") == "Bearer sk-lab-secret")
            #expect(request.header("content-type") == "application/json")
            #expect(request.header("x-lab") == "1")
            #expect(request.header("x-team") == "team-7")
            #expect(request.header("x-none") == nil)
        }
    }

    @Test func `preparing reaches no host, and the first request has the first connection`() async throws {
        try await ClientFixture.with(.chat, [.text("Hi")]) { fixture in
            await fixture.client.prepare()
            #expect(fixture.server.connections == 0)
            _ = try await fixture.respond()
            #expect(fixture.server.requests.map(\.connection) == [0])
        }
    }

    @Test(arguments: [
        (Provider.Authentication.bearer, "authorization", "Bearer sk-lab-secret"),
        (.xAPIKey, "x-api-key", "sk-lab-secret"), (.apiKey, "api-key", "sk-lab-secret"),
    ])
    func `sends the key as the provider wants it`(
        _ style: Provider.Authentication, _ header: String, _ value: String
    ) async throws {
        try await ClientFixture.with(
            .chat, [.text("Hi")], environment: ["LAB_KEY": "sk-lab-secret"],
            {
                $0.envKey = "LAB_KEY"
                $0.authentication = style
            }
        ) { fixture in
            _ = try await fixture.respond()
            #expect(fixture.server.requests.first?.header(header) == value)
        }
    }

    @Test func `a missing key fails before anything is sent and names the variable`() {
        var provider = labProvider(.chat)
        provider.envKey = "LAB_KEY"
        for environment in [[:], ["LAB_KEY": ""], ["LAB_KEY": " \n"]] {
            let error = #expect(throws: LockgateError.self) {
                try HTTPModelClient(provider: provider, environment: environment)
            }
            #expect(error?.code == "provider.no_key")
            #expect(error?.remedy == "export LAB_KEY=...")
        }
        let error = #expect(throws: LockgateError.self) {
            try HTTPModelClient(provider: provider, environment: ["LAB_KEY": "a\r\nx-evil: 1"])
        }
        #expect(error?.code == "provider.bad_header")
        #expect(error?.description.contains("evil") == false)
    }

    @Test func `a key that the provider echoes never reaches a message`() async throws {
        let body: JSONValue = ["error": ["message": "Incorrect API key provided: sk-lab-secret."]]
        try await ClientFixture.with(
            .responses, [.text("Hi").after(.status(500, body: body), .always(.status(401, body: body)))],
            environment: ["LAB_KEY": "sk-lab-secret"], { $0.envKey = "LAB_KEY" }
        ) { fixture in
            let failure = await #expect(throws: ModelFailure.self) { try await fixture.respond() }
            #expect(failure?.message == "Incorrect API key provided: [redacted].")
            #expect(
                fixture.recorder.events == [
                    .retrying(
                        attempt: 2, of: 6, delayMilliseconds: 200, reason: "Incorrect API key provided: [redacted].")
                ])
        }
    }

    @Test(arguments: WireDialect.allCases) func `all requests of a session share one connection`(
        _ dialect: WireDialect
    ) async throws {
        let steps = (0..<50).map { _ in ScriptedStep.call("shell", ["cmd": "true"]) } + [.text("Done.")]
        try await ClientFixture.with(dialect, steps, { $0.quirks.marksCache = false }) { fixture in
            var items = [Self.conversation]
            for number in 0...50 {
                let response = try await fixture.respond(SampleTools.request(items))
                items += response.items
                if number < 50 {
                    items.append(
                        ConversationItem(.toolResult(ToolResult(callID: "call_\(number)_0", parts: [.text("ok")]))))
                }
            }
            let bodies = fixture.server.requests.map(\.bytes)
            #expect(bodies.count == 51)
            #expect(fixture.server.connections == 1)
            for (shorter, longer) in zip(bodies, bodies.dropFirst()) {
                #expect(longer.starts(with: shorter.dropLast(2)))
            }
        }
    }

    @Test func `a kept connection that the server closes is replaced without a word, once`() async throws {
        let steps = [
            ScriptedStep.text("one"), .text("two").after(.noAnswer), .text("three").after(.noAnswer, .noAnswer),
        ]
        try await ClientFixture.with(.responses, steps) { fixture in
            _ = try await fixture.respond()
            _ = try await fixture.respond()
            #expect(!fixture.recorder.events.contains { if case .retrying = $0 { true } else { false } })
            #expect(fixture.clock.waits.isEmpty)
            _ = try await fixture.respond()
            #expect(fixture.clock.waits.count == 1)
            #expect(fixture.server.requests.count == 6)
        }
    }

    @Test func `an error's body leaves the connection usable`() async throws {
        try await ClientFixture.with(
            .chat, [ScriptedStep.text("Hi").after(.status(500), .status(503), .failed(code: "server_error"))]
        ) { fixture in
            let response = try await fixture.respond()
            #expect(response.attempts == 4)
            // A failure inside a stream ends reading early, so that one connection is given up.
            #expect(fixture.server.connections <= 2)
        }
    }

    @Test(arguments: WireDialect.allCases) func `an answer counts although its body does not end`(
        _ dialect: WireDialect
    ) async throws {
        try await ClientFixture.with(dialect, [.text("Hi").after(.stall(afterEvents: 1_000))]) { fixture in
            let response = try await fixture.respond()
            #expect(response.items.map(\.content) == [.assistant("Hi")])
            #expect(response.attempts == 1)
            await fixture.server.waitUntilNoConnection()
        }
    }

    @Test func `cancelling closes the stream at once and sends nothing more`() async throws {
        try await ClientFixture.with(.responses, [.text("Hi").after(.always(.stall(afterEvents: 2)))]) { fixture in
            let task = Task { try await fixture.respond() }
            await fixture.server.waitForRequests(1)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            await fixture.server.waitUntilNoConnection()
            #expect(fixture.server.requests.count == 1)
        }
    }

    @Test func `cancelling ends a wait between attempts`() async throws {
        try await withScriptedModel([.text("Hi").after(.always(.status(500)))]) { server in
            let (waiting, signal) = AsyncStream.makeStream(of: Void.self)
            var timing = FakeClock().timing
            timing.sleep = { _ in
                signal.yield()
                try await Task.sleep(for: .seconds(3_600))
            }
            var provider = labProvider(.chat)
            provider.baseURL = server.baseURL
            let client = try HTTPModelClient(provider: provider, environment: [:], timing: timing)
            let task = Task { try await client.respond(to: SampleTools.request()) { _ in } }
            for await _ in waiting { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(server.requests.count == 1)
            await client.shutdown()
        }
    }

    @Test func `a redirect is not followed, since the key would go with it`() async throws {
        try await withScriptedModel([.text("Elsewhere.")]) { elsewhere in
            let fault = ScriptedFault.status(307, headers: ["location": elsewhere.baseURL + "/responses"])
            try await ClientFixture.with(.responses, [.text("Hi").after(.always(fault))]) { fixture in
                let failure = await #expect(throws: ModelFailure.self) { try await fixture.respond() }
                #expect(failure?.kind == .badRequest)
                #expect(failure?.status == 307)
                #expect(elsewhere.requests.isEmpty)
            }
        }
    }

    @Test func `a server that is not there is named, after bounded attempts`() async throws {
        let port = try await withScriptedModel([]) { $0.port }
        var provider = labProvider(.chat)
        provider.baseURL = "http://127.0.0.1:\(port)/v1"
        let clock = FakeClock()
        let client = try HTTPModelClient(provider: provider, environment: [:], timing: clock.timing)
        let failure = await #expect(throws: ModelFailure.self) {
            try await client.respond(to: SampleTools.request()) { _ in }
        }
        #expect(
            failure
                == ModelFailure(.network, message: "cannot reach 127.0.0.1:\(port): Connection refused", attempts: 6))
        #expect(clock.waits == [200, 400, 800, 1_600, 3_200])
        await client.shutdown()
    }

    @Test func `an answer of one JSON document is read as well`() async throws {
        let body: JSONValue = [
            "id": "x", "choices": [["message": ["role": "assistant", "content": "Hello"], "finish_reason": "stop"]],
            "usage": ["prompt_tokens": 3, "completion_tokens": 1],
        ]
        try await ClientFixture.with(.chat, [.text("").after(.status(200, body: body))]) { fixture in
            let response = try await fixture.respond()
            #expect(
                response
                    == ModelResponse(
                        items: [ConversationItem(.assistant("Hello"))],
                        usage: TokenUsage(inputTokens: 3, outputTokens: 1), stop: .completed, responseID: "x"))
        }
    }

    @Test func `a client that was shut down opens again`() async throws {
        try await ClientFixture.with(.chat, [.text("A"), .text("B")]) { fixture in
            _ = try await fixture.respond()
            await fixture.client.shutdown()
            let response = try await fixture.respond()
            #expect(response.items.map(\.content) == [.assistant("B")])
        }
    }
}
