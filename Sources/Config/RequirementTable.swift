import Basics
import Wire

/// The keys of `requirements.toml` and what each means for the options.
enum RequirementTable {
    static let table = OptionTable([
        requirement(
            "allowed_sandbox_modes", .list(.choice(SandboxMode.allCases.map(\.rawValue))),
            "The values that `sandbox_mode` may have; `read-only` has to be one of them."),
        requirement(
            "allowed_approval_policies", .list(.choice(ApprovalPolicy.allCases.map(\.rawValue))),
            "The values that `approval_policy` may have."),
        requirement(
            "allowed_approvals_reviewers", .list(.choice(ApprovalsReviewer.allCases.map(\.rawValue))),
            "The values that `approvals_reviewer` may have."),
        requirement(
            "allowed_network_modes", .list(.choice(NetworkMode.allCases.map(\.rawValue))),
            "The values that `network.mode` may have."),
        requirement(
            "allowed_model_providers", .list(.string),
            "The ids of the providers that may be used. Another one is an error: prompts are not sent elsewhere silently."
        ),
        requirement(
            "allow_bypass", .boolean,
            "Whether `--dangerously-bypass-approvals-and-sandbox` is allowed. With `false` it is an error."),
        requirement("allow_login_shell", .boolean, "With `false`, `allow_login_shell` is false."),
        requirement(
            "allow_managed_hooks_only", .boolean,
            "With `true`, only hooks of `requirements.toml` and of `/etc/lockgate` count; others are skipped with a warning."
        ),
        requirement("hooks", .table, "Hooks as in `config.toml`, which nobody can take away."),
        requirement(
            RequiredRules.key, .table,
            "Rules on commands that nobody can take away: a list of `{pattern = [{token = \"git\"}, {any_of = [\"push\"]}], decision = \"prompt\" or \"forbidden\", justification = \"...\"}`."
        ),
        requirement(
            "filesystem.deny_read", .list(.pathPattern), "Paths and globs that are added to `filesystem.deny_read`."),
        requirement(
            "budget.usd", .number(minimum: 0), "The most that `budget.usd` may be; also the value where none is set."),
        requirement("budget.tokens", .integer(0...Int.max), "The same for `budget.tokens`."),
        requirement("budget.seconds", .integer(0...Int.max), "The same for `budget.seconds`."),
        requirement(
            "history.persistence", .choice(HistoryPersistence.allCases.map(\.rawValue)),
            "The value of `history.persistence`, whatever is set."),
    ])

    private static func requirement(_ path: String, _ type: OptionType, _ summary: String) -> ConfigurationOption {
        ConfigurationOption(
            path: ConfigurationOption.segments(path), type: type, builtIn: .unset("no constraint"), project: .allowed,
            merge: .replace, summary: summary, store: { _, _, _ in })
    }

    /// The option that a requirement constrains, and how; nil for those that constrain none, or nothing.
    static func rule(_ setting: LayerSetting) -> (key: String, rule: Requirement.Rule)? {
        let names = setting.value.array?.compactMap(\.string) ?? []
        switch setting.key {
        case "allowed_sandbox_modes": return allowed("sandbox_mode", names)
        case "allowed_approval_policies": return allowed("approval_policy", names)
        case "allowed_approvals_reviewers": return allowed("approvals_reviewer", names)
        case "allowed_network_modes": return allowed("network.mode", names)
        case "allow_login_shell": return setting.value == false ? ("allow_login_shell", .fixed(false)) : nil
        case "filesystem.deny_read": return ("filesystem.deny_read", .including(setting.value.array ?? []))
        case "history.persistence": return ("history.persistence", .fixed(setting.value))
        case "budget.usd", "budget.tokens", "budget.seconds": return (setting.key, .maximum(setting.value))
        default: return nil
        }
    }

    /// The order from strict to wide is that of the option's own project rule.
    private static func allowed(_ key: String, _ names: [String]) -> (key: String, rule: Requirement.Rule)? {
        guard
            case .narrowing(.choices(let ladder)) = OptionTable.all.options.first(where: { $0.pattern == key })?.project
        else { return nil }
        return (key, .allowed(names, ladder: ladder))
    }
}
