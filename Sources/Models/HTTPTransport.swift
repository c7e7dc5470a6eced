import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Wire

/// One HTTP/1.1 client on one event loop thread, for one provider.
///
/// Redirects are not followed, so that a key goes to no other host; nothing is looked up but the provider's (or the
/// proxy's) own name; connections are kept for ten minutes, which outlasts any tool call in between.
final class HTTPTransport: Sendable {
    let client: HTTPClient
    private let group: MultiThreadedEventLoopGroup
    /// What a rehearsal asks for; nil where even that would go by a proxy.
    private let rehearsal: String?

    /// - Throws: `network.bad_proxy` or `network.bad_certificates`.
    init(url: String, idleMilliseconds: Int, environment: [String: String]) throws(LockgateError) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: .milliseconds(Int64(idleMilliseconds))),
            connectionPool: .init(idleTimeout: .minutes(10)))
        configuration.httpVersion = .http1Only
        // Our own policy retries, counts and tells; a second one below it would hide failures for ten seconds.
        configuration.connectionPool.retryConnectionEstablishment = false
        let isSecure = HTTPAddress(url)?.isSecure == true
        var rehearsal: String? = "\(isSecure ? "https" : "http")+unix://%2Fdev%2Fnull/"
        if let proxy = try ProxySettings.proxy(for: url, environment: environment) {
            configuration.proxy = .server(
                host: proxy.host, port: proxy.port,
                authorization: proxy.user.map { .basic(username: $0, password: proxy.password ?? "") })
            rehearsal = nil
        }
        if isSecure { configuration.tlsConfiguration = try Self.tls(environment) }
        self.rehearsal = rehearsal
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// Sends a request to a socket that is none, so that it fails before anything is sent.
    ///
    /// The first request of a process spends several milliseconds on types that are made at their first use and on pages
    /// of code that were never read; for an encrypted connection the certificates are read too. This spends most of them
    /// while the session is prepared, on another core. It reaches no host, and looks nothing up.
    func rehearse() async {
        guard let rehearsal else { return }
        var request = HTTPClientRequest(url: rehearsal)
        request.method = .POST
        request.body = .bytes(ByteBuffer(string: "{}"))
        _ = try? await client.execute(request, deadline: .now() + .seconds(1))
    }

    /// The system's certificates, or those in the file that `SSL_CERT_FILE` names.
    private static func tls(_ environment: [String: String]) throws(LockgateError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        guard let file = environment["SSL_CERT_FILE"], !file.isEmpty else { return tls }
        do {
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
        } catch {
            throw LockgateError(
                "network.bad_certificates", "SSL_CERT_FILE names a file that cannot be read as certificates: \(file)",
                remedy: "set it to a PEM file, or unset it")
        }
        return tls
    }

    /// Closes the connections and ends the thread.
    func shutdown() async {
        try? await client.shutdown()
        try? await group.shutdownGracefully()
    }
}
