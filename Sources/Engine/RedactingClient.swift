import Basics
import Synchronization
package import Text
package import Wire

/// Keeps secrets from a provider: what a request would send of them is a mark.
///
/// The conversation itself stays as it is, so that tools work with what files and commands really hold. A model's own
/// words, and what a provider gets back byte for byte, were made from marks and stay.
package final class RedactingClient: ModelClient {
    /// A text that has no business anywhere, so that its sending means that something reads what it must not.
    package struct Canary: Sendable, Hashable {
        package var text: String
        package var origin: Origin

        package init(text: String, origin: Origin) {
            self.text = text
            self.origin = origin
        }
    }

    private let client: any ModelClient
    private let redactor: Redactor?
    private let canaries: [Canary]
    /// The items of the last request with what was sent of them: conversations only grow.
    private let sent = Mutex<(original: [ConversationItem], redacted: [ConversationItem])>(([], []))

    /// - Parameter redactor: nil to send secrets as they are.
    package init(_ client: any ModelClient, redactor: Redactor?, canaries: [Canary] = []) {
        self.client = client
        self.redactor = redactor
        self.canaries = canaries
    }

    /// - Throws: besides what the client throws, `canary.leaving`; nothing is sent then.
    package func respond(
        to request: ModelRequest, onEvent: @escaping @Sendable (ModelEvent) -> Void
    ) async throws -> ModelResponse {
        if let canary = canaries.first(where: { canary in request.items.contains { $0.holds(canary.text) } }) {
            throw LockgateError(
                "canary.leaving",
                "a canary (\(canary.origin)) was about to be sent to the model; nothing was sent, and the session ends",
                remedy: "find out what read it: lockgate sessions show")
        }
        guard let redactor else { return try await client.respond(to: request, onEvent: onEvent) }
        var request = request
        request.items = redacted(request.items, redactor)
        return try await client.respond(to: request, onEvent: onEvent)
    }

    private func redacted(_ items: [ConversationItem], _ redactor: Redactor) -> [ConversationItem] {
        let known = sent.withLock { $0 }
        let same = zip(items, known.original).prefix { $0 == $1 }.count
        let all = known.redacted.prefix(same) + items.dropFirst(same).map { $0.redacted(by: redactor) }
        sent.withLock { $0 = (items, Array(all)) }
        return Array(all)
    }
}

extension RedactingClient.Canary {
    /// The verdict on an effect that would carry it away. The text itself is not in it.
    var refusal: Verdict {
        Verdict(.deny, rule: "redaction.canaries", origin: origin, reason: "it holds a canary and could carry it away")
    }

    /// The end of the session that was about to.
    var end: LockgateError {
        LockgateError(
            "canary.leaving",
            "an effect held a canary (\(origin)) and could have carried it away; it was not run, "
                + "and the session ends", remedy: "find out what read it: lockgate sessions show")
    }
}

extension ConversationItem {
    fileprivate func redacted(by redactor: Redactor) -> ConversationItem {
        func texts(_ parts: [ContentPart]) -> [ContentPart] {
            parts.map { part in
                if case .text(let text) = part { .text(redactor.redacted(text)) } else { part }
            }
        }
        var item = self
        switch content {
        case .user(let parts): item.content = .user(texts(parts))
        case .developer(let text): item.content = .developer(redactor.redacted(text))
        case .toolResult(var result):
            result.parts = texts(result.parts)
            item.content = .toolResult(result)
        case .assistant, .reasoning, .toolCall: break
        }
        return item
    }

    fileprivate func holds(_ text: String) -> Bool {
        switch content {
        case .user(let parts): parts.contains { $0.holds(text) }
        case .developer(let own), .assistant(let own), .reasoning(let own): own.contains(text)
        case .toolCall(let call):
            switch call.input {
            case .function(let own), .custom(let own): own.contains(text)
            }
        case .toolResult(let result): result.parts.contains { $0.holds(text) }
        }
    }
}

extension ContentPart {
    fileprivate func holds(_ text: String) -> Bool {
        if case .text(let own) = self { own.contains(text) } else { false }
    }
}
