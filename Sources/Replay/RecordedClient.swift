import Basics
import Engine
import Journal
import Wire

/// Answers each request with what the record says was answered.
struct RecordedClient: ModelClient {
    let script: ReplayScript

    func respond(
        to request: ModelRequest, onEvent: @escaping @Sendable (ModelEvent) -> Void
    ) async throws -> ModelResponse {
        while let retry = script.next, retry.type == "model.retry" {
            let payload = retry.payload
            let before = script.cursor
            onEvent(
                .retrying(
                    attempt: payload["attempt"]?.int ?? 0, of: payload["of"]?.int ?? 0,
                    delayMilliseconds: payload["delay_ms"]?.int ?? 0, reason: payload["reason"]?.string ?? ""))
            // What could not be repeated is a difference, and does not come again.
            if script.cursor == before { throw ReplayScript.ended }
        }
        guard let end = script.next, end.type == "effect.finished", let outcome = end.payload["outcome"] else {
            throw ReplayScript.ended
        }
        if let text = outcome["error"]?.string { throw failure(text, outcome) }
        return response(outcome)
    }

    private func failure(_ text: String, _ outcome: JSONValue) -> any Error {
        if let failure = outcome["failure"].flatMap({ ModelFailure(json: $0) }) { return failure }
        if text == "\(CancellationError())" { return CancellationError() }
        return LockgateError(turnFailed: script.rest.first { $0.isTurnEnd }) ?? LockgateError("replay", text)
    }

    /// The answer, from the records that follow the request's.
    private func response(_ outcome: JSONValue) -> ModelResponse {
        let rest = script.rest.dropFirst()
        let account = rest.first { $0.type == "model.response" }
        let isWhole = account?.payload["stop"] == "completed"
        let items =
            isWhole ? RecordedAnswers.items(rest.drop { $0.type != "model.response" }.dropFirst()) : []
        let reason = account?.payload["reason"]?.string ?? "unknown"
        return ModelResponse(
            items: items, usage: TokenUsage(json: account?.payload["usage"] ?? .null),
            stop: isWhole ? .completed : .incomplete(reason), fallback: account?.payload["fallback"]?.string,
            attempts: outcome["attempts"]?.int ?? 1, responseID: outcome["response_id"]?.string)
    }
}
