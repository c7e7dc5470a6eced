import AsyncHTTPClient
import Basics
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Wire

/// The model's file from its publisher over HTTP, continued where an earlier try stopped.
///
/// On a machine without internet it fails within seconds, so that the other source gets its turn.
struct PublisherDownload {
    let model: LocalModel
    let partial: String
    let environment: [String: String]

    private static let connectSeconds: Int64 = 5
    private static let silenceSeconds: Int64 = 30

    /// Loads until `partial` has the model's size. Content is not checked here.
    ///
    /// A lost connection is opened again as long as each one brought at least a byte.
    /// - Throws: `local.download`, or `CancellationError`.
    func run(progress: @escaping @Sendable (LocalModelProgress) -> Void) async throws {
        // Not a group of its own: a look-up that failed may still schedule work when its client is gone.
        let group = MultiThreadedEventLoopGroup.singleton
        let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: try configuration())
        let result: Result<Void, any Error>
        do {
            try await load(client, progress)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try? await client.shutdown()
        try result.get()
    }

    private func configuration() throws(LockgateError) -> HTTPClient.Configuration {
        // The answer is checked by its SHA-256, so it may come from wherever the publisher sends us.
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .follow(max: 5, allowCycles: false),
            timeout: .init(connect: .seconds(Self.connectSeconds), read: .seconds(Self.silenceSeconds)))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        if let proxy = try ProxySettings.proxy(for: model.publisherURL, environment: environment) {
            configuration.proxy = .server(
                host: proxy.host, port: proxy.port,
                authorization: proxy.user.map { .basic(username: $0, password: proxy.password ?? "") })
        }
        return configuration
    }

    private func load(_ client: HTTPClient, _ progress: @Sendable (LocalModelProgress) -> Void) async throws {
        while true {
            let before = size
            guard before < model.size else { return }
            do {
                try await attempt(client, from: before, progress)
                if size == model.size { return }
                throw failed("the connection ended \(model.size - size) bytes too early")
            } catch {
                try Task.checkCancellation()
                guard size > before else { throw error as? LockgateError ?? failed(TransportFailure.reason(error)) }
            }
        }
    }

    private func attempt(
        _ client: HTTPClient, from start: Int64, _ progress: @Sendable (LocalModelProgress) -> Void
    ) async throws {
        var request = HTTPClientRequest(url: model.publisherURL)
        request.headers.add(name: "user-agent", value: "lockgate")
        request.headers.add(name: "accept-encoding", value: "identity")
        if start > 0 { request.headers.add(name: "range", value: "bytes=\(start)-") }
        let response = try await client.execute(request, deadline: .distantFuture)
        var offset = start
        switch response.status {
        case .partialContent where Self.start(of: response.headers.first(name: "content-range")) == start: break
        case .ok: offset = 0
        default: throw failed("the server answered with HTTP \(response.status.code)")
        }
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", partial, errno: errno) }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(offset)) == 0, lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset)
        else {
            throw SystemError("write", partial, errno: errno)
        }
        for try await piece in response.body {
            offset += Int64(piece.readableBytes)
            guard offset <= model.size else {
                ftruncate(descriptor, 0)
                throw failed("the server sent more than the \(model.size) bytes of the model")
            }
            try PosixFile.writeAll(descriptor, Array(piece.readableBytesView))
            progress(.received(offset, of: model.size))
        }
    }

    /// The first byte that a `Content-Range: bytes 100-199/200` speaks of.
    static func start(of header: String?) -> Int64? {
        guard let header, header.hasPrefix("bytes ") else { return nil }
        return Int64(header.dropFirst("bytes ".count).prefix { $0 != "-" })
    }

    /// Bytes here so far; more than the model has are none.
    private var size: Int64 {
        var status = stat()
        guard stat(partial, &status) == 0, status.st_size <= model.size else { return 0 }
        return Int64(status.st_size)
    }

    private func failed(_ reason: String) -> LockgateError {
        LockgateError(
            "local.download",
            "cannot load \(model.file) from \(HTTPAddress(model.publisherURL)?.host ?? "?"): \(reason)",
            remedy: "try again; what has come is kept")
    }
}
