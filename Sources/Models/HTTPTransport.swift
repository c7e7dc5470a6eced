import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Wire

/// One HTTP/1.1 client for one provider.
///
/// Redirects are not followed, so that a key goes to no other host; nothing is looked up but the provider's (or the
/// proxy's) own name; connections are kept for ten minutes, which outlasts any tool call in between.
final class HTTPTransport: Sendable {
    let client: HTTPClient
    /// Over TLS only, since the process's own rehearsal leaves that out; and not where even this would go to a proxy.
    private let isRehearsed: Bool

    /// The event loop of all clients of this process: one thread, which ends with it.
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

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
        if let proxy = try ProxySettings.proxy(for: url, environment: environment) {
            configuration.proxy = .server(
                host: proxy.host, port: proxy.port,
                authorization: proxy.user.map { .basic(username: $0, password: proxy.password ?? "") })
        }
        isRehearsed = isSecure && configuration.proxy == nil
        if isSecure { configuration.tlsConfiguration = try Self.tls(environment) }
        client = HTTPClient(eventLoopGroupProvider: .shared(Self.group), configuration: configuration)
    }

    /// Spends what the first request over TLS would wait for.
    func rehearse() async {
        if isRehearsed { await HTTPRehearsal.run(client, isSecure: true) }
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

    /// Closes the connections.
    func shutdown() async { try? await client.shutdown() }
}
