package import Basics

/// One side of a JSON-RPC connection: calls that wait for their answers, in whatever order these come.
package actor JSONRPCPeer {
    /// Why a call has no answer.
    package enum Failure: Error, Sendable, Hashable {
        /// The connection ended; with why.
        case closed(String)
        case timedOut(Duration)
    }

    /// What is done with what comes in besides answers. Requests are answered with what it returns.
    package struct Handler: Sendable {
        package var request:
            @Sendable (_ method: String, _ parameters: JSONObject) async throws(RemoteError) -> JSONValue
        package var notification: @Sendable (_ method: String, _ parameters: JSONObject) async -> Void

        package init(
            request: @escaping @Sendable (String, JSONObject) async throws(RemoteError) -> JSONValue,
            notification: @escaping @Sendable (String, JSONObject) async -> Void
        ) {
            self.request = request
            self.notification = notification
        }
    }

    private let handler: Handler
    /// Writes one line. Must not wait for the other side to read for ever.
    private let send: @Sendable ([UInt8]) throws -> Void
    private var state = PeerState()
    private var framing: LineFraming
    private var waiting: [RequestID: CheckedContinuation<JSONValue, any Error>] = [:]
    private var requests: [RequestID: Task<Void, Never>] = [:]
    /// The last notification that is handled, after all before it.
    private var notifications: Task<Void, Never>?
    private var end: String?
    /// Lines that were no messages, for whoever explains what went wrong; the last few.
    package private(set) var ignored: [String] = []
    private static let keptIgnored = 8

    /// - Parameter lineLimit: bytes of one message.
    package init(lineLimit: Int, handler: Handler, send: @escaping @Sendable ([UInt8]) throws -> Void) {
        framing = LineFraming(limit: lineLimit)
        self.handler = handler
        self.send = send
    }

    package var isClosed: Bool { end != nil }

    /// Sends a request and waits for its answer.
    ///
    /// Where the task is cancelled or the time is over the request is given up, and `withdraw` makes the notification that
    /// says so to the other side.
    /// - Throws: `RemoteError`, `Failure`, `CancellationError`.
    package func call(
        _ method: String, _ parameters: JSONObject = [:], within limit: Duration,
        withdraw: (@Sendable (RequestID) -> JSONRPCMessage)? = nil
    ) async throws -> JSONValue {
        try Task.checkCancellation()
        if let end { throw Failure.closed(end) }
        let (id, message) = state.request(method, parameters)
        let timer = Task { [weak self] in
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            await self?.giveUp(id, Failure.timedOut(limit), withdraw)
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting[id] = continuation
                if Task.isCancelled { return giveUp(id, CancellationError(), nil) }
                write(message)
            }
        } onCancel: {
            Task { await self.giveUp(id, CancellationError(), withdraw) }
        }
    }

    package func notify(_ method: String, _ parameters: JSONObject = [:]) {
        write(.notification(method: method, parameters: parameters))
    }

    /// Takes bytes of the other side as they come. What cannot be cut into lines ends the connection.
    package func receive(_ bytes: [UInt8]) {
        guard end == nil else { return }
        do throws(LineFraming.Oversized) {
            for line in try framing.take(bytes) { take(line) }
        } catch {
            close("a message has more than \(error.limit) bytes")
        }
    }

    /// Ends the connection: whoever waits is told, and requests of the other side are dropped.
    package func close(_ reason: String) {
        guard end == nil else { return }
        end = reason
        for id in state.close() { waiting.removeValue(forKey: id)?.resume(throwing: Failure.closed(reason)) }
        for task in requests.values { task.cancel() }
        requests = [:]
    }

    /// Drops a request of the other side that it withdrew; it gets no answer.
    package func withdraw(_ id: RequestID) {
        guard state.withdraw(id) else { return }
        requests.removeValue(forKey: id)?.cancel()
    }

    private func take(_ line: [UInt8]) {
        let (event, reply) = state.receive(line)
        if let reply { write(reply) }
        switch event {
        case .answered(let id, let result):
            waiting.removeValue(forKey: id)?.resume(with: result.mapError { $0 as any Error })
        case .asked(let id, let method, let parameters):
            requests[id] = Task { [handler] in
                let result: Result<JSONValue, RemoteError>
                do throws(RemoteError) {
                    result = .success(try await handler.request(method, parameters))
                } catch {
                    result = .failure(error)
                }
                self.answer(id, result)
            }
        case .notified(let method, let parameters):
            // In their order among themselves: one after the other.
            let previous = notifications
            notifications = Task { [handler] in
                await previous?.value
                await handler.notification(method, parameters)
            }
        case .ignored(let reason):
            ignored.append(reason)
            if ignored.count > Self.keptIgnored { ignored.removeFirst() }
        }
    }
    private func answer(_ id: RequestID, _ result: Result<JSONValue, RemoteError>) {
        requests[id] = nil
        if let message = state.answer(id, result) { write(message) }
    }

    private func giveUp(
        _ id: RequestID, _ error: any Error, _ withdraw: (@Sendable (RequestID) -> JSONRPCMessage)?
    ) {
        guard state.abandon(id) else { return }
        waiting.removeValue(forKey: id)?.resume(throwing: error)
        if let withdraw { write(withdraw(id)) }
    }

    private func write(_ message: JSONRPCMessage) {
        guard end == nil else { return }
        do {
            try send(message.json.bytes + [0x0A])
        } catch {
            close("nothing can be sent any more: \(error)")
        }
    }
}
