extension PriceTable {
    /// The day the built-in figures were last compared with their sources.
    package static let asOf = "2026-11-22"

    /// Standard-tier list prices of well-known models, as of `asOf`.
    ///
    /// From the providers' public model and price pages; models whose present figures could not be confirmed are left
    /// out. Batch, fast and regional tiers are not in it, nor longer cache retentions. `[prices."MODEL"]` in the
    /// configuration wins.
    package static let builtIn = PriceTable(openAI.merging(anthropic) { $1 }.merging(google) { $1 })

    /// developers.openai.com, model pages. Beyond 272,000 input tokens newer models charge double for input and half
    /// as much again for output, for the whole request.
    private static let openAI: [String: Price] = [
        "gpt-6.2-sol": Price(input: 2, cachedInput: 0.10, cacheWrite: 2.50, output: 10, long: beyond272k),
        "gpt-6.1-sol": Price(input: 2, cachedInput: 0.10, cacheWrite: 2.50, output: 10, long: beyond272k),
        "gpt-6.1-terra": Price(input: 1, cachedInput: 0.05, cacheWrite: 1.25, output: 5, long: beyond272k),
        "gpt-6-sol": Price(input: 2, cachedInput: 0.20, cacheWrite: 2.50, output: 10, long: beyond272k),
        "gpt-6-luna": Price(input: 0.10, cachedInput: 0.01, cacheWrite: 0.125, output: 0.50, long: beyond272k),
        "gpt-5.6-terra": Price(input: 2, cachedInput: 0.20, cacheWrite: 2.50, output: 12, long: beyond272k),
        "gpt-5.5": Price(input: 5, cachedInput: 0.50, output: 30, long: beyond272k),
        "gpt-5.4": Price(input: 2.50, cachedInput: 0.25, output: 15, long: beyond272k),
        "gpt-5.4-mini": Price(input: 0.75, cachedInput: 0.075, output: 4.50),
        "gpt-5.4-nano": Price(input: 0.20, cachedInput: 0.02, output: 1.25),
        "gpt-5.3-codex": Price(input: 1.75, cachedInput: 0.175, output: 14),
        "gpt-5.2": Price(input: 1.75, cachedInput: 0.175, output: 14),
        "gpt-5.2-codex": Price(input: 1.75, cachedInput: 0.175, output: 14),
        "gpt-5-codex": Price(input: 1.25, cachedInput: 0.125, output: 10),
        "gpt-5": Price(input: 1.25, cachedInput: 0.125, output: 10),
        "gpt-5-mini": Price(input: 0.25, cachedInput: 0.025, output: 2),
        "gpt-4.1": Price(input: 2, cachedInput: 0.50, output: 8),
    ]

    private static let beyond272k = Long(threshold: 272_000, input: 2, output: 1.5)

    /// platform.claude.com, model overviews; cache writes are those of five minutes.
    private static let anthropic: [String: Price] = [
        "claude-fable-5-1": Price(input: 10, cachedInput: 0.25, cacheWrite: 12.50, output: 50),
        "claude-fable-5": Price(input: 10, cachedInput: 1, cacheWrite: 12.50, output: 50),
        "claude-opus-5-5": Price(input: 4, cachedInput: 0.20, cacheWrite: 5, output: 20),
        "claude-opus-5": opus5,
        "claude-opus-4-8": opus5,
        "claude-opus-4-7": opus5,
        "claude-opus-4-6": opus5,
        "claude-opus-4-5": opus5,
        "claude-opus-4-1": Price(input: 15, cachedInput: 1.50, cacheWrite: 18.75, output: 75),
        "claude-opus-4": Price(input: 15, cachedInput: 1.50, cacheWrite: 18.75, output: 75),
        "claude-sonnet-5-5": Price(input: 2, cachedInput: 0.10, cacheWrite: 2.50, output: 10),
        "claude-sonnet-5": Price(input: 2, cachedInput: 0.20, cacheWrite: 2.50, output: 10),
        "claude-sonnet-4-6": sonnet4,
        "claude-sonnet-4-5": sonnet4,
        "claude-sonnet-4": sonnet4,
        "claude-haiku-5-5": Price(
            input: 0.10, cachedInput: 0.01, cacheWrite: 0.125, output: 0.50,
            long: Long(threshold: 100_000, input: 5, output: 5)),
        "claude-haiku-4-5": Price(input: 1, cachedInput: 0.10, cacheWrite: 1.25, output: 5),
    ]

    private static let opus5 = Price(input: 5, cachedInput: 0.50, cacheWrite: 6.25, output: 25)
    private static let sonnet4 = Price(input: 3, cachedInput: 0.30, cacheWrite: 3.75, output: 15)

    /// ai.google.dev, price page, text.
    private static let google: [String: Price] = [
        "gemini-3.1-pro": Price(
            input: 2, cachedInput: 0.20, output: 12, long: Long(threshold: 200_000, input: 2, output: 1.5)),
        "gemini-3.5-flash": Price(input: 1.50, cachedInput: 0.15, output: 9),
        "gemini-2.5-pro": Price(
            input: 1.25, cachedInput: 0.125, output: 10, long: Long(threshold: 200_000, input: 2, output: 1.5)),
        "gemini-2.5-flash": Price(input: 0.30, cachedInput: 0.03, output: 2.50),
    ]
}
