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
        case is NIOSSLExtraError:
            return tls("its certificate is not for this name", url: url)
        case is NIOSSLError, is BoringSSLError:
            let detail = "\(error)"
            if detail.contains("CERTIFICATE_VERIFY_FAILED") { return tls("its certificate is not trusted", url: url) }
            return passing(reason: tlsReason(detail), url: url, inBody: inBody)
        default:
            return passing(reason: reason(error), url: url, inBody: inBody)
        }
    }

    /// Whether the other side closed the connection.
    static func isClosedConnection(_ error: any Error) -> Bool {
        switch error {
        case let error as IOError: error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
        case let http as HTTPClientError: http == .remoteConnectionClosed
        default: false
        }
    }

    /// A failure that may be over the next time.
    private static func passing(reason: String, url: String, inBody: Bool) -> AttemptFailure {
        if inBody {
            return .cut(FailureClassifier.cleaned("the connection was lost before the answer was complete: \(reason)"))
        }
        let message = FailureClassifier.cleaned("cannot reach \(host(url)): \(reason)")
        return AttemptFailure(ModelFailure(.network, message: message), retry: .backoff)
    }

    /// A certificate that will be the same the next time.
    private static func tls(_ reason: String, url: String) -> AttemptFailure {
        let message = "\(host(url)) cannot be trusted: \(reason); SSL_CERT_FILE may name the authority's certificate"
        return AttemptFailure(ModelFailure(.network, message: message), retry: .never)
    }

    /// The name of a TLS error within its long description, which is full of the library's source paths.
    static func tlsReason(_ detail: String) -> String {
        guard let mark = detail.firstRange(of: "OPENSSL_internal:") else { return "TLS failed" }
        let name = detail[mark.upperBound...].prefix { $0.isLetter || $0 == "_" || $0.isNumber }
        return "TLS failed (\(name.lowercased().replacing("_", with: " ")))"
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
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError: connection(error)
        case let http as HTTPClientError where http == .remoteConnectionClosed: "the server closed the connection"
        case let http as HTTPClientError where http == .connectTimeout: "no connection in time"
        default: "\(error)"
        }
    }

    private static func connection(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first { return reason(first.error) }
        if error.dnsAError != nil || error.dnsAAAAError != nil { return "the name \(error.host) is not known" }
        return "\(error)"
    }
}
