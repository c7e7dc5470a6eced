import Basics
import Glibc
import TestSupport
import Testing

/// Whole runs of the program with a collector on loopback.
@Suite(.timeLimit(.minutes(2))) struct TelemetryRunTests {
    private static let steps: [ScriptedStep] = [
        ExecFixture.shell("echo hidden-words"), .call("read_file", ["path": "README.md"]), .text("Done."),
    ]

    private static func run(
        _ fixture: ExecFixture, endpoint: String, _ more: [String] = []
    ) async throws -> ProgramRun.Result {
        try await fixture.exec(
            ["-s", "workspace-write", "-c", "otel.endpoint=\(endpoint)"] + more + ["say prompt-words"],
            environment: ["COLLECTOR_KEY": "key-of-the-collector"])
    }

    private static func sent(_ fixture: ExecFixture, to path: String) -> [CapturedRequest] {
        fixture.server.requests.filter { $0.path == path }
    }

    @Test func aRunSendsItsTraceCountsAndRecords() async throws {
        try await ExecFixture.with(Self.steps) { fixture in
            let end = try await Self.run(
                fixture, endpoint: "http://127.0.0.1:\(fixture.server.port)",
                ["-c", "otel.env_headers.x-key=COLLECTOR_KEY", "-c", "otel.headers.x-team=tools"])
            #expect(end.status == 0, "\(end.errorText)")
            let bodies = ["/v1/traces", "/v1/metrics", "/v1/logs"].flatMap { Self.sent(fixture, to: $0) }
            for request in bodies {
                #expect(request.header("x-key") == "key-of-the-collector" && request.header("x-team") == "tools")
                #expect(request.header("content-type") == "application/json")
                let text = String(decoding: request.bytes, as: UTF8.self)
                #expect(!text.contains("prompt-words") && !text.contains("hidden-words"))
            }
            let spans = Self.sent(fixture, to: "/v1/traces").flatMap {
                $0.body["resourceSpans"]?[0]?["scopeSpans"]?[0]?["spans"]?.array ?? []
            }
            #expect(
                spans.compactMap { $0["name"]?.string } == [
                    "chat scripted", "execute_tool exec_command", "chat scripted", "execute_tool read_file",
                    "chat scripted", "invoke_agent lockgate",
                ])
            #expect(Set(spans.compactMap { $0["traceId"]?.string }).count == 1)
            let metrics = Self.sent(fixture, to: "/v1/metrics").last?.body
            let names = metrics?["resourceMetrics"]?[0]?["scopeMetrics"]?[0]?["metrics"]?.array ?? []
            #expect(
                names.compactMap { $0["name"]?.string } == [
                    "gen_ai.client.token.usage", "gen_ai.client.operation.duration", "lockgate.effects",
                ])
            #expect(!Self.sent(fixture, to: "/v1/logs").isEmpty)
            try Self.keep(fixture)
        }
    }

    /// Leaves what was sent where a checker of OTLP finds it, if the environment names a folder for it.
    private static func keep(_ fixture: ExecFixture) throws {
        guard let folder = getenv("LOCKGATE_KEEP_TELEMETRY").map({ String(cString: $0) }) else { return }
        for signal in ["traces", "metrics", "logs"] {
            let lines: [UInt8] = Array(sent(fixture, to: "/v1/\(signal)").map(\.bytes).joined(separator: [0x0A]))
            try PosixFile.replace("\(folder)/\(signal).jsonl", with: lines, mode: 0o644)
        }
    }

    @Test func textsAreSentWhereTheyAreAskedFor() async throws {
        try await ExecFixture.with(Self.steps) { fixture in
            let end = try await Self.run(
                fixture, endpoint: "http://127.0.0.1:\(fixture.server.port)", ["-c", "otel.prompts=true"])
            #expect(end.status == 0, "\(end.errorText)")
            let logs = Self.sent(fixture, to: "/v1/logs").map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
            #expect(logs.contains("prompt-words") && logs.contains("hidden-words"))
            #expect(!logs.contains(ExecFixture.key))
        }
    }

    @Test func countsAddUpInAFileForPrometheus() async throws {
        try await ExecFixture.with(Self.steps + Self.steps) { fixture in
            let file = fixture.home.at("lockgate.prom")
            for _ in 0..<2 {
                let end = try await fixture.exec(
                    ["-s", "workspace-write", "-c", "otel.prometheus_file=\(file)", "say prompt-words"])
                #expect(end.status == 0, "\(end.errorText)")
            }
            let text = String(decoding: try PosixFile.read(file, limit: 1 << 20), as: UTF8.self)
            #expect(text.contains("lockgate_sessions_total 2\n"))
            #expect(
                text.contains(
                    "lockgate_effects_total{lockgate_effect_kind=\"command\",lockgate_verdict_decision=\"allow\"} 2\n"))
            #expect(!text.contains("words") && Self.sent(fixture, to: "/v1/metrics").isEmpty)
            // A folder in its place is told, and harms nothing.
            let odd = try await fixture.exec(["-c", "otel.prometheus_file=\(fixture.home.path)", "go"])
            #expect(odd.errorText.contains("otel.prometheus_file"))
        }
    }

    @Test func aCollectorThatIsNotThereIsOneWarning() async throws {
        try await ExecFixture.with(Self.steps) { fixture in
            // Port 1 is nobody's on loopback.
            let end = try await Self.run(fixture, endpoint: "http://127.0.0.1:1")
            #expect(end.status == 0)
            #expect(end.text == "Done.\n")
            #expect(end.errorText.split(separator: "telemetry is not sent").count == 2)
        }
    }

    @Test func aCollectorThatNeverAnswersDelaysTheEndByNoMoreThanItsLimit() async throws {
        try await ExecFixture.with(Self.steps) { fixture in
            let (descriptor, port) = try Self.silentPort()
            defer { close(descriptor) }
            let start = ContinuousClock.now
            let end = try await Self.run(fixture, endpoint: "http://127.0.0.1:\(port)")
            #expect(end.status == 0 && end.text == "Done.\n")
            #expect(end.errorText.contains("the collector was too slow"))
            // A second and a half is the limit; the rest is for a machine under load.
            #expect(ContinuousClock.now - start < .seconds(15))
        }
    }

    @Test func anInterruptionDoesNotWaitForACollectorThatNeverAnswers() async throws {
        try await ExecFixture.with([ExecFixture.longCommand]) { fixture in
            let (descriptor, port) = try Self.silentPort()
            defer { close(descriptor) }
            let run = try fixture.start(
                "--json", "-s", "workspace-write", "-c", "otel.endpoint=http://127.0.0.1:\(port)", "go")
            try await run.waitForOutput { $0.contains("item.started") }
            let begin = ContinuousClock.now
            run.signal(SIGINT)
            let end = try await run.result()
            #expect(end.status == 130)
            #expect(end.events.last?["error"]?["code"] == "turn.interrupted")
            // A second and a half is the limit; the rest is for a machine under load.
            #expect(ContinuousClock.now - begin < .seconds(15))
        }
    }

    /// A port on loopback where the kernel takes connections and nobody reads them.
    private static func silentPort() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) != 0 || listen(descriptor, 8) != 0
                    || getsockname(descriptor, address, &size) != 0
            }
        }
        guard !failed else { throw TestFailure("no port: errno \(errno)") }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    @Test func aProjectCannotSendASessionAway() async throws {
        try await ExecFixture.with(Self.steps) { fixture in
            try PosixFile.makeDirectory("\(fixture.repository.path)/.lockgate")
            let file = "[otel]\nendpoint = \"http://127.0.0.1:\(fixture.server.port)\"\n"
            try PosixFile.replace(
                "\(fixture.repository.path)/.lockgate/config.toml", with: Array(file.utf8), mode: 0o644)
            _ = try await fixture.exec(["-s", "workspace-write", "go"])
            #expect(Self.sent(fixture, to: "/v1/traces").isEmpty && Self.sent(fixture, to: "/v1/logs").isEmpty)
        }
    }
}
