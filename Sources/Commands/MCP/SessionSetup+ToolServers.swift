import Basics
import Config
import MCP
import Policy
import Sandbox
import Wire

extension SessionSetup {
    /// Starts the servers that the configuration names, each in a sandbox of its own.
    ///
    /// - Parameter isStaged: whether the workspace may not change before somebody applies it; servers, which do not see the
    ///   stage, then change nothing at all.
    /// - Throws: `mcp.*` for a definition that cannot be used, and of a server that is required.
    func toolServers(
        _ policy: AccessPolicy, level: SandboxLevel, isStaged: Bool
    ) async throws(LockgateError) -> ToolServers {
        var servers: [(client: MCPClient, isRequired: Bool)] = []
        for (name, server) in settings.toolServers.sorted(by: { $0.key < $1.key }) where server.isEnabled ?? true {
            let definition = try MCPServerDefinition(name, server, workspace: cwd, environment: environment)
            var own = policy
            if let network = server.network { own.network.value = network }
            if isStaged { own.sandboxMode.value = .readOnly }
            let launcher = try launcher(own, level: level)
            let transport = SandboxedServer(definition, in: launcher.session, variables: launcher.plainVariables)
            servers.append(
                (MCPClient(definition, transport: transport, version: Version.text), server.isRequired ?? false))
        }
        guard !servers.isEmpty else { return ToolServers() }
        return try await ToolServers(starting: servers, outputLimit: settings.toolOutputTokenLimit * 4)
    }
}

extension MCPServerDefinition {
    /// - Throws: `mcp.name` for a name that no tool can bear, `mcp.no_command`.
    init(
        _ name: String, _ settings: ToolServerSettings, workspace: String, environment: [String: String]
    ) throws(LockgateError) {
        guard name.utf8.count <= 32, name.utf8.allSatisfy({ $0.isToolNameByte }) else {
            throw LockgateError(
                "mcp.name", "mcp_servers.\(name) is not a name for a server",
                remedy: "use at most 32 letters, digits, '-' and '_'")
        }
        guard let command = settings.command else {
            throw LockgateError(
                "mcp.no_command", "mcp_servers.\(name) has no command",
                remedy: "lockgate config set mcp_servers.\(name).command PROGRAM")
        }
        let inherited = settings.inheritedVariables.compactMap { name in environment[name].map { (name, $0) } }
        self.init(
            name: name, command: command, arguments: settings.arguments,
            environment: Dictionary(inherited) { $1 }.merging(settings.environment) { $1 },
            workingDirectory: settings.workingDirectory ?? workspace,
            startupLimit: .milliseconds(Int(min(settings.startupLimit ?? 10, 86_400) * 1000)),
            toolLimit: .milliseconds(Int(min(settings.toolLimit ?? 60, 86_400) * 1000)),
            enabledTools: settings.enabledTools.map(Set.init), disabledTools: Set(settings.disabledTools))
    }
}

extension UInt8 {
    fileprivate var isToolNameByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }
}

extension AccessPolicy {
    /// How far each server is trusted. What a project says of a server takes the user's trust in its name away: it was
    /// given to another program.
    static func toolServers(
        _ configuration: Configuration
    ) throws(LockgateError) -> [String: Sourced<ToolApprovalMode>] {
        var servers: [String: Sourced<ToolApprovalMode>] = [:]
        for (name, server) in configuration.settings.toolServers {
            guard let mode = server.approvalMode else { continue }
            let isOfProject = configuration.files.contains { origin in
                guard case .project = origin.layer else { return false }
                return configuration.states("mcp_servers.\(name)", in: origin)
            }
            guard !isOfProject else { continue }
            servers[name] = Sourced(
                mode, try configuration.resolve("mcp_servers.\(name).default_tools_approval_mode").origin)
        }
        return servers
    }
}

extension Configuration {
    /// Whether a file sets anything below a table.
    fileprivate func states(_ table: String, in file: Origin) -> Bool {
        resolutions.contains { resolution in
            guard resolution.key.hasPrefix(table + ".") else { return false }
            let places = [resolution.origin] + resolution.shadowed.map(\.origin) + resolution.joined.map(\.origin)
            return places.contains { $0.layer == file.layer }
        }
    }
}
