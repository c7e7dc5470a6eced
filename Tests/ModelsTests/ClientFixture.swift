import Basics
import Synchronization
import TestSupport
import Wire

@testable import Models

/// A clock that only waiting moves, and that remembers the waits.
final class FakeClock: Sendable {
    private let state = Mutex<(now: Int, waits: [Int])>((0, []))

    var waits: [Int] { state.withLock { $0.waits } }

    var timing: Timing {
        Timing(
            now: { self.state.withLock { $0.now } },
            date: { 784_111_770 },
            sleep: { delay in
                self.state.withLock { state in
                    state.now += delay
                    state.waits.append(delay)
                }
                try Task.checkCancellation()
            },
            jitter: { 0 })
    }
}

/// Events of a client in the order told.
final class EventRecorder: Sendable {
    private let state = Mutex<[ModelEvent]>([])

    /// All but what was sent.
    var events: [ModelEvent] {
        state.withLock { $0.filter { if case .sending = $0 { false } else { true } } }
    }

    /// The bytes of each attempt.
    var sent: [Int] {
        state.withLock { $0.compactMap { if case .sending(let bytes) = $0 { bytes } else { nil } } }
    }

    /// The text of the attempt that counts: what came after the last retry.
    var text: String {
        events.reduce(into: "") { text, event in
            switch event {
            case .textDelta(let part): text += part
            case .retrying: text = ""
            default: break
            }
        }
    }

    var record: @Sendable (ModelEvent) -> Void {
        { event in self.state.withLock { $0.append(event) } }
    }
}

/// A client on a scripted server, with a clock of its own.
struct ClientFixture {
    let server: ScriptedModelServer
    let client: HTTPModelClient
    let clock: FakeClock
    let recorder = EventRecorder()

    /// Runs the body and shuts the client down.
    static func with<T>(
        _ dialect: WireDialect, _ steps: [ScriptedStep], environment: [String: String] = [:],
        policy: RetryPolicy? = nil, _ change: (inout Provider) -> Void = { _ in },
        _ body: (ClientFixture) async throws -> T
    ) async throws -> T {
        try await withScriptedModel(steps) { server in
            var provider = Provider(id: "lab", name: "Lab", baseURL: server.baseURL, wireAPI: dialect)
            change(&provider)
            let clock = FakeClock()
            let client = try HTTPModelClient(
                provider: provider, environment: environment, profile: { _ in .unknown }, policy: policy,
                timing: clock.timing)
            let fixture = ClientFixture(server: server, client: client, clock: clock)
            do {
                let result = try await body(fixture)
                await client.shutdown()
                return result
            } catch {
                await client.shutdown()
                throw error
            }
        }
    }

    func respond(_ request: ModelRequest = SampleTools.request()) async throws -> ModelResponse {
        try await client.respond(to: request, onEvent: recorder.record)
    }

    /// How a request ended, as a value.
    func outcome() async throws -> Result<ModelResponse, ModelFailure> {
        do {
            return .success(try await respond())
        } catch let failure as ModelFailure {
            return .failure(failure)
        }
    }
}
