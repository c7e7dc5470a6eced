import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// What a scripted file server answers to one request.
package struct FileAnswer: Sendable, Hashable {
    package var status: Int
    package var headers: [String: String]
    package var body: [UInt8]
    /// The length that the head promises; more than the body means a connection that is cut.
    package var promised: Int

    package init(status: Int, headers: [String: String] = [:], body: [UInt8] = [], promised: Int? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.promised = promised ?? body.count
    }

    /// The file from the byte that the request's range starts at, as a server that knows ranges answers.
    ///
    /// - Parameter upTo: how many bytes of it come before the connection is cut; nil for all.
    package static func file(_ bytes: [UInt8], range: String?, upTo: Int? = nil) -> FileAnswer {
        let start = range.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0 != "-" }) }
        let rest = Array(bytes[min(start ?? 0, bytes.count)...])
        var answer = FileAnswer(status: 200, body: Array(rest.prefix(upTo ?? rest.count)), promised: rest.count)
        if let start {
            answer.status = 206
            answer.headers["content-range"] = "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"
        }
        return answer
    }
}

/// A file server on loopback that answers by a function and keeps the ranges it was asked for.
package final class ScriptedFileServer: Sendable {
    /// Decides by the request's `Range` header and its number, from 0.
    package typealias Script = @Sendable (_ range: String?, _ number: Int) -> FileAnswer

    private let script: Script
    private let state = Mutex<(ranges: [String?], channel: (any Channel)?)>(([], nil))

    private init(_ script: @escaping Script) {
        self.script = script
    }

    /// The `Range` header of each request so far; nil where there was none.
    package var ranges: [String?] { state.withLock { $0.ranges } }

    package var url: String { "http://127.0.0.1:\(state.withLock { $0.channel?.localAddress?.port ?? 0 })/model.gguf" }

    /// Runs the body with a server that is stopped afterwards.
    package static func with<T>(
        _ script: @escaping Script, _ body: (ScriptedFileServer) async throws -> T
    ) async throws -> T {
        let server = ScriptedFileServer(script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FileConnection(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        server.state.withLock { $0.channel = channel }
        let result: Result<T, any Error>
        do {
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        try? await channel.close()
        return try result.get()
    }

    fileprivate func answer(range: String?) -> FileAnswer {
        let number = state.withLock { state in
            state.ranges.append(range)
            return state.ranges.count - 1
        }
        return script(range, number)
    }
}

/// One client's connection; lives on its channel's event loop.
private final class FileConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: ScriptedFileServer
    private var range: String?

    init(_ server: ScriptedFileServer) {
        self.server = server
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): range = head.headers.first(name: "range")
        case .body: break
        case .end: write(server.answer(range: range), context: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func write(_ answer: FileAnswer, context: ChannelHandlerContext) {
        var headers = HTTPHeaders(answer.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        headers.add(name: "content-length", value: "\(answer.promised)")
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        if answer.promised == answer.body.count {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        } else {
            context.flush()
            context.close(promise: nil)
        }
    }
}
