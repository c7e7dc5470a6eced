import Testing
import Wire

@testable import Models

@Suite struct PriceTableTests {
    private static let table = PriceTable([
        "big": .init(input: 10, cachedInput: 1, cacheWrite: 12.5, output: 50),
        "plain": .init(input: 2, output: 8),
        "big-2": .init(input: 4, output: 20),
        "step": .init(input: 1, cachedInput: 0.1, output: 4, long: .init(threshold: 1_000, input: 2, output: 1.5)),
    ])

    @Test func `each kind of token has its price`() {
        let usage = TokenUsage(
            inputTokens: 1_000_000, cachedInputTokens: 500_000, cacheWriteInputTokens: 100_000,
            outputTokens: 200_000, reasoningOutputTokens: 150_000)
        #expect(Self.table.cost(model: "big", usage: usage) == 4 + 0.5 + 1.25 + 10)
        #expect(Self.table.cost(model: "plain", usage: usage) == 2 + 1.6)
    }

    @Test func `a long request costs more as a whole`() {
        func cost(_ input: Int) -> Double? {
            Self.table.cost(model: "step", usage: TokenUsage(inputTokens: input, outputTokens: 1_000))
        }
        #expect(cost(1_000) == 0.005)
        #expect(cost(1_001) == 0.008002)
    }

    @Test(arguments: [
        ("big-2025-08-07", 10.0), ("big-20250807", 10), ("BIG@20250807", 10), ("router/big-latest", 10),
        ("big-2", 4), ("big-2-20250807", 4), ("plain-preview", 2),
    ])
    func `dated and routed names are the same model`(_ model: String, _ input: Double) {
        #expect(Self.table.price(model: model)?.input == input)
    }

    @Test(arguments: ["", "bi", "bigger", "big-3", "big-pro", "big-2-pro", "big:free", "unknown"])
    func `what is not known has no price`(_ model: String) {
        #expect(Self.table.cost(model: model, usage: TokenUsage(inputTokens: 1)) == nil)
    }

    @Test func `a user's prices win`() {
        let merged = Self.table.merging(["Big": .init(input: 1, output: 1), "mine": .init(input: 3, output: 3)])
        #expect(merged.price(model: "big")?.input == 1)
        #expect(merged.price(model: "mine")?.input == 3)
        #expect(merged.price(model: "plain")?.input == 2)
    }

    @Test(arguments: [
        ("gpt-6.1-sol", 2.0), ("gpt-5-2025-08-07", 1.25), ("claude-haiku-4-5-20251001", 1), ("claude-opus-5-5", 4),
        ("anthropic/claude-sonnet-4-6", 3), ("gemini-3.1-pro-preview", 2),
    ])
    func `well-known models are in the table`(_ model: String, _ input: Double) {
        #expect(PriceTable.builtIn.price(model: model)?.input == input)
    }
}

@Suite struct ModelProfileTests {
    @Test(arguments: [
        ("gpt-5.2-codex", ModelProfile.ToolModeName.native, true, ModelProfile.Thinking.none),
        ("openai/gpt-6.1-sol", .native, true, .none),
        ("gpt-4.1-mini", .native, false, .none),
        ("claude-sonnet-4-5-20250929", .native, false, .budget),
        ("claude-opus-4-7", .native, false, .adaptive),
        ("claude-opus-5-5", .native, false, .adaptive),
        ("claude-3-5-haiku-latest", .native, false, .none),
        ("qwen2.5-coder-1.5b", .text, false, .none),
        ("Qwen/Qwen2.5-Coder-32B-Instruct", .native, false, .none),
        ("never-heard-of-it", .native, false, .none),
    ])
    func `is found by the longest prefix`(
        _ model: String, _ mode: ModelProfile.ToolModeName, _ freeform: Bool, _ thinking: ModelProfile.Thinking
    ) {
        let profile = ModelProfile.known(model)
        #expect(profile.toolMode == mode)
        #expect(profile.supportsFreeformTools == freeform)
        #expect(profile.thinking == thinking)
        #expect(profile.isSmall == (mode == .text))
    }

    @Test func `an unknown model of a local server has a local window`() {
        #expect(ModelProfile.known("mystery").contextWindow == 128_000)
        #expect(ModelProfile.known("mystery", provider: "ollama").contextWindow == 32_768)
    }

    @Test func `an override changes what it names`() {
        let profile = ModelProfile.unknown.applying(.init(contextWindow: 5, toolMode: .grammar))
        var expected = ModelProfile.unknown
        expected.contextWindow = 5
        expected.toolMode = .grammar
        #expect(profile == expected)
    }

    @Test func `presets are complete and in order`() throws {
        #expect(Provider.presets.map(\.id) == Provider.presets.map(\.id).sorted())
        for preset in Provider.presets where !["azure", "lockgate-local"].contains(preset.id) {
            let url = try preset.url(path: "x")
            let isLocal = url.hasPrefix("http://127.0.0.1:")
            #expect(isLocal || url.hasPrefix("https://"))
            #expect(isLocal == (preset.envKey == nil))
        }
        #expect(Provider.preset("anthropic")?.authentication == .xAPIKey)
        #expect(Provider.preset("nobody") == nil)
    }
}
