import Basics
import Wire

/// Puts the values of the permission profile that a layer names into that layer, each with the place it has in the
/// profile.
///
/// So a profile is no second system of permissions beside the settings: precedence, narrowing, requirements and
/// explanations are those of its values.
struct PermissionProfiles {
    /// A profile's own values by the key that they stand for.
    private struct Profile {
        var values: [String: LayerSetting] = [:]
        var extends: LayerSetting?
    }

    private static let selector = "default_permissions"
    private static let builtIn: [String: [(key: String, value: JSONValue)]] = [
        ":read-only": [("sandbox_mode", "read-only")],
        ":workspace": [("sandbox_mode", "workspace-write"), ("approval_policy", "on-request")],
        ":danger-full-access": [("sandbox_mode", "danger-full-access"), ("approval_policy", "never")],
    ]

    private let table = OptionTable.all
    private var profiles: [String: Profile] = [:]

    /// Takes the definitions of all layers, weakest first; a project's do not count.
    init(_ layers: [ConfigurationLayer]) {
        for layer in layers {
            if case .project = layer.layer { continue }
            for setting in layer.settings {
                guard let name = setting.names.first, let member = Self.member(table.options[setting.option]) else {
                    continue
                }
                if member == "extends" {
                    profiles[name, default: Profile()].extends = setting
                } else {
                    profiles[name, default: Profile()].values[member] = setting
                }
            }
        }
    }

    /// The key within a profile that an option is: `sandbox_mode`; nil for all other options.
    private static func member(_ option: ConfigurationOption) -> String? {
        guard option.path.count > 2, option.path[0] == .name("permissions") else { return nil }
        return option.path[2...].map(\.description).joined(separator: ".")
    }

    /// Expands the profiles that these layers name.
    ///
    /// - Throws: `config.unknown_profile`, `config.profile_cycle`, and `config.contradiction` where the layer itself says
    ///   otherwise than its profile.
    func expand(_ layers: inout [ConfigurationLayer]) throws(LockgateError) {
        for index in layers.indices {
            guard let choice = layers[index].settings.last(where: { $0.key == Self.selector }),
                let name = choice.value.string
            else { continue }
            let values = try values(of: name, named: choice, seen: [])
            // The flags of one command line are one place.
            let isFlag = if case .flag = layers[index].layer { true } else { false }
            let beside =
                isFlag
                ? layers.filter { if case .flag = $0.layer { true } else { false } }.flatMap(\.settings)
                : layers[index].settings
            for value in values.sorted(by: { $0.key < $1.key }) {
                try refuseContradiction(value, choice, beside)
                layers[index].settings.append(value)
            }
        }
    }

    private func refuseContradiction(
        _ value: LayerSetting, _ choice: LayerSetting, _ beside: [LayerSetting]
    ) throws(LockgateError) {
        guard table.options[value.option].merge == .replace,
            let other = beside.last(where: { $0.key == value.key && $0.value != value.value })
        else { return }
        throw LockgateError(
            "config.contradiction",
            """
            \(other.origin.location): \(value.key) = \(TOMLText.inline(other.value)) contradicts the permission profile \
            \(TOMLText.inline(choice.value)) named at \(choice.origin.location), where it is \
            \(TOMLText.inline(value.value)) (\(value.origin.location))
            """, remedy: "keep one of them; a profile with `extends` can change a value of another")
    }

    /// A profile's values, those that it starts from included.
    private func values(
        of name: String, named choice: LayerSetting, seen: [String]
    ) throws(LockgateError) -> [LayerSetting] {
        if let values = Self.builtIn[name] {
            return values.compactMap { setting($0.key, $0.value, origin: choice.origin) }
        }
        guard let profile = profiles[name] else {
            let known = (Array(Self.builtIn.keys) + Array(profiles.keys)).sorted()
            let hint = Suggestion.nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
            throw LockgateError(
                "config.unknown_profile",
                "\(choice.origin.location): there is no permission profile \(TOMLText.quoted(name))",
                remedy: hint ?? "define [permissions.\(name)], or use one of: \(known.joined(separator: ", "))")
        }
        guard !seen.contains(name) else {
            throw LockgateError(
                "config.profile_cycle",
                "\(choice.origin.location): permission profiles extend each other: "
                    + (seen + [name]).joined(separator: " -> "),
                remedy: "remove one `extends`")
        }
        var all: [String: LayerSetting] = [:]
        if let base = profile.extends, let baseName = base.value.string {
            for value in try values(of: baseName, named: base, seen: seen + [name]) { all[value.key] = value }
        }
        for (key, value) in profile.values where key != "description" {
            all[key] = setting(key, value.value, origin: value.origin)
        }
        return Array(all.values)
    }

    private func setting(_ key: String, _ value: JSONValue, origin: Origin) -> LayerSetting? {
        table.index(of: key).map { LayerSetting(key: key, option: $0, names: [], value: value, origin: origin) }
    }
}
