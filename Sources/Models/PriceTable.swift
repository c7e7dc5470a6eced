package import Wire

/// What tokens cost, by model. Nil where nothing is known: a wrong sum is worse than none.
package struct PriceTable: Sendable, Hashable {
    /// USD per million tokens.
    package struct Price: Sendable, Hashable {
        package var input: Double
        /// Input read from the provider's cache; nil where it costs as much as other input.
        package var cachedInput: Double?
        /// Input written to the provider's cache, for its shortest retention; nil as above.
        package var cacheWrite: Double?
        package var output: Double
        /// Prices of a whole request whose input is longer than a threshold.
        package var long: Long?

        package init(
            input: Double, cachedInput: Double? = nil, cacheWrite: Double? = nil, output: Double, long: Long? = nil
        ) {
            self.input = input
            self.cachedInput = cachedInput
            self.cacheWrite = cacheWrite
            self.output = output
            self.long = long
        }
    }

    /// Where a model's price steps up, and by how much.
    package struct Long: Sendable, Hashable {
        /// The most input tokens that the plain price holds for.
        package var threshold: Int
        /// Factor on input and cache prices.
        package var input: Double
        /// Factor on the output price.
        package var output: Double

        package init(threshold: Int, input: Double, output: Double) {
            self.threshold = threshold
            self.input = input
            self.output = output
        }
    }

    private var prices: [String: Price]

    /// Names of built-in models with this beginning, in no order.
    package static func names(prefix: String) -> [String] {
        builtIn.prices.keys.filter { $0.hasPrefix(prefix) }
    }

    package init(_ prices: [String: Price]) {
        self.prices = Dictionary(prices.map { (ModelProfile.plainName($0.key), $0.value) }) { _, last in last }
    }

    /// The table with a user's prices, which win. The user's names may stand for exact models or for dated families.
    package func merging(_ own: [String: Price]) -> PriceTable {
        var merged = self
        merged.prices.merge(PriceTable(own).prices) { _, own in own }
        return merged
    }

    /// The price of a model by its name, or by the longest name that it is a dated form of.
    ///
    /// `gpt-5-2025-08-07` is `gpt-5`; `gpt-5-pro` is not, since another word means another price.
    package func price(model: String) -> Price? {
        let name = ModelProfile.plainName(model)
        if let exact = prices[name] { return exact }
        return prices.filter { name.hasPrefix($0.key) && Self.isVersionTag(name.dropFirst($0.key.count)) }
            .max { $0.key.count < $1.key.count }?.value
    }

    /// USD for a response's tokens, or nil for a model without a price.
    package func cost(model: String, usage: TokenUsage) -> Double? {
        guard let price = price(model: model) else { return nil }
        let isLong = price.long.map { usage.inputTokens > $0.threshold } ?? false
        let fresh = max(0, usage.inputTokens - usage.cachedInputTokens - usage.cacheWriteInputTokens)
        let input =
            Double(fresh) * price.input
            + Double(usage.cachedInputTokens) * (price.cachedInput ?? price.input)
            + Double(usage.cacheWriteInputTokens) * (price.cacheWrite ?? price.input)
        let output = Double(usage.outputTokens) * price.output
        let factors = isLong ? price.long : nil
        return (input * (factors?.input ?? 1) + output * (factors?.output ?? 1)) / 1_000_000
    }

    /// `-20251101`, `-2025-08-07`, `@20250929`, `-latest`, `-preview` or `-v1:0`-like tails of a model's name.
    private static func isVersionTag(_ tail: Substring) -> Bool {
        guard let mark = tail.first, mark == "-" || mark == "@" else { return false }
        let tag = tail.dropFirst()
        if tag == "latest" || tag == "preview" { return true }
        return tag.count >= 8 && tag.allSatisfy { $0.isASCII && $0.isNumber || $0 == "-" }
    }
}
