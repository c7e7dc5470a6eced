import Models
import Wire

/// A model on this machine: says before each request that its server is still wanted.
struct LocalModelClient: ModelClient {
    let models: LocalModels
    let id: String
    let client: HTTPModelClient

    func respond(
        to request: ModelRequest, onEvent: @escaping @Sendable (ModelEvent) -> Void
    ) async throws -> ModelResponse {
        try models.touchLease(id)
        return try await client.respond(to: request, onEvent: onEvent)
    }
}
