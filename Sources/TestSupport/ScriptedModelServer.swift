package import Basics
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
package import Wire

/// A request as the scripted server received it.
package struct CapturedRequest: Sendable {
    package var method: String
    package var path: String
    package var headers: [(name: String, value: String)]
    package var bytes: [UInt8]
    /// Counts connections from 0; equal numbers mean a kept-alive connection.
    package var connection: Int
    /// The dialect by the path's end; nil for any other path.
    package var dialect: WireDialect?

    /// The body as JSON; null if it is none.
    package var body: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }

    /// The first value of a header, by its name in any case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// A model server on loopback that speaks the three dialects from a script and keeps what it was asked.
///
/// The script advances when a step has been answered in full, so a retried request gets the same step again. After
/// the last step it says "All done.".
package final class ScriptedModelServer: Sendable {
    private struct State {
        var step = 0
        var faultsUsed = 0
        var requests: [CapturedRequest] = []
        var connections = 0
        var open: [Int: any Channel] = [:]
        var waiters: [(met: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let script: @Sendable (CapturedRequest, Int) -> ScriptedStep
    private let state = Mutex(State())
    private let listening = Mutex<(any Channel)?>(nil)

    private init(_ script: @escaping @Sendable (CapturedRequest, Int) -> ScriptedStep) {
        self.script = script
    }

    /// The address for a provider's `base_url`.
    package var baseURL: String { "http://127.0.0.1:\(port)/v1" }

    package var port: Int { listening.withLock { $0?.localAddress?.port ?? 0 } }

    /// All requests so far, in order of arrival.
    package var requests: [CapturedRequest] { state.withLock { $0.requests } }

    /// How many connections were ever opened.
    package var connections: Int { state.withLock { $0.connections } }

    /// Returns when so many requests have arrived.
    package func waitForRequests(_ count: Int) async {
        await wait { $0.requests.count >= count }
    }

    /// Returns when every client has gone.
    package func waitUntilNoConnection() async {
        await wait { $0.open.isEmpty }
    }

    private func wait(_ met: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isMet = state.withLock { state in
                if met(state) { return true }
                state.waiters.append((met, continuation))
                return false
            }
            if isMet { continuation.resume() }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let ready = state.withLock { state in
            body(&state)
            let (waiters, now) = (state.waiters, state)
            state.waiters = waiters.filter { !$0.met(now) }
            return waiters.filter { $0.met(now) }
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    // MARK: Serving

    package static func start(
        _ script: @escaping @Sendable (CapturedRequest, Int) -> ScriptedStep
    ) async throws -> ScriptedModelServer {
        let server = ScriptedModelServer(script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptedConnection(server: server, number: server.opened(channel)))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        server.listening.withLock { $0 = channel }
        return server
    }

    package func stop() async {
        let channel = listening.withLock { $0 }
        try? await channel?.close()
        for channel in state.withLock({ Array($0.open.values) }) { try? await channel.close() }
        await waitUntilNoConnection()
    }

    private func opened(_ channel: any Channel) -> Int {
        var number = 0
        change { state in
            number = state.connections
            state.connections += 1
            state.open[number] = channel
        }
        // Not `channelInactive`: a client may be gone before its channel was ever active.
        channel.closeFuture.whenComplete { [number] _ in self.change { $0.open[number] = nil } }
        return number
    }

    func answer(_ request: CapturedRequest) -> ScriptedReply {
        defer { change { $0.requests.append(request) } }
        // It stands in for a collector of telemetry as well.
        if ["/v1/traces", "/v1/metrics", "/v1/logs"].contains(request.path) { return .json(200, [:]) }
        guard let dialect = request.dialect, request.method == "POST" else {
            return .json(404, ["error": ["message": "no such path", "type": "not_found"]])
        }
        let model = request.body["model"]?.string ?? ""
        let (number, used) = state.withLock { ($0.step, $0.faultsUsed) }
        let step = script(request, number)
        var fault: ScriptedFault?
        if used < step.faults.count {
            fault = step.faults[used]
        } else if case .always? = step.faults.last {
            fault = step.faults.last
        }
        state.withLock { state in
            if fault == nil {
                state.step += 1
                state.faultsUsed = 0
            } else {
                state.faultsUsed += 1
            }
        }
        return ScriptedReply(step, number: number, fault: fault, dialect: dialect, model: model)
    }
}

/// Runs the body with a scripted model that follows the steps.
package func withScriptedModel<Result>(
    _ steps: [ScriptedStep], _ body: (ScriptedModelServer) async throws -> Result
) async throws -> Result {
    try await withScriptedModel(answering: { _, number in
        steps.indices.contains(number) ? steps[number] : .text("All done.")
    }) { try await body($0) }
}

/// Runs the body with a scripted model that decides by the request and the number of the step.
package func withScriptedModel<Result>(
    answering script: @escaping @Sendable (CapturedRequest, Int) -> ScriptedStep,
    _ body: (ScriptedModelServer) async throws -> Result
) async throws -> Result {
    let server = try await ScriptedModelServer.start(script)
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}
