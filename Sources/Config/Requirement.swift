package import Basics
package import Wire

/// One constraint of the administrator's `requirements.toml` on an option.
package struct Requirement: Sendable, Hashable {
    /// The option it constrains.
    package var key: String
    package var rule: Rule
    package var origin: Origin

    package enum Rule: Sendable, Hashable {
        /// One of these; in the order of `ladder`, from the strictest, they have a nearest.
        case allowed([String], ladder: [String])
        /// Not more than this.
        case maximum(JSONValue)
        /// Exactly this.
        case fixed(JSONValue)
        /// At least these elements.
        case including([JSONValue])
    }

    /// What counts instead of a value that breaks the rule; nil when the value keeps it.
    ///
    /// Of an option that joins lists it is the part to add. Of allowed values it is the widest one that gives no more than the wanted value, else the strictest.
    func replacement(for value: JSONValue) -> JSONValue? {
        // No `? nil :` here: a literal nil would be read as JSON's null.
        switch rule {
        case .allowed(let names, let ladder):
            guard let wanted = value.string, !names.contains(wanted) else { return nil }
            let allowed = ladder.filter(names.contains)
            let limit = ladder.firstIndex(of: wanted) ?? 0
            let nearest = allowed.last { (ladder.firstIndex(of: $0) ?? .max) <= limit } ?? allowed.first
            return nearest.map(JSONValue.string)
        case .maximum(let maximum):
            if let limit = maximum.double, let wanted = value.double, wanted <= limit { return nil }
            return maximum
        case .fixed(let fixed):
            if value == fixed { return nil }
            return fixed
        case .including(let elements):
            let stated = value.array ?? []
            if elements.allSatisfy(stated.contains) { return nil }
            return .array(elements)
        }
    }

    /// The rule in words: `one of "read-only", "workspace-write"`.
    package var description: String {
        switch rule {
        case .allowed(let names, _): "one of " + names.map(TOMLText.quoted).joined(separator: ", ")
        case .maximum(let value): "at most \(TOMLText.inline(value))"
        case .fixed(let value): TOMLText.inline(value)
        case .including(let elements): "at least " + TOMLText.inline(.array(elements))
        }
    }
}

/// All constraints of the machine, read from `requirements.toml` in the administrator's folder.
struct Requirements: Sendable {
    static let fileName = "requirements.toml"

    /// In the order in which they have to be applied: other options' values depend on `sandbox_mode`.
    var constraints: [Requirement] = []
    /// Where the bypass flag is forbidden, if it is.
    var bypassBan: Origin?
    /// The providers that may be used, with the place; nil for all.
    var providers: AllowedProviders?

    /// The administrator's own hooks.
    var hooks: HookSource?
    /// The administrator's own rules on commands.
    var rules: RequiredRules?
    /// Where it says that no others count.
    var managedHooksOnly: Origin?

    struct AllowedProviders: Sendable, Hashable {
        var ids: [String]
        var origin: Origin
    }

    /// - Throws: `config.requirement` for a rule that cannot be kept.
    init(_ layer: ConfigurationLayer?) throws(LockgateError) {
        guard let layer else { return }
        hooks = layer.hooks
        rules = layer.rules
        for setting in layer.settings {
            switch setting.key {
            case "allow_bypass":
                if setting.value == false { bypassBan = setting.origin }
            case "allow_managed_hooks_only":
                if setting.value == true { managedHooksOnly = setting.origin }
            case "allowed_model_providers":
                providers = AllowedProviders(
                    ids: setting.value.array?.compactMap(\.string) ?? [], origin: setting.origin)
            default:
                guard let (key, rule) = RequirementTable.rule(setting) else { continue }
                constraints.append(Requirement(key: key, rule: rule, origin: setting.origin))
            }
        }
        constraints.sort { left, right in left.key == "sandbox_mode" && right.key != "sandbox_mode" }
        for constraint in constraints {
            guard case .allowed(let names, _) = constraint.rule else { continue }
            if names.isEmpty {
                throw LockgateError(
                    "config.requirement", "\(constraint.origin.location): no value is allowed for \(constraint.key)",
                    remedy: "list at least one value")
            }
            if constraint.key == "sandbox_mode", !names.contains(SandboxMode.readOnly.rawValue) {
                throw LockgateError(
                    "config.requirement",
                    "\(constraint.origin.location): allowed_sandbox_modes lacks \"read-only\", in which untrusted projects run",
                    remedy: "add \"read-only\"")
            }
        }
    }

    func constraint(on key: String) -> Requirement? { constraints.first { $0.key == key } }
}
