import Testing
import Wire

@testable import Models

@Suite struct RetryPolicyTests {
    private static func failure(_ retry: AttemptFailure.Retry) -> AttemptFailure {
        AttemptFailure(ModelFailure(.server, status: 500, message: "down"), retry: retry)
    }

    private static func delays(
        _ retry: AttemptFailure.Retry, policy: RetryPolicy = RetryPolicy(), attemptTakes: Int = 0,
        streamed: Bool = false, jitter: Double = 0
    ) -> (delays: [Int], failure: ModelFailure?) {
        var now = 1_000
        var run = RetryPolicy.Run(policy, now: now)
        var delays: [Int] = []
        while delays.count < 100 {
            now += attemptTakes
            switch run.next(after: failure(retry), streamed: streamed, now: now, jitter: jitter) {
            case .retry(let delay, _, _):
                delays.append(delay)
                now += delay
            case .fail(let failure):
                return (delays, failure)
            }
        }
        return (delays, nil)
    }

    @Test func `what is the request's own fault is tried once`() {
        let (delays, failure) = Self.delays(.never)
        #expect(delays == [])
        #expect(failure?.attempts == 1)
    }

    @Test func `backs off doubling, five times`() {
        let (delays, failure) = Self.delays(.backoff)
        #expect(delays == [200, 400, 800, 1_600, 3_200])
        #expect(failure?.attempts == 6)
    }

    @Test func `jitter adds up to a half`() {
        #expect(Self.delays(.backoff, jitter: 0.999).delays == [299, 599, 1_199, 2_399, 4_798])
    }

    @Test func `no delay of its own is longer than the longest`() {
        let policy = RetryPolicy(maxRetries: 8, maxDelayMilliseconds: 1_000)
        #expect(Self.delays(.backoff, policy: policy).delays == [200, 400, 800, 1_000, 1_000, 1_000, 1_000, 1_000])
    }

    @Test func `waits as long as the provider asks`() {
        #expect(Self.delays(.after(milliseconds: 1_000)).delays == [1_000, 1_000, 1_000, 1_000, 1_000])
        #expect(Self.delays(.after(milliseconds: 0)).delays.first == 200)
    }

    @Test func `a wait beyond the cap fails at once and says when to come back`() {
        let (delays, failure) = Self.delays(.after(milliseconds: 3_600_000))
        #expect(delays == [])
        #expect(failure?.message == "down (the provider asks to come back in 60 min)")
        #expect(Self.delays(.after(milliseconds: 121_000)).failure?.message.hasSuffix("in 3 min)") == true)
        #expect(Self.delays(.after(milliseconds: 36_000_000)).failure?.message.hasSuffix("in 10 h 0 min)") == true)
    }

    @Test func `attempts and waits share one span of time`() {
        #expect(Self.delays(.backoff, attemptTakes: 60_000).delays == [200])
        #expect(Self.delays(.after(milliseconds: 50_000)).delays == [50_000, 50_000])
    }

    @Test func `time in which an answer arrived does not count`() {
        #expect(Self.delays(.backoff, attemptTakes: 600_000, streamed: true).delays.count == 5)
    }

    @Test func `numbers the attempts`() {
        var run = RetryPolicy.Run(RetryPolicy(maxRetries: 1), now: 0)
        #expect(
            run.next(after: Self.failure(.backoff), streamed: false, now: 0, jitter: 0)
                == .retry(afterMilliseconds: 200, attempt: 2, of: 2))
        #expect(run.attempts == 2)
    }
}

@Suite struct FailureClassifierTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var status: Int
        var body = ""
        var headers: [String: String] = [:]
        var kind: ModelFailure.Kind
        var retry: AttemptFailure.Retry
        var testDescription: String { "\(status) \(headers) \(body)" }
    }

    static let cases = [
        Case(
            status: 400, body: #"{"error":{"type":"invalid_request_error","message":"no"}}"#, kind: .badRequest,
            retry: .never),
        Case(status: 401, kind: .unauthorized, retry: .never),
        Case(status: 402, kind: .usageLimit, retry: .never),
        Case(status: 403, kind: .forbidden, retry: .never),
        Case(status: 404, kind: .notFound, retry: .never),
        Case(status: 408, kind: .server, retry: .backoff),
        Case(status: 409, kind: .server, retry: .backoff),
        Case(status: 413, kind: .contextWindowExceeded, retry: .never),
        Case(status: 422, kind: .badRequest, retry: .never),
        Case(status: 307, headers: ["location": "https://elsewhere/"], kind: .badRequest, retry: .never),
        Case(status: 429, kind: .rateLimited, retry: .backoff),
        Case(status: 429, headers: ["retry-after": "2"], kind: .rateLimited, retry: .after(milliseconds: 2_000)),
        Case(status: 429, headers: ["retry-after": "1.5"], kind: .rateLimited, retry: .after(milliseconds: 1_500)),
        Case(
            status: 429, headers: ["retry-after": "2", "retry-after-ms": "350"], kind: .rateLimited,
            retry: .after(milliseconds: 350)),
        Case(
            status: 429, headers: ["retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"], kind: .rateLimited,
            retry: .after(milliseconds: 7_000)),
        Case(
            status: 429, headers: ["retry-after": "Sun, 06 Nov 1994 08:49:00 GMT"], kind: .rateLimited,
            retry: .after(milliseconds: 0)),
        Case(status: 429, headers: ["retry-after": "soon"], kind: .rateLimited, retry: .backoff),
        Case(status: 429, headers: ["retry-after": "-1"], kind: .rateLimited, retry: .backoff),
        Case(
            status: 429, headers: ["retry-after": "1e300"], kind: .rateLimited,
            retry: .after(milliseconds: 31_536_000_000)),
        Case(
            status: 429, body: #"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}"#,
            kind: .usageLimit, retry: .never),
        Case(
            status: 429,
            body:
                #"[{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"34s"}]}}]"#,
            kind: .rateLimited, retry: .after(milliseconds: 34_000)),
        Case(
            status: 400, body: #"{"error":{"code":"context_length_exceeded","message":"too long"}}"#,
            kind: .contextWindowExceeded, retry: .never),
        Case(
            status: 400,
            body:
                #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            kind: .contextWindowExceeded, retry: .never),
        Case(
            status: 400, body: #"{"error":{"code":400,"type":"exceed_context_size_error","message":"no room"}}"#,
            kind: .contextWindowExceeded, retry: .never),
        Case(
            status: 400, body: #"{"type":"error","error":{"message":"Your credit balance is too low"}}"#,
            kind: .usageLimit, retry: .never),
        Case(status: 500, kind: .server, retry: .backoff),
        Case(status: 503, headers: ["retry-after": "3"], kind: .server, retry: .after(milliseconds: 3_000)),
        Case(status: 529, kind: .server, retry: .backoff),
    ]

    @Test(arguments: cases) func `judges an HTTP answer`(_ example: Case) {
        let failure = FailureClassifier.http(
            status: example.status, header: { example.headers[$0] }, body: Array(example.body.utf8), now: 784_111_770)
        #expect(failure.failure.kind == example.kind)
        #expect(failure.failure.status == example.status)
        #expect(failure.retry == example.retry)
    }

    @Test(arguments: [
        (#"{"error":{"message":"plain"}}"#, "plain"), (#"{"error":"text"}"#, "text"), (#"{"detail":"d"}"#, "d"),
        (#"{"message":"m"}"#, "m"), ("<html>gone</html>", "<html>gone</html>"), ("", "HTTP 400"),
        (
            #"{"error":{"message":"Provider returned error","metadata":{"raw":"real"}}}"#,
            "Provider returned error: real"
        ),
        ("{\"error\":{\"message\":\"a\\u001b[31mb\"}}", "a [31mb"),
    ])
    func `keeps the provider's own words, without control characters`(_ body: String, _ message: String) {
        let failure = FailureClassifier.http(status: 400, header: { _ in nil }, body: Array(body.utf8), now: 0)
        #expect(failure.failure.message == message)
    }

    @Test func `cuts a long message`() {
        let body = Array(String(repeating: "x", count: 100_000).utf8)
        let failure = FailureClassifier.http(status: 500, header: { _ in nil }, body: body, now: 0)
        #expect(failure.failure.message.count == 2_000)
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000), ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
    ])
    func `reads HTTP dates`(_ text: String, _ seconds: Int) {
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "x", "Sun, 06 Nov 1994 08:49:37", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
    ])
    func `takes nothing else for a date`(_ text: String) {
        #expect(HTTPDate.seconds(text) == nil)
    }
}
