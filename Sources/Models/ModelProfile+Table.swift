extension ModelProfile {
    /// The profile of a model by its name, by the longest prefix in the table.
    ///
    /// A router's prefix (`openai/gpt-5`) and letter case do not count. Windows and limits follow the providers' model
    /// pages, on the low side where versions differ; where the price steps up with the prompt's length, the window
    /// ends there, and newer generations are taken to be like their predecessors. A user's override corrects the rest.
    /// - Parameter provider: A provider's id; an unknown model of a local server gets a smaller window, since those
    ///   servers are started with one.
    package static func known(_ model: String, provider: String = "") -> ModelProfile {
        let name = plainName(model)
        let found = table.filter { name.hasPrefix($0.prefix) }.max { $0.prefix.count < $1.prefix.count }?.profile
        let isLocal = ["llamacpp", "lmstudio", "lockgate-local", "ollama", "vllm"].contains(provider)
        return found ?? (isLocal ? unknownLocal : unknown)
    }

    private static let unknownLocal = text(window: 32_768, output: 8_192)

    /// Lower case, without what stands before the last slash.
    static func plainName(_ model: String) -> String {
        let lower = model.lowercased()
        return lower.lastIndex(of: "/").map { String(lower[lower.index(after: $0)...]) } ?? lower
    }

    private static let table: [(prefix: String, profile: ModelProfile)] = [
        ("gpt-5", openAI(window: 400_000, output: 128_000)),
        ("gpt-6", openAI(window: 400_000, output: 128_000)),
        ("gpt-4.1", ModelProfile(contextWindow: 1_047_576, maxOutputTokens: 32_768)),
        ("gpt-4o", ModelProfile(contextWindow: 128_000, maxOutputTokens: 16_384)),
        ("o3", openAI(window: 200_000, output: 100_000, freeform: false)),
        ("o4-mini", openAI(window: 200_000, output: 100_000, freeform: false)),
        ("claude-", claude(window: 200_000, output: 64_000, .adaptive)),
        ("claude-3-5", claude(window: 200_000, output: 8_192, .none)),
        ("claude-3-7", claude(window: 200_000, output: 64_000, .budget)),
        ("claude-opus-4-0", claude(window: 200_000, output: 32_000, .budget)),
        ("claude-opus-4-1", claude(window: 200_000, output: 32_000, .budget)),
        ("claude-opus-4-2025", claude(window: 200_000, output: 32_000, .budget)),
        ("claude-opus-4-5", claude(window: 200_000, output: 64_000, .budget)),
        ("claude-sonnet-4-0", claude(window: 200_000, output: 64_000, .budget)),
        ("claude-sonnet-4-2025", claude(window: 200_000, output: 64_000, .budget)),
        ("claude-sonnet-4-5", claude(window: 200_000, output: 64_000, .budget)),
        ("claude-haiku-4-5", claude(window: 200_000, output: 64_000, .budget)),
        ("gemini-2.5", ModelProfile(contextWindow: 1_048_576, maxOutputTokens: 65_536, supportsReasoning: true)),
        ("gemini-3", ModelProfile(contextWindow: 1_048_576, maxOutputTokens: 65_536, supportsReasoning: true)),
        ("deepseek", text(window: 128_000, output: 8_192)),
        ("qwen3-coder", text(window: 262_144, output: 65_536)),
        ("kimi-k2", text(window: 262_144, output: 32_768)),
        ("glm-4", text(window: 128_000, output: 32_768)),
        ("gpt-oss", text(window: 131_072, output: 32_768)),
        // Models that write calls as text, or none at all.
        ("qwen2.5-coder-0.5b", small(window: 8_192)),
        ("qwen2.5-coder-1.5b", small(window: 8_192)),
        ("qwen2.5-coder-3b", small(window: 8_192)),
        ("qwen2.5-coder:0.5b", small(window: 8_192)),
        ("qwen2.5-coder:1.5b", small(window: 8_192)),
        ("qwen2.5-coder:3b", small(window: 8_192)),
        ("qwen2.5-coder", text(window: 32_768, output: 8_192)),
        ("smollm2", small(window: 8_192)),
    ]

    private static func openAI(window: Int, output: Int, freeform: Bool = true) -> ModelProfile {
        ModelProfile(
            contextWindow: window, maxOutputTokens: output, supportsReasoning: true, supportsFreeformTools: freeform)
    }

    private static func claude(window: Int, output: Int, _ thinking: Thinking) -> ModelProfile {
        ModelProfile(
            contextWindow: window, maxOutputTokens: output, supportsReasoning: thinking != .none, thinking: thinking)
    }

    private static func text(window: Int, output: Int) -> ModelProfile {
        ModelProfile(contextWindow: window, maxOutputTokens: output, supportsImages: false)
    }

    /// In plain text, since such models follow no tool template and reason badly inside JSON; room for 800 tokens and
    /// more of output.
    private static func small(window: Int) -> ModelProfile {
        ModelProfile(
            contextWindow: window, maxOutputTokens: 1_024, toolMode: .text, isSmall: true, supportsImages: false)
    }
}
