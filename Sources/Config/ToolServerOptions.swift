import Basics
package import Wire

private let widens = "it gives a server more than the user did"

/// `[mcp_servers.<id>]`
package struct ToolServerSettings: Sendable, Hashable {
    package var command: String?
    package var arguments: [String] = []
    package var environment: [String: String] = [:]
    /// Names of variables that the server gets from the caller's environment.
    package var inheritedVariables: [String] = []
    /// Absolute.
    package var workingDirectory: String?
    package var network: NetworkMode?
    package var isEnabled: Bool?
    package var isRequired: Bool?
    /// Seconds.
    package var startupLimit: Double?
    /// Seconds.
    package var toolLimit: Double?
    package var enabledTools: [String]?
    package var disabledTools: [String] = []
    package var approvalMode: ToolApprovalMode?

    package init() {}
}
extension ToolServerSettings: NamedSettings {}
extension ToolApprovalMode: OptionValue {}

extension ConfigurationOption {
    /// Options of `[mcp_servers.<id>]`; keys and meanings are Codex's.
    static let toolServerOptions: [ConfigurationOption] = [
        option(
            "mcp_servers.<id>.command", .string, \.toolServers, \.command, default: .unset("none"),
            project: .afterReview,
            "The program of an MCP server that is spoken to by its standard input and output. See `docs/mcp.md`."),
        option(
            "mcp_servers.<id>.args", .list(.text), \.toolServers, \.arguments, default: .value([]),
            project: .afterReview,
            "Its arguments."),
        entry(
            "mcp_servers.<id>.env.<VARIABLE>", .text, \.toolServers, \.environment, project: .afterReview,
            "Variables that it gets besides those of commands. For secrets use `env_vars`."),
        option(
            "mcp_servers.<id>.env_vars", .list(.environmentName), \.toolServers, \.inheritedVariables,
            default: .value([]),
            project: .refused(widens), "Variables of the caller's environment that it gets, whatever their names."),
        option(
            "mcp_servers.<id>.cwd", .path, \.toolServers, \.workingDirectory, default: .unset("the workspace"),
            project: .afterReview, "The folder that it is started in."),
        option(
            "mcp_servers.<id>.network", .choice(["off", "on"]), \.toolServers, \.network,
            default: .unset("that of commands, `network.mode`"), project: .refused(widens),
            "What it may reach: nothing, or everything."),
        option(
            "mcp_servers.<id>.enabled", .boolean, \.toolServers, \.isEnabled, default: .value(true),
            project: .afterReview,
            "Whether it is started."),
        option(
            "mcp_servers.<id>.required", .boolean, \.toolServers, \.isRequired, default: .value(false),
            project: .afterReview, "Whether a session ends when it cannot be started. Else it goes on without it."),
        option(
            "mcp_servers.<id>.startup_timeout_sec", .number(minimum: 0), \.toolServers, \.startupLimit,
            default: .value(10), project: .afterReview, "How long it may take to start, and to list its tools."),
        option(
            "mcp_servers.<id>.tool_timeout_sec", .number(minimum: 0), \.toolServers, \.toolLimit, default: .value(60),
            project: .afterReview, "How long a call may take."),
        option(
            "mcp_servers.<id>.enabled_tools", .list(.string), \.toolServers, \.enabledTools, default: .unset("all"),
            project: .afterReview, "The tools that are offered to the model."),
        option(
            "mcp_servers.<id>.disabled_tools", .list(.string), \.toolServers, \.disabledTools, default: .value([]),
            project: .afterReview, "Tools that are not."),
        option(
            "mcp_servers.<id>.default_tools_approval_mode", .choice(ToolApprovalMode.allCases.map(\.rawValue)),
            \.toolServers, \.approvalMode, default: .value("prompt"), project: .refused(widens),
            """
            Which calls are asked about: `prompt`, every one; `writes`, those of tools that do not claim to only read; \
            `approve`, none. Does not count for a server that a project defines.
            """),
    ]
}
