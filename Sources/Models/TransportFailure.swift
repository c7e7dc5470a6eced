import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Wire

/// Makes an attempt's failure of what AsyncHTTPClient and NIO throw.
enum TransportFailure {
    /// - Parameter inBody: Whether the answer's head had come, so that it is the stream that was cut.
    static func classify(_ error: any Error, url: String, inBody: Bool, idleMilliseconds: Int) -> AttemptFailure {
        switch error {
        case let failure as AttemptFailure:
            return failure
        case let overflow as SSEParser.Overflow:
            return AttemptFailure(ModelFailure(.malformed, message: text(overflow)), retry: .never)
        case let http as HTTPClientError where http == .readTimeout:
            let seconds = "\(Double(idleMilliseconds) / 1_000) s"
            return AttemptFailure(ModelFailure(.idleTimeout, message: "no byte came for \(seconds)"), retry: .backoff)
        case let http as HTTPClientError where [.invalidURL, .emptyHost, .alreadyShutdown].contains(http):
            return AttemptFailure(ModelFailure(.badRequest, message: "\(error)"), retry: .never)
        case let http as HTTPClientError where [.proxyAuthenticationRequired, .invalidProxyResponse].contains(http):
            return AttemptFailure(ModelFailure(.network, message: "the proxy refused: \(error)"), retry: .never)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            // The certificate will be the same the next time.
            let message =
                "the TLS connection to \(host(url)) failed: \(error); SSL_CERT_FILE names further certificates"
            return AttemptFailure(ModelFailure(.network, message: FailureClassifier.cleaned(message)), retry: .never)
        default:
            if inBody { return .cut("the connection was lost before the answer was complete (\(reason(error)))") }
            let message = "cannot reach \(host(url)): \(reason(error))"
            return AttemptFailure(ModelFailure(.network, message: FailureClassifier.cleaned(message)), retry: .backoff)
        }
    }

    private static func host(_ url: String) -> String {
        HTTPAddress(url).map { "\($0.host):\($0.port)" } ?? "the provider"
    }

    private static func text(_ overflow: SSEParser.Overflow) -> String {
        switch overflow {
        case .event(let limit): "an event of the stream is larger than \(limit) bytes"
        case .total(let limit): "the stream is longer than \(limit) bytes"
        }
    }

    /// In the system's words where it has some.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError: connection(error)
        case let http as HTTPClientError where http == .remoteConnectionClosed: "the server closed the connection"
        case let http as HTTPClientError where http == .connectTimeout: "no connection within 10 s"
        default: "\(error)"
        }
    }

    private static func connection(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first { return reason(first.error) }
        if error.dnsAError != nil || error.dnsAAAAError != nil { return "the name \(error.host) is not known" }
        return "\(error)"
    }
}
