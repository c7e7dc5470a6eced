import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks a server on loopback whether it serves.
enum ServerHealth {
    /// Whether `GET /health` answers with 200 within two seconds.
    static func isGood(_ address: String) async -> Bool {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(2), read: .seconds(2)))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        let response = try? await client.execute(HTTPClientRequest(url: "\(address)/health"), timeout: .seconds(2))
        try? await client.shutdown()
        try? await group.shutdownGracefully()
        return response?.status == .ok
    }
}
