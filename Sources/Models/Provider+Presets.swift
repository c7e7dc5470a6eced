import Wire

extension Provider {
    /// Providers that work without a `[model_providers]` entry, by id in alphabetical order.
    ///
    /// Local servers are addressed as 127.0.0.1, so that no name is looked up, and get five minutes of silence, since
    /// they say nothing while they read a long prompt.
    package static let presets: [Provider] = [
        anthropic, azure, gemini, llamacpp, lmstudio, lockgateLocal, ollama, openai, openrouter, vllm,
    ]

    /// The preset with this id.
    package static func preset(_ id: String) -> Provider? {
        presets.first { $0.id == id }
    }

    private static let localIdleMilliseconds = 300_000

    private static func quirks(_ dialect: WireDialect, _ change: (inout Quirks) -> Void) -> Quirks {
        var quirks = Quirks(dialect)
        change(&quirks)
        return quirks
    }

    private static func local(id: String, name: String, port: Int?) -> Provider {
        Provider(
            id: id, name: name, baseURL: port.map { "http://127.0.0.1:\($0)/v1" }, wireAPI: .chat,
            streamIdleTimeoutMilliseconds: localIdleMilliseconds)
    }

    private static let anthropic = Provider(
        id: "anthropic", name: "Anthropic", baseURL: "https://api.anthropic.com/v1", envKey: "ANTHROPIC_API_KEY",
        wireAPI: .messages, authentication: .xAPIKey)

    /// `model` is the deployment's name there, so prices and windows need `model_profiles` or overrides.
    private static let azure = Provider(
        id: "azure", name: "Azure OpenAI", baseURL: nil, envKey: "AZURE_OPENAI_API_KEY", wireAPI: .responses,
        authentication: .apiKey)

    private static let gemini = Provider(
        id: "gemini", name: "Gemini", baseURL: "https://generativelanguage.googleapis.com/v1beta/openai",
        envKey: "GEMINI_API_KEY", wireAPI: .chat)

    private static let llamacpp = local(id: "llamacpp", name: "llama.cpp", port: 8080)

    private static let lmstudio = local(id: "lmstudio", name: "LM Studio", port: 1234)

    /// The model that `lockgate model serve` runs; its address is filled in when the server is up.
    private static let lockgateLocal = local(id: "lockgate-local", name: "Local model", port: nil)

    private static let ollama = local(id: "ollama", name: "Ollama", port: 11434)

    private static let openai = Provider(
        id: "openai", name: "OpenAI", baseURL: "https://api.openai.com/v1", envKey: "OPENAI_API_KEY",
        wireAPI: .responses,
        quirks: quirks(.responses) {
            $0.maxTokensField = "max_completion_tokens"
            $0.developerRole = .developer
        })

    private static let openrouter = Provider(
        id: "openrouter", name: "OpenRouter", baseURL: "https://openrouter.ai/api/v1", envKey: "OPENROUTER_API_KEY",
        wireAPI: .chat, quirks: quirks(.chat) { $0.sendsParallelToolCalls = true })

    private static let vllm = local(id: "vllm", name: "vLLM", port: 8000)
}
