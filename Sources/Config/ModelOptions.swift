import Wire

private let redirects = "it decides where prompts and keys go"
private let money = "it decides what a budget measures"

extension ConfigurationOption {
    /// Options about models and providers.
    static let modelOptions: [ConfigurationOption] = [
        option(
            "model", .string, \.model, default: .unset("the provider's default"), project: .allowed,
            "The model to use, by the provider's name for it."),
        option(
            "model_provider", .string, \.modelProvider,
            default: .unset("the first provider with a key, else the local model"),
            project: .refused(redirects), "The id of the provider: one of the presets, or a table in `model_providers`."
        ),
        option(
            "model_context_window", .integer(1...Int.max), \.modelContextWindow, default: .unset("the model's own"),
            project: .allowed, "How many tokens the model's context holds."),
        option(
            "model_max_output_tokens", .integer(1...Int.max), \.modelMaxOutputTokens,
            default: .unset("the provider's limit"),
            project: .allowed, "The most tokens one response may have."),
        option(
            "model_auto_compact_token_limit", .integer(1...Int.max), \.modelAutoCompactTokenLimit,
            default: .unset("a share of the context window"), project: .allowed,
            "The number of tokens in the context at which the conversation is compacted."),
        option(
            "model_reasoning_effort", .choice(["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
            \.modelReasoningEffort, default: .unset("the provider's default"), project: .allowed,
            "How much the model thinks, where the provider lets one choose. Not every model takes every value."),
        option(
            "model_seed", .integer(0...1_000_000), \.modelSeed, default: .unset("the provider's choice"),
            project: .allowed,
            "The seed of the model's sampling, where the provider takes one; for runs that are to be repeated or varied."
        ),
        option(
            "tool_mode", .choice(ConfiguredToolMode.allCases.map(\.rawValue)), \.toolMode,
            default: .unset("the model's profile decides"), project: .allowed,
            """
            How the model's actions arrive: `native` tool calls, one JSON object held to a `schema` by the server, one \
            held by a `grammar` (llama.cpp), or as `text`: blocks in the answer's Markdown, for small models.
            """),
        option(
            "instructions", .text, \.instructions, default: .unset("none"), project: .allowed,
            "Text added to the system prompt."),
        option(
            "developer_instructions", .text, \.developerInstructions, default: .unset("none"), project: .allowed,
            "Text sent as a developer message at the start of a session."),
        option(
            "model_instructions_file", .path, \.modelInstructionsFile, default: .unset("none"),
            project: .refused("it could send any file to the provider"),
            "A file whose text replaces the built-in system prompt."),
    ]

    /// Options of `[model_providers.<id>]`.
    static let providerOptions: [ConfigurationOption] = [
        option(
            "model_providers.<id>.name", .string, \.providers, \.name, default: .unset("the id"),
            project: .refused(redirects),
            "The provider's name for people."),
        option(
            "model_providers.<id>.base_url", .url, \.providers, \.baseURL, default: .unset("the preset's"),
            project: .refused(redirects), "The address that requests go to, without the dialect's own path."),
        option(
            "model_providers.<id>.env_key", .environmentName, \.providers, \.envKey, default: .unset("the preset's"),
            project: .refused(redirects),
            "The environment variable that holds the key. Keys themselves do not belong into configuration files."),
        option(
            "model_providers.<id>.env_key_instructions", .text, \.providers, \.envKeyInstructions,
            default: .unset("none"), project: .refused(redirects), "What to tell a user who has not set the key."),
        option(
            "model_providers.<id>.wire_api", .choice(WireDialect.allCases.map(\.rawValue)), \.providers, \.wireAPI,
            default: .unset("the preset's, else `responses`"), project: .refused(redirects),
            "The request language: Responses, Chat Completions or Messages."),
        entry(
            "model_providers.<id>.query_params.<parameter>", .line, \.providers, \.queryParameters,
            project: .refused(redirects), "Query parameters added to each request's address."),
        entry(
            "model_providers.<id>.http_headers.<header>", .line, \.providers, \.httpHeaders,
            project: .refused(redirects), "Headers added to each request."),
        entry(
            "model_providers.<id>.env_http_headers.<header>", .environmentName, \.providers, \.envHTTPHeaders,
            project: .refused(redirects),
            "Headers added to each request, each with the environment variable that holds its value; unset ones are left out."
        ),
        option(
            "model_providers.<id>.request_max_retries", .integer(0...100), \.providers, \.requestMaxRetries,
            default: .unset("4"), project: .refused(redirects), "How often a request that failed is sent again."),
        option(
            "model_providers.<id>.stream_max_retries", .integer(0...100), \.providers, \.streamMaxRetries,
            default: .unset("4"), project: .refused(redirects), "How often a response that was cut is asked for again."),
        option(
            "model_providers.<id>.stream_idle_timeout_ms", .integer(1...86_400_000), \.providers,
            \.streamIdleTimeoutMilliseconds, default: .unset("60000"), project: .refused(redirects),
            "How long a response may stay silent before it counts as cut, in milliseconds."),
    ]

    /// Options of `[prices."<model>"]`.
    static let priceOptions: [ConfigurationOption] = [
        option(
            "prices.<model>.input", .number(minimum: 0), \.prices, \.input, default: .unset("the price table"),
            project: .refused(money), "USD for one million input tokens."),
        option(
            "prices.<model>.cached_input", .number(minimum: 0), \.prices, \.cachedInput,
            default: .unset("the price table"), project: .refused(money),
            "USD for one million input tokens read from the provider's cache."),
        option(
            "prices.<model>.cache_write", .number(minimum: 0), \.prices, \.cacheWrite,
            default: .unset("the price table"),
            project: .refused(money), "USD for one million input tokens written to the provider's cache."),
        option(
            "prices.<model>.output", .number(minimum: 0), \.prices, \.output, default: .unset("the price table"),
            project: .refused(money), "USD for one million output tokens."),
    ]
}
