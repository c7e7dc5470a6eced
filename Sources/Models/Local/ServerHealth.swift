import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks a server on loopback whether it serves.
enum ServerHealth {
    /// Whether `GET /health` answers with 200 within two seconds.
    static func isGood(_ address: String) async -> Bool {
        // Not a group of its own: a look-up that failed may still schedule work when its client is gone.
        let group = MultiThreadedEventLoopGroup.singleton
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(2), read: .seconds(2)))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        let response = try? await client.execute(HTTPClientRequest(url: "\(address)/health"), timeout: .seconds(2))
        try? await client.shutdown()
        return response?.status == .ok
    }
}
