import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization
package import Wire

/// A provider over HTTP: encodes, sends, retries, decodes.
///
/// One instance serves a session and keeps one connection for all its requests; concurrent requests get connections
/// of their own. One thread of the process serves all of them. Call `shutdown` at the end.
package final class HTTPModelClient: ModelClient {
    private let provider: Provider
    private let profile: @Sendable (String) -> ModelProfile
    private let policy: RetryPolicy
    private let timing: Timing
    private let credentials: Credentials
    private let environment: [String: String]
    private let transport = Mutex<HTTPTransport?>(nil)
    /// Whether a request may meet a connection kept from the one before, which the server may be closing just then.
    private let hasKeptConnection = Atomic(false)

    /// How much of an error's body is read, in bytes.
    private static let errorBodyLimit = 65_536
    /// How long to wait for a body's end after the closing event, and how much of it is read, so that the connection
    /// can be used again.
    private static let drainMilliseconds = 250
    private static let drainLimit = 65_536

    /// - Parameters:
    ///   - profile: The profile of a model by its name; nil for the table's.
    ///   - policy: nil for the provider's number of retries and the usual times.
    ///   - environment: Where the key and the proxy are looked up.
    /// - Throws: `provider.no_key`, `provider.bad_header`, `provider.no_base_url` or `provider.bad_base_url`.
    package init(
        provider: Provider, environment: [String: String],
        profile: (@Sendable (String) -> ModelProfile)? = nil, policy: RetryPolicy? = nil, timing: Timing = .system
    ) throws(LockgateError) {
        _ = try provider.url(path: "")
        self.provider = provider
        self.profile = profile ?? { ModelProfile.known($0, provider: provider.id) }
        self.policy = policy ?? RetryPolicy(maxRetries: provider.requestMaxRetries)
        self.timing = timing
        self.environment = environment
        credentials = try Credentials(provider: provider, environment: environment)
    }

    deinit {
        // AsyncHTTPClient insists on being shut down; this is for owners that forgot.
        guard let left = transport.withLock({ $0 }) else { return }
        Task { await left.shutdown() }
    }

    /// Closes the connections. A later request would open them again.
    package func shutdown() async {
        let open = transport.withLock { transport -> HTTPTransport? in
            defer { transport = nil }
            return transport
        }
        await open?.shutdown()
    }

    package func respond(
        to request: ModelRequest, onEvent: @escaping @Sendable (ModelEvent) -> Void
    ) async throws -> ModelResponse {
        let codec = provider.codec(profile: profile(request.model))
        let encoded = codec.encode(request)
        let url = try provider.url(path: encoded.path)
        let message = message(encoded, url: url)
        let client = try open(url)
        var run = RetryPolicy.Run(policy, now: timing.now())
        var mayBeStale = hasKeptConnection.load(ordering: .relaxed)
        var sent = 0
        while true {
            guard sent + encoded.body.count <= request.byteLimit ?? .max else {
                throw ModelFailure(
                    .byteLimit, message: "the request has \(encoded.body.count) bytes", attempts: run.attempts)
            }
            sent += encoded.body.count
            onEvent(.sending(bytes: encoded.body.count))
            let failed: Failed
            do {
                var response = try await attempt(
                    client, message, decoder: codec.makeDecoder(for: request), onEvent: onEvent)
                response.attempts = run.attempts
                hasKeptConnection.store(true, ordering: .relaxed)
                return response
            } catch let error as Failed {
                failed = error
            }
            try Task.checkCancellation()
            // Not the provider's failure: it ended an idle connection while the request was on its way (RFC 9112, 9.3.1).
            if mayBeStale, failed.isUnanswered {
                mayBeStale = false
                continue
            }
            switch run.next(
                after: failed.failure, streamed: failed.streamed, now: timing.now(), jitter: timing.jitter())
            {
            case .fail(var failure):
                failure.message = credentials.redacted(failure.message)
                throw failure
            case .retry(let delay, let attempt, let of):
                let reason = credentials.redacted(failed.failure.failure.message)
                onEvent(.retrying(attempt: attempt, of: of, delayMilliseconds: delay, reason: reason))
                try await timing.sleep(delay)
            }
        }
    }

    /// Sets up what the first request needs but the connection itself, so that it may be done while something else is.
    ///
    /// What fails here fails again, and is told, with the first request.
    package func prepare() async {
        HTTPRehearsal.begin()
        guard let url = try? provider.url(path: ""), (try? open(url)) != nil else { return }
        await transport.withLock { $0 }?.rehearse()
    }

    private func open(_ url: String) throws(LockgateError) -> HTTPClient {
        let result = transport.withLock { transport -> Result<HTTPClient, LockgateError> in
            if let transport { return .success(transport.client) }
            do throws(LockgateError) {
                let made = try HTTPTransport(
                    url: url, idleMilliseconds: provider.streamIdleTimeoutMilliseconds, environment: environment)
                transport = made
                return .success(made.client)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func message(_ encoded: EncodedRequest, url: String) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: url)
        message.method = .POST
        message.headers.add(name: "content-type", value: "application/json")
        message.headers.add(name: "accept", value: "text/event-stream")
        message.headers.add(name: "user-agent", value: "lockgate")
        for header in encoded.headers + credentials.headers {
            message.headers.replaceOrAdd(name: header.name, value: header.value)
        }
        message.body = .bytes(ByteBuffer(bytes: encoded.body))
        return message
    }

    // MARK: One attempt

    /// An attempt's failure, and whether any of an answer had come.
    private struct Failed: Error {
        var failure: AttemptFailure
        var streamed: Bool
        /// The connection ended without a byte of an answer.
        var isUnanswered: Bool
    }

    /// Sends once and reads to the end.
    ///
    /// The answer counts from its closing event on. The rest of the body is read in the background of that, for a
    /// bounded time, since a connection whose body was not read to its end cannot be used again.
    private func attempt(
        _ client: HTTPClient, _ message: HTTPClientRequest, decoder: any StreamDecoder,
        onEvent: @escaping @Sendable (ModelEvent) -> Void
    ) async throws -> ModelResponse {
        let (closing, signal) = AsyncStream.makeStream(of: ModelResponse.self)
        return try await withThrowingTaskGroup(of: ModelResponse?.self) { group in
            group.addTask {
                defer { signal.finish() }
                return try await self.exchange(client, message, decoder, onEvent) { signal.yield($0) }
            }
            group.addTask {
                for await response in closing {
                    try? await Task.sleep(for: .milliseconds(Self.drainMilliseconds))
                    return response
                }
                return nil
            }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let response = ended { return response }
            }
            throw CancellationError()
        }
    }

    private func exchange(
        _ client: HTTPClient, _ message: HTTPClientRequest, _ decoder: any StreamDecoder,
        _ onEvent: (ModelEvent) -> Void, _ onFinished: (ModelResponse) -> Void
    ) async throws -> ModelResponse {
        var decoder = decoder
        var streamed = false
        var inBody = false
        do {
            let answer = try await client.execute(message, deadline: .distantFuture)
            inBody = true
            guard (200..<300).contains(answer.status.code) else { throw try await refusal(answer) }
            var parser = SSEParser()
            var drained = 0
            var response: ModelResponse?
            func take(_ outputs: [DecoderOutput]) {
                for output in outputs {
                    switch output {
                    case .text(let text): onEvent(.textDelta(text))
                    case .reasoning(let text): onEvent(.reasoningDelta(text))
                    case .finished(let whole):
                        response = whole
                        onFinished(whole)
                    }
                }
            }
            // A gateway that does not stream.
            if answer.headers.first(name: "content-type")?.hasPrefix("application/json") == true {
                let bytes = try await whole(answer.body, limit: SSEParser.Limits().event)
                take(try decoder.receive(SSEEvent(data: bytes)))
                take(try decoder.finish())
                guard let response else { throw AttemptFailure.cut() }
                return response
            }
            var body = answer.body.makeAsyncIterator()
            do {
                while response == nil || drained < Self.drainLimit, let piece = try await body.next() {
                    guard response == nil else {
                        drained += piece.readableBytes
                        continue
                    }
                    for event in try parser.receive(piece.readableBytesView) where response == nil {
                        streamed = true
                        take(try decoder.receive(event))
                    }
                }
            } catch {
                // What happens to the body after the closing event no longer matters.
                guard response != nil else { throw error }
            }
            if response == nil { take(try decoder.finish()) }
            guard let response else { throw AttemptFailure.cut() }
            return response
        } catch {
            // A cancelled task's connection fails in one of several ways.
            if Task.isCancelled { throw CancellationError() }
            throw Failed(
                failure: TransportFailure.classify(
                    error, url: message.url, inBody: inBody, idleMilliseconds: provider.streamIdleTimeoutMilliseconds),
                streamed: streamed, isUnanswered: !inBody && TransportFailure.isClosedConnection(error))
        }
    }

    private func refusal(_ answer: HTTPClientResponse) async throws -> AttemptFailure {
        // The status says more than a body that breaks off.
        let body = (try? await whole(answer.body, limit: Self.errorBodyLimit)) ?? []
        return FailureClassifier.http(
            status: Int(answer.status.code), header: { answer.headers.first(name: $0) }, body: body,
            now: timing.date())
    }

    /// The body up to the limit; what is beyond it is dropped with its connection.
    private func whole(_ body: HTTPClientResponse.Body, limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in body {
            bytes.append(contentsOf: piece.readableBytesView.prefix(limit - bytes.count))
            if bytes.count >= limit { break }
        }
        return bytes
    }
}
