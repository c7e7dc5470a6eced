import Basics

private let widens = "it gives commands more than the user did"

extension ConfigurationOption {
    /// Options that name a permission profile or describe one.
    static let profileOptions: [ConfigurationOption] = [
        option(
            "default_permissions", .string, \.defaultPermissions, default: .unset("none"), project: .allowed,
            """
            The permission profile in effect: one of `[permissions.<id>]`, or the built-in `:read-only`, `:workspace` or \
            `:danger-full-access`. Its values count as if they stood in its place; a value that stands there as well and \
            says otherwise is an error. A project's choice can only narrow.
            """),
        member("description", .text, "What the profile is for.", merge: .replace),
        member("extends", .string, "Another profile whose values this one starts from.", merge: .replace),
    ]

    /// One option of profiles for each option that a profile may set: `permissions.<id>.sandbox_mode`.
    static let profileMembers: [ConfigurationOption] = (safetyOptions + budgetOptions).filter(\.isProfileMember).map {
        member($0.pattern, $0.type, "In a permission profile: \($0.summary)", merge: $0.merge)
    }

    private static func member(
        _ key: String, _ type: OptionType, _ summary: String, merge: MergeRule
    ) -> ConfigurationOption {
        // The values are put in place by `PermissionProfiles`, not stored.
        ConfigurationOption(
            path: [.name("permissions"), .placeholder(.id)] + segments(key), type: type,
            builtIn: .unset("as without the profile"), project: .refused(widens), merge: merge, summary: summary
        ) { _, _, _ in }
    }

    /// What a profile is made of: files, network, commands, environment, approvals and budgets, all with fixed keys.
    private var isProfileMember: Bool {
        guard hasFixedKey, case .name(let first)? = path.first else { return false }
        // Not what makes the product start programs or changes what the sandbox is, nor the older name of a key.
        return !["outer_sandbox", "allow_degraded_sandbox", "hooks"].contains(first)
            && !["approvals.command", "sandbox_workspace_write.network_access"].contains(pattern)
    }
}
