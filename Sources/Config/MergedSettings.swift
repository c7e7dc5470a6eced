import Basics
import Wire

/// All layers' settings in one place: the merge that both the typed settings and the explanations are made from.
struct MergedSettings: Sendable {
    /// A key with every value stated for it.
    struct Entry: Sendable {
        var option: Int
        /// Accepted values, weakest first.
        var stated: [LayerSetting] = []
        var refused: [RefusedValue] = []
    }

    let isTrusted: Bool
    /// Whether the user approved the project's executable content.
    let isReviewed: Bool
    private(set) var entries: [String: Entry] = [:]
    private(set) var warnings: [ConfigurationWarning] = []
    private(set) var requirements: Requirements?
    private let table = OptionTable.all

    init(isTrusted: Bool, isReviewed: Bool = false) {
        self.isTrusted = isTrusted
        self.isReviewed = isReviewed
    }

    // MARK: Merging

    /// Adds a layer above all that were added before.
    mutating func add(_ layer: ConfigurationLayer) {
        for setting in layer.settings {
            let key = setting.key
            if case .project = layer.layer, let reason = objection(to: setting) {
                refuse(setting, reason)
            } else {
                entries[key, default: Entry(option: setting.option)].stated.append(setting)
            }
        }
    }

    /// Why a project may not set a value, or nil when it may.
    private func objection(to setting: LayerSetting) -> String? {
        switch table.options[setting.option].project {
        case .allowed: return nil
        case .refused(let reason): return "a project may not set it, because \(reason)"
        case .afterReview:
            return isReviewed
                ? nil : "a project may set it only after its content was reviewed, because it executes or redirects"
        case .narrowing(let strictness):
            guard let (value, origin) = winner(setting.key, setting.option),
                !strictness.allows(setting.value, under: value)
            else { return nil }
            return "a project may only narrow it, and \(origin) says \(TOMLText.inline(value))"
        }
    }

    private mutating func refuse(_ setting: LayerSetting, _ reason: String) {
        entries[setting.key, default: Entry(option: setting.option)].refused.append(
            RefusedValue(value: setting.value, origin: setting.origin, reason: reason))
        // The same statement under its other name was reported already.
        guard setting.condition == nil else { return }
        warnings.append(
            ConfigurationWarning(
                code: "config.project_refused",
                message: "\(setting.origin): \(setting.key.printable) ignored: \(reason)", origin: setting.origin))
    }

    /// Puts the administrator's values above all others where those break a rule.
    mutating func constrain(_ requirements: Requirements) {
        self.requirements = requirements
        for constraint in requirements.constraints {
            guard let index = table.options.firstIndex(where: { $0.pattern == constraint.key }) else { continue }
            let resolution = resolution(of: constraint.key, option: index)
            guard let value = constraint.replacement(for: resolution.value) else { continue }
            entries[constraint.key, default: Entry(option: index)].stated.append(
                LayerSetting(key: constraint.key, option: index, names: [], value: value, origin: constraint.origin))
            // Nobody broke a rule who only left an option alone, or whose list was added to.
            guard resolution.origin != .builtIn, table.options[index].merge == .replace else { continue }
            warnings.append(
                ConfigurationWarning(
                    code: "config.requirement",
                    message: """
                        \(resolution.origin): \(constraint.key) = \(TOMLText.inline(resolution.value)) is not allowed: \
                        \(constraint.origin) requires \(constraint.description); \(TOMLText.inline(value)) is used
                        """, origin: resolution.origin))
        }
    }

    // MARK: Reading

    /// The value that counts for an option that replaces, with its place; nil when it is unset.
    private func winner(_ key: String, _ option: Int) -> (value: JSONValue, origin: Origin)? {
        if let top = counting(key).last { return (top.value, top.origin) }
        return builtIn(option).map { ($0, .builtIn) }
    }

    /// The stated values whose condition holds.
    private func counting(_ key: String) -> [LayerSetting] {
        guard let stated = entries[key]?.stated else { return [] }
        guard stated.contains(where: { $0.condition != nil }) else { return stated }
        let mode = sandboxMode
        return stated.filter { $0.condition == nil || $0.condition == mode }
    }

    private var sandboxMode: SandboxMode? {
        let stated = entries["sandbox_mode"]?.stated.last?.value
        return (stated ?? OptionTable.sandboxDefault.value(trusted: isTrusted))?.string.flatMap(
            SandboxMode.init(rawValue:))
    }

    private func builtIn(_ index: Int) -> JSONValue? {
        let option = table.options[index]
        // Full access means no restriction at all, unless the user restricts the network by name.
        if option.isNetworkMode, sandboxMode == .dangerFullAccess { return .string(NetworkMode.on.rawValue) }
        return option.builtIn.value(trusted: isTrusted)
    }

    func resolution(of key: String, option index: Int) -> Resolution {
        let option = table.options[index]
        let stated = counting(key)
        var values = stated.map { OriginatedValue($0.value, $0.origin) }
        if let builtIn = builtIn(index) { values.insert(OriginatedValue(builtIn, .builtIn), at: 0) }
        let refused = entries[key]?.refused ?? []
        guard let top = values.last else {
            return Resolution(key: key, value: .null, origin: .builtIn, shadowed: [], joined: [], refused: refused)
        }
        guard option.merge == .union else {
            return Resolution(
                key: key, value: top.value, origin: top.origin, shadowed: values.dropLast().reversed(), joined: [],
                refused: refused)
        }
        return Resolution(
            key: key, value: Self.union(values.map(\.value)), origin: top.origin, shadowed: [], joined: values,
            refused: refused)
    }

    /// All elements in order, each once.
    private static func union(_ lists: [JSONValue]) -> JSONValue {
        var seen: Set<JSONValue> = []
        return .array(lists.flatMap { $0.array ?? [] }.filter { seen.insert($0).inserted })
    }

    /// Every key that is stated or has a built-in value, in the table's order, named ones sorted.
    var all: [Resolution] {
        var keys = Dictionary(grouping: entries.keys) { entries[$0]?.option ?? 0 }
        for (index, option) in table.options.enumerated() where keys[index] == nil && option.hasFixedKey {
            if option.type != .table { keys[index] = [option.pattern] }
        }
        return keys.sorted { $0.key < $1.key }.flatMap { index, keys in
            keys.sorted().map { resolution(of: $0, option: index) }
        }
    }

    /// The typed form. Goes over what is there, not over all options: most are unset.
    func settings() -> Settings {
        var settings = Settings()
        for (index, option) in table.options.enumerated() where option.hasFixedKey {
            if let value = builtIn(index) { option.store(&settings, [], value) }
        }
        for (key, entry) in entries.sorted(by: { $0.key < $1.key }) {
            let value = resolution(of: key, option: entry.option).value
            guard !value.isNull, let names = entry.stated.last?.names else { continue }
            table.options[entry.option].store(&settings, names, value)
        }
        return settings
    }
}

extension ConfigurationOption {
    /// Whether no name in the key is the user's choice.
    var hasFixedKey: Bool {
        path.allSatisfy { if case .name = $0 { true } else { false } }
    }

    fileprivate var isNetworkMode: Bool { path == [.name("network"), .name("mode")] }
}

extension OptionTable {
    /// The built-in `sandbox_mode`.
    fileprivate static let sandboxDefault =
        ConfigurationOption.safetyOptions.first { $0.pattern == "sandbox_mode" }?.builtIn
        ?? .unset("")
}
