import NIOCore
import NIOHTTP1
import Wire

/// One client's connection to a `ScriptedModelServer`. Lives on its channel's event loop.
final class ScriptedConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: ScriptedModelServer
    private let number: Int
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(server: ScriptedModelServer, number: Int) {
        self.server = server
        self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer):
            body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let head else { return }
            write(server.answer(captured(head)), context: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func captured(_ head: HTTPRequestHead) -> CapturedRequest {
        let path = head.uri.prefix { $0 != "?" }
        let dialect: WireDialect? =
            if path.hasSuffix("/responses") {
                .responses
            } else if path.hasSuffix("/chat/completions") {
                .chat
            } else if path.hasSuffix("/messages") {
                .messages
            } else {
                nil
            }
        return CapturedRequest(
            method: head.method.rawValue, path: head.uri, headers: head.headers.map { ($0.name, $0.value) },
            bytes: body, connection: number, dialect: dialect)
    }

    private func write(_ reply: ScriptedReply, context: ChannelHandlerContext) {
        guard !reply.isSilent else { return context.close(promise: nil) }
        var headers = HTTPHeaders(reply.headers)
        headers.add(name: "transfer-encoding", value: "chunked")
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        for piece in reply.pieces {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: nil)
        }
        switch reply.end {
        case .finish:
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .stall:
            context.flush()
        case .closeConnection:
            context.flush()
            context.close(promise: nil)
        }
    }
}
