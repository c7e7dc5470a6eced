import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import Wire

/// Sends JSON to one server that is no model's, such as a collector of telemetry: each body with a deadline.
///
/// It takes the same way as requests to models: no redirects, the system's certificates or those of `SSL_CERT_FILE`, the
/// proxy of the environment for what is not on this machine.
package final class JSONPost: Sendable {
    private let url: String
    private let headers: HTTPHeaders
    private let transport: HTTPTransport
    private let timeoutMilliseconds: Int

    /// How much of an answer is read, so that its connection can be used again, in bytes.
    private static let answerLimit = 65_536

    /// - Parameters:
    ///   - url: what each path is added to.
    ///   - timeoutMilliseconds: for one body and its answer, connecting included.
    ///   - environment: where the proxy and the certificates are looked up.
    /// - Throws: `telemetry.bad_header`, `network.bad_proxy` or `network.bad_certificates`.
    package init(
        url: String, headers: [String: String], timeoutMilliseconds: Int, environment: [String: String]
    ) throws(LockgateError) {
        var fields = HTTPHeaders([("content-type", "application/json"), ("user-agent", "lockgate")])
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            guard Credentials.isHeaderName(name), Credentials.isHeaderValue(value) else {
                throw LockgateError(
                    "telemetry.bad_header", "the header `\(name)` of otel.headers cannot be sent",
                    remedy: "take line breaks and control characters out of it")
            }
            fields.replaceOrAdd(name: name, value: value)
        }
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.headers = fields
        self.timeoutMilliseconds = timeoutMilliseconds
        transport = try HTTPTransport(url: url, idleMilliseconds: timeoutMilliseconds, environment: environment)
    }

    package struct Answer: Sendable, Hashable {
        package let status: Int
        /// How many seconds the server asks to wait before the next try; nil where it says nothing, or a date.
        package let retryAfterSeconds: Int?
    }

    /// Sends a body.
    ///
    /// - Throws: what kept the answer from coming, with words for people as its description.
    package func send(_ body: [UInt8], to path: String) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers = headers
        request.body = .bytes(ByteBuffer(bytes: body))
        let answer = try await transport.client.execute(
            request, deadline: .now() + .milliseconds(Int64(timeoutMilliseconds)))
        var read = 0
        for try await piece in answer.body {
            read += piece.readableBytes
            if read > Self.answerLimit { break }
        }
        return Answer(
            status: Int(answer.status.code),
            retryAfterSeconds: answer.headers.first(name: "retry-after").flatMap { Int($0) })
    }

    /// Closes the connections and ends the thread; what is under way fails.
    package func shutdown() async { await transport.shutdown() }
}
