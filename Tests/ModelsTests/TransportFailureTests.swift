import AsyncHTTPClient
import Testing
import Wire

@testable import Models

@Suite struct TransportFailureTests {
    @Test(arguments: [
        (HTTPClientError.readTimeout, false, ModelFailure.Kind.idleTimeout, AttemptFailure.Retry.backoff),
        (.connectTimeout, false, .network, .backoff),
        (.remoteConnectionClosed, false, .network, .backoff),
        (.remoteConnectionClosed, true, .streamCut, .backoff),
        (.invalidURL, false, .badRequest, .never),
        (.proxyAuthenticationRequired, false, .network, .never),
    ])
    func `judges what the transport throws`(
        _ error: HTTPClientError, _ inBody: Bool, _ kind: ModelFailure.Kind, _ retry: AttemptFailure.Retry
    ) {
        let failure = TransportFailure.classify(error, url: "http://h:1/v1", inBody: inBody, idleMilliseconds: 5)
        #expect(failure.failure.kind == kind)
        #expect(failure.retry == retry)
    }

    @Test func `a stream beyond its bounds is not asked for again`() {
        let failure = TransportFailure.classify(
            SSEParser.Overflow.event(limit: 9), url: "http://h", inBody: true, idleMilliseconds: 5)
        #expect(
            failure
                == AttemptFailure(
                    ModelFailure(.malformed, message: "an event of the stream is larger than 9 bytes"), retry: .never))
    }

    @Test(arguments: [
        ("x error:1 OPENSSL_internal:WRONG_VERSION_NUMBER at /src/a.cc:3])", "TLS failed (wrong version number)"),
        ("uncleanShutdown", "TLS failed"),
    ])
    func `a TLS error is told without the library's source paths`(_ detail: String, _ text: String) {
        #expect(TransportFailure.tlsReason(detail) == text)
    }
}
