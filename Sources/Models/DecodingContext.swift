import Basics
import Wire

/// What a decoder has to know of the request it reads the answer to, and what the three have in common.
struct DecodingContext: Sendable {
    let tools: [ToolDefinition]
    let isNative: Bool
    let dialect: WireDialect
    let provider: String
    let makeCallID: @Sendable () -> String

    init(
        _ request: ModelRequest, dialect: WireDialect, provider: Provider,
        makeCallID: @escaping @Sendable () -> String = Self.randomCallID
    ) {
        tools = request.tools
        isNative = request.toolMode == .native
        self.dialect = dialect
        self.provider = provider.id
        self.makeCallID = makeCallID
    }

    /// `call_` and 128 random bits, for providers that send no id or the same one twice.
    static let randomCallID: @Sendable () -> String = {
        var generator = SystemRandomNumberGenerator()
        let halves = [generator.next() as UInt64, generator.next()]
            .map { half in
                let digits = String(half, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }
        return "call_" + halves.joined()
    }

    func blob(_ json: JSONValue) -> ProviderBlob {
        ProviderBlob(dialect: dialect, provider: provider, json: json)
    }

    /// The event's JSON object; nil for an event without one (`data:` alone).
    func object(_ event: SSEEvent) throws(AttemptFailure) -> JSONValue {
        do {
            let json = try event.json()
            guard json.object != nil else { throw AttemptFailure.malformed("an event is not a JSON object") }
            return json
        } catch let error as JSONSyntaxError {
            throw .malformed("an event of the stream is damaged: \(error)")
        } catch {
            throw .malformed("an event is not a JSON object")
        }
    }

    /// The answer, once it has ended.
    ///
    /// Cut by a limit, it keeps its text alone: a call may be half written, and reasoning without what followed it is
    /// refused when sent back. A text that is nothing but calls becomes those calls.
    func response(
        items: [ConversationItem], usage: TokenUsage, stop: StopReason, responseID: String?
    ) -> ModelResponse {
        if case .incomplete = stop {
            let texts = items.compactMap { item in
                if case .assistant(let text) = item.content { ConversationItem(.assistant(text)) } else { nil }
            }
            return ModelResponse(items: texts, usage: usage, stop: stop, responseID: responseID)
        }
        if isNative, let found = fallbackCalls(in: items) {
            return ModelResponse(
                items: found.items, usage: usage, stop: stop, fallback: found.form.rawValue, responseID: responseID)
        }
        return ModelResponse(items: items, usage: usage, stop: stop, responseID: responseID)
    }

    private func fallbackCalls(
        in items: [ConversationItem]
    ) -> (items: [ConversationItem], form: ToolCallFallback.Form)? {
        var text = ""
        for item in items {
            switch item.content {
            case .assistant(let part): text += part
            case .toolCall: return nil
            default: break
            }
        }
        guard let found = ToolCallFallback.parse(text, tools: tools, makeCallID: makeCallID) else { return nil }
        let rest = items.filter { if case .reasoning = $0.content { true } else { false } }
        return (rest + found.calls.map { ConversationItem(.toolCall($0)) }, found.form)
    }
}
