package import Basics

/// Everything a model is asked in one request.
package struct ModelRequest: Sendable, Hashable {
    package var model: String
    /// The system prompt. Constant within a session.
    package var instructions: String
    package var items: [ConversationItem]
    package var tools: [ToolDefinition]
    /// How tool calls are written; `native` unless the model's profile says otherwise.
    package var toolMode: ToolMode
    package var parallelToolCalls: Bool
    /// A JSON Schema that the final message has to match (`--output-schema`).
    package var outputSchema: JSONValue?
    package var maxOutputTokens: Int?
    package var temperature: Double?
    /// Sampling seed for providers that take one; used by benchmarks.
    package var seed: Int?
    /// `low`, `medium`, `high`, ... passed through where the dialect has it.
    package var reasoningEffort: String?
    /// A key that is equal for requests with a shared prefix: the session id.
    package var cacheKey: String
    /// The most bytes of bodies that may be sent for it, repeats included; nil for no limit.
    package var byteLimit: Int?

    package init(
        model: String, instructions: String, items: [ConversationItem], tools: [ToolDefinition] = [],
        toolMode: ToolMode = .native, parallelToolCalls: Bool = true, outputSchema: JSONValue? = nil,
        maxOutputTokens: Int? = nil, temperature: Double? = nil, seed: Int? = nil, reasoningEffort: String? = nil,
        cacheKey: String
    ) {
        self.model = model
        self.instructions = instructions
        self.items = items
        self.tools = tools
        self.toolMode = toolMode
        self.parallelToolCalls = parallelToolCalls
        self.outputSchema = outputSchema
        self.maxOutputTokens = maxOutputTokens
        self.temperature = temperature
        self.seed = seed
        self.reasoningEffort = reasoningEffort
        self.cacheKey = cacheKey
    }
}

/// How a model's actions arrive.
package enum ToolMode: Sendable, Hashable {
    /// The dialect's own tool calls. A tolerant parser still looks for calls written into the text.
    case native
    /// One JSON object a turn, held to this schema by `response_format`; no tools are declared.
    case schema(JSONValue)
    /// As `schema`, but held by a GBNF grammar (llama.cpp).
    case grammar(String)
}

/// A tool as a model sees it.
package struct ToolDefinition: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Arguments are a JSON object by this schema.
        case function(parameters: JSONValue)
        /// Input is free text held to a grammar (`syntax` is `lark` or `regex`). Only Responses has it; the other
        /// dialects offer a function with one string parameter `input`.
        case custom(syntax: String, grammar: String)
    }

    package var name: String
    package var description: String
    package var kind: Kind

    package init(name: String, description: String, kind: Kind) {
        self.name = name
        self.description = description
        self.kind = kind
    }
}

/// What a finished response held.
package struct ModelResponse: Sendable, Hashable {
    /// Assistant text, reasoning and tool calls in the model's order; the text alone when a limit cut the response.
    package var items: [ConversationItem]
    package var usage: TokenUsage
    package var stop: StopReason
    /// Set when calls were found by the tolerant parser: which form they had (`fenced`, `bare`, `tagged`, `schema`).
    package var fallback: String?
    /// How often the request was sent until it was answered.
    package var attempts: Int
    /// The server's own id for the response, for support questions.
    package var responseID: String?

    package init(
        items: [ConversationItem], usage: TokenUsage, stop: StopReason, fallback: String? = nil, attempts: Int = 1,
        responseID: String? = nil
    ) {
        self.items = items
        self.usage = usage
        self.stop = stop
        self.fallback = fallback
        self.attempts = attempts
        self.responseID = responseID
    }
}

/// Why a response ended.
package enum StopReason: Sendable, Hashable {
    case completed
    /// Cut by a limit or filter (`max_output_tokens`, `content_filter`, ...). Nothing in it may run.
    case incomplete(String)
}

/// Token counts of one response, as the provider reports them; zero where it says nothing.
package struct TokenUsage: Sendable, Hashable {
    package var inputTokens: Int
    /// The part of `inputTokens` read from the provider's cache.
    package var cachedInputTokens: Int
    /// The part of `inputTokens` written to the provider's cache.
    package var cacheWriteInputTokens: Int
    package var outputTokens: Int
    /// The part of `outputTokens` spent on reasoning.
    package var reasoningOutputTokens: Int

    package init(
        inputTokens: Int = 0, cachedInputTokens: Int = 0, cacheWriteInputTokens: Int = 0, outputTokens: Int = 0,
        reasoningOutputTokens: Int = 0
    ) {
        self.inputTokens = inputTokens
        self.cachedInputTokens = cachedInputTokens
        self.cacheWriteInputTokens = cacheWriteInputTokens
        self.outputTokens = outputTokens
        self.reasoningOutputTokens = reasoningOutputTokens
    }

    package static func + (left: TokenUsage, right: TokenUsage) -> TokenUsage {
        TokenUsage(
            inputTokens: left.inputTokens + right.inputTokens,
            cachedInputTokens: left.cachedInputTokens + right.cachedInputTokens,
            cacheWriteInputTokens: left.cacheWriteInputTokens + right.cacheWriteInputTokens,
            outputTokens: left.outputTokens + right.outputTokens,
            reasoningOutputTokens: left.reasoningOutputTokens + right.reasoningOutputTokens)
    }
}

/// What a model client tells while a response is under way.
package enum ModelEvent: Sendable, Hashable {
    /// An attempt begins, with a body of so many bytes.
    case sending(bytes: Int)
    case textDelta(String)
    case reasoningDelta(String)
    /// The attempt failed and its text is void; another follows after the delay.
    case retrying(attempt: Int, of: Int, delayMilliseconds: Int, reason: String)
}

/// Something that answers requests: a provider over HTTP, or a script in a test.
package protocol ModelClient: Sendable {
    /// Sends the request and returns its whole answer; retries, by its own bounded policy, what may be retried.
    ///
    /// Text shown through `onEvent` belongs to the attempt under way and is void after `.retrying`.
    /// - Throws: `ModelFailure`, or `CancellationError` when the calling task is cancelled.
    func respond(
        to request: ModelRequest, onEvent: @escaping @Sendable (ModelEvent) -> Void
    ) async throws -> ModelResponse
}

/// Why a request finally failed.
package struct ModelFailure: Error, Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case unauthorized, forbidden, badRequest, notFound, rateLimited, contextWindowExceeded
        case server, network, idleTimeout, streamCut, inStream, malformed, usageLimit
        /// `ModelRequest.byteLimit` leaves no room for another attempt.
        case byteLimit
    }

    package var kind: Kind
    /// The HTTP status, where there was one.
    package var status: Int?
    /// The provider's words, cut to 2,000 characters, without control characters.
    package var message: String
    package var attempts: Int

    package init(_ kind: Kind, status: Int? = nil, message: String, attempts: Int = 1) {
        self.kind = kind
        self.status = status
        self.message = message
        self.attempts = attempts
    }
}
