package import Wire

/// Where and how a model is reached: one entry of `[model_providers.ID]`.
package struct Provider: Sendable, Hashable {
    /// How the key travels.
    package enum Authentication: String, Sendable, Hashable, CaseIterable {
        /// `Authorization: Bearer KEY`.
        case bearer
        /// `x-api-key: KEY` (Anthropic).
        case xAPIKey = "x-api-key"
        /// `api-key: KEY` (Azure OpenAI).
        case apiKey = "api-key"
    }

    /// The configuration's name for it; blobs of one provider are never sent to another.
    package var id: String
    /// The name for people.
    package var name: String
    /// The address that `/responses`, `/chat/completions` or `/messages` is appended to; nil where only the user can
    /// know it.
    package var baseURL: String?
    /// The environment variable with the key; nil for servers that need none.
    package var envKey: String?
    package var wireAPI: WireDialect
    package var authentication: Authentication
    package var queryParams: [String: String]
    package var httpHeaders: [String: String]
    /// Header name to the environment variable with its value; a header whose variable is unset or empty is not sent.
    package var envHTTPHeaders: [String: String]
    /// Attempts after the first, for all causes together.
    package var requestMaxRetries: Int
    /// The longest silence between two bytes of an answer, in milliseconds.
    package var streamIdleTimeoutMilliseconds: Int
    package var quirks: Quirks

    package init(
        id: String, name: String, baseURL: String?, envKey: String? = nil, wireAPI: WireDialect = .responses,
        authentication: Authentication = .bearer, queryParams: [String: String] = [:],
        httpHeaders: [String: String] = [:], envHTTPHeaders: [String: String] = [:], requestMaxRetries: Int = 5,
        streamIdleTimeoutMilliseconds: Int = 60_000, quirks: Quirks? = nil
    ) {
        self.id = id
        self.name = name
        self.baseURL = baseURL
        self.envKey = envKey
        self.wireAPI = wireAPI
        self.authentication = authentication
        self.queryParams = queryParams
        self.httpHeaders = httpHeaders
        self.envHTTPHeaders = envHTTPHeaders
        self.requestMaxRetries = requestMaxRetries
        self.streamIdleTimeoutMilliseconds = streamIdleTimeoutMilliseconds
        self.quirks = quirks ?? Quirks(wireAPI)
    }

    /// The whole address of a dialect's endpoint.
    ///
    /// A base address that already ends in the endpoint's path, as people paste it, is taken as it is.
    /// - Throws: `provider.no_base_url` or `provider.bad_base_url`.
    package func url(path: String) throws(LockgateError) -> String {
        guard let baseURL, !baseURL.isEmpty else {
            throw LockgateError(
                "provider.no_base_url", "the model provider `\(id)` has no base_url",
                remedy: "set base_url under [model_providers.\(id)] in config.toml")
        }
        guard baseURL.hasPrefix("http://") || baseURL.hasPrefix("https://") else {
            throw LockgateError(
                "provider.bad_base_url",
                "the base_url of the model provider `\(id)` is not an http or https address: \(baseURL)",
                remedy: "write it as https://HOST/PATH")
        }
        var url = baseURL
        while url.hasSuffix("/") { url.removeLast() }
        if !url.hasSuffix("/" + path) { url += "/" + path }
        let query = queryParams.sorted { $0.key < $1.key }
            .map { "\(Self.percentEncoded($0.key))=\(Self.percentEncoded($0.value))" }
        return query.isEmpty ? url : url + "?" + query.joined(separator: "&")
    }

    /// RFC 3986 section 2.3: everything but the unreserved characters.
    private static func percentEncoded(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return out
    }
}

/// Where servers of one dialect differ.
///
/// The initial values suit a server that nothing is known of.
package struct Quirks: Sendable, Hashable {
    /// Which role an instruction in the middle of a Chat conversation gets.
    package enum DeveloperRole: String, Sendable, Hashable {
        case developer, system
        /// Many chat templates allow a system message at the start alone.
        case user
    }

    /// Send `prompt_cache_key`.
    ///
    /// Some Chat servers refuse fields they do not know.
    package var sendsPromptCacheKey: Bool
    /// Send `parallel_tool_calls`.
    package var sendsParallelToolCalls: Bool
    /// Ask for usage in the last chunk of a Chat stream (`stream_options`).
    package var sendsStreamOptions: Bool
    /// The Chat field for a token limit: `max_tokens` or, on newer OpenAI models, `max_completion_tokens`.
    package var maxTokensField: String
    package var developerRole: DeveloperRole
    /// Send a Chat model's `reasoning_content` back to it.
    ///
    /// DeepSeek and Kimi want it within a tool loop; others refuse or ignore it. `reasoning_details` (OpenRouter) always go back.
    package var replaysReasoningContent: Bool
    /// Take freeform tools (`type: custom`) where the dialect has them.
    package var takesCustomTools: Bool
    /// Take `include: reasoning.encrypted_content`.
    package var takesEncryptedReasoning: Bool
    /// Place `cache_control` markers (Messages).
    package var marksCache: Bool

    /// Cautious values for an unknown server of a dialect.
    package init(_ dialect: WireDialect) {
        sendsPromptCacheKey = dialect == .responses
        sendsParallelToolCalls = dialect == .responses
        sendsStreamOptions = true
        maxTokensField = "max_tokens"
        developerRole = .user
        replaysReasoningContent = false
        takesCustomTools = dialect == .responses
        takesEncryptedReasoning = true
        marksCache = true
    }
}
