import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A request to a socket that is none, so that it fails before anything is sent.
///
/// The first request of a process spends several milliseconds on types that are made at their first use and on pages of
/// code that were never read; for an encrypted connection the certificates are read too. A rehearsal spends most of them
/// while the session is prepared, on another core. It reaches no host, and looks nothing up.
package enum HTTPRehearsal {
    private static let hasBegun = Atomic(false)

    /// Begins one in the background, once in a process.
    package static func begin() {
        guard !hasBegun.exchange(true, ordering: .relaxed) else { return }
        Task.detached {
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            configuration.httpVersion = .http1Only
            configuration.connectionPool.retryConnectionEstablishment = false
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(HTTPTransport.group), configuration: configuration)
            await run(client, isSecure: false)
            try? await client.shutdown()
        }
    }

    static func run(_ client: HTTPClient, isSecure: Bool) async {
        var request = HTTPClientRequest(url: "\(isSecure ? "https" : "http")+unix://%2Fdev%2Fnull/")
        request.method = .POST
        request.body = .bytes(ByteBuffer(string: "{}"))
        _ = try? await client.execute(request, deadline: .now() + .seconds(1))
    }
}
