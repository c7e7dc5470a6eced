import Basics
import Config
import Models
import Wire

/// Which model answers, where, and what is known of it.
struct ModelSelection: Sendable {
    var model: String
    var provider: Provider
    var profile: ModelProfile
    var prices: PriceTable
    /// Environment variables that hold any provider's key, or a collector's; no command sees them.
    var keyNames: Set<String>

    /// - Throws: `model.none`, `provider.unknown`, `provider.no_key` and the provider's own errors.
    init(settings: Settings, environment: [String: String], home: String) throws(LockgateError) {
        let (id, model) = try Self.choose(settings: settings, environment: environment, home: home)
        provider = try Self.provider(id, settings: settings)
        self.model = model
        profile = ModelProfile.known(model, provider: id).applying(
            ModelProfile.Override(
                contextWindow: settings.modelContextWindow, maxOutputTokens: settings.modelMaxOutputTokens,
                toolMode: settings.toolMode.flatMap { ModelProfile.ToolModeName(rawValue: $0.rawValue) }))
        // What this machine computes costs nothing by the token.
        let own: [String: PriceTable.Price] =
            id == Self.localProvider ? [model: PriceTable.Price(input: 0, output: 0)] : [:]
        prices = PriceTable.builtIn.merging(own).merging(
            settings.prices.mapValues {
                PriceTable.Price(
                    input: $0.input ?? 0, cachedInput: $0.cachedInput, cacheWrite: $0.cacheWrite, output: $0.output ?? 0
                )
            })
        keyNames = Set(
            Provider.presets.compactMap(\.envKey) + settings.providers.values.compactMap(\.envKey)
                + settings.otel.envHeaders.values)
        if let name = provider.envKey, (environment[name] ?? "").isEmpty {
            throw LockgateError(
                "provider.no_key",
                "the provider \(id) needs a key in the environment variable \(name), which is not set",
                remedy: settings.providers[id]?.envKeyInstructions
                    ?? "export \(name)=…, or use a local model: lockgate model install, then -m \(Self.localModel)")
        }
    }

    static let localModel = "qwen2.5-coder-1.5b"
    static let localProvider = "lockgate-local"

    /// Provider and model by configuration; where it names only one, or none, what the other implies.
    private static func choose(
        settings: Settings, environment: [String: String], home: String
    ) throws(LockgateError) -> (provider: String, model: String) {
        switch (settings.modelProvider, settings.model) {
        case (let provider?, let model?): return (provider, model)
        case (localProvider?, nil): return (localProvider, localModel)
        case (let provider?, nil):
            throw LockgateError(
                "model.none", "no model is named for the provider \(provider)",
                remedy: "give -m MODEL, or set `model` in \(home)/config.toml")
        case (nil, let model?):
            if let provider = implied(by: model) { return (provider, model) }
            throw LockgateError(
                "provider.none", "the model \"\(model)\" does not say which provider serves it",
                remedy: "set model_provider, for example -c model_provider=ollama; known: "
                    + Provider.presets.map(\.id).joined(separator: ", "))
        case (nil, nil):
            if PosixFile.exists("\(home)/models/\(localModel)") { return (localProvider, localModel) }
            let keys = Provider.presets.compactMap { preset in
                preset.envKey.flatMap { (environment[$0] ?? "").isEmpty ? nil : preset.id }
            }
            throw LockgateError(
                "model.none", "no model is chosen",
                remedy: keys.first.map { "a key for \($0) is set: give -m MODEL -c model_provider=\($0)" }
                    ?? "give -m MODEL with a provider's key in the environment, or run: lockgate model install")
        }
    }

    private static func implied(by model: String) -> String? {
        if model == localModel { return localProvider }
        let families = [
            ("gpt-", "openai"), ("o1", "openai"), ("o3", "openai"), ("o4", "openai"), ("codex-", "openai"),
            ("claude-", "anthropic"), ("gemini-", "gemini"),
        ]
        if let family = families.first(where: { model.hasPrefix($0.0) }) { return family.1 }
        return model.contains("/") ? "openrouter" : nil
    }

    private static func provider(_ id: String, settings: Settings) throws(LockgateError) -> Provider {
        let preset = Provider.preset(id)
        guard let own = settings.providers[id] else {
            if let preset { return preset }
            let known = Set(Provider.presets.map(\.id)).union(settings.providers.keys).sorted()
            throw LockgateError(
                "provider.unknown", "there is no model provider \"\(id)\"",
                remedy:
                    "add [model_providers.\(id)] to the configuration, or use one of: \(known.joined(separator: ", "))")
        }
        let dialect = own.wireAPI ?? preset?.wireAPI ?? .responses
        return Provider(
            id: id, name: own.name ?? preset?.name ?? id, baseURL: own.baseURL ?? preset?.baseURL,
            envKey: own.envKey ?? preset?.envKey, wireAPI: dialect,
            authentication: preset?.authentication ?? (dialect == .messages ? .xAPIKey : .bearer),
            queryParams: own.queryParameters.merging(preset?.queryParams ?? [:]) { own, _ in own },
            httpHeaders: own.httpHeaders.merging(preset?.httpHeaders ?? [:]) { own, _ in own },
            envHTTPHeaders: own.envHTTPHeaders.merging(preset?.envHTTPHeaders ?? [:]) { own, _ in own },
            requestMaxRetries: own.requestMaxRetries ?? own.streamMaxRetries ?? preset?.requestMaxRetries ?? 5,
            streamIdleTimeoutMilliseconds: own.streamIdleTimeoutMilliseconds ?? preset?.streamIdleTimeoutMilliseconds
                ?? 60_000,
            quirks: dialect == preset?.wireAPI ? preset?.quirks : nil)
    }
}
