/// A server as the configuration names it; keys and meanings are Codex's `[mcp_servers.NAME]`.
package struct MCPServerDefinition: Sendable, Hashable {
    package var name: String
    /// The program, looked up in the server's own PATH.
    package var command: String
    package var arguments: [String]
    /// Its own variables, after those that every command gets.
    package var environment: [String: String]
    /// Absolute.
    package var workingDirectory: String
    package var startupLimit: Duration
    package var toolLimit: Duration
    /// nil offers all.
    package var enabledTools: Set<String>?
    package var disabledTools: Set<String>

    package init(
        name: String, command: String, arguments: [String] = [], environment: [String: String] = [:],
        workingDirectory: String, startupLimit: Duration = .seconds(10), toolLimit: Duration = .seconds(60),
        enabledTools: Set<String>? = nil, disabledTools: Set<String> = []
    ) {
        self.name = name
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.startupLimit = startupLimit
        self.toolLimit = toolLimit
        self.enabledTools = enabledTools
        self.disabledTools = disabledTools
    }

    func offers(_ tool: String) -> Bool {
        !disabledTools.contains(tool) && enabledTools?.contains(tool) != false
    }
}
