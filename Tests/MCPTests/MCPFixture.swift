import Basics
import Sandbox
import TestSupport
import Wire

@testable import MCP

/// The scripted server, in the sandbox, in a workspace of its own.
struct MCPFixture {
    let folder: TemporaryFolder
    var workspace: String { folder.at("ws") }

    static func with(_ body: (MCPFixture) async throws -> Void) async throws {
        // Not beneath /tmp, of which the sandbox has its own.
        try await TemporaryFolder.with(in: "/var/tmp") { folder in
            for name in ["ws", "home"] { try folder.makeFolder(name) }
            try await body(MCPFixture(folder: folder))
        }
    }

    static let script =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        + "/scripted-server.py"

    func definition(_ mode: String, change: (inout MCPServerDefinition) -> Void = { _ in }) -> MCPServerDefinition {
        var definition = MCPServerDefinition(
            name: "scripted", command: "python3", arguments: [Self.script, mode],
            environment: ["OWN": "value"], workingDirectory: workspace, startupLimit: .seconds(30),
            toolLimit: .seconds(30))
        change(&definition)
        return definition
    }

    func client(_ definition: MCPServerDefinition, mode: SandboxMode = .workspaceWrite) throws -> (
        MCPClient, SandboxedServer
    ) {
        let environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.at("home"), "SOME_API_KEY": "secret",
            "LANG": "C.UTF-8",
        ]
        let policy = SandboxPolicy(mode: mode, network: .off, workspace: workspace, home: folder.at("home"))
        let session = try SandboxSession(policy: policy, environment: environment)
        let variables = CommandEnvironment(inherited: environment).variables(
            mode: mode, network: .off, hasTerminal: false)
        let server = SandboxedServer(definition, in: session, variables: variables)
        return (MCPClient(definition, transport: server, version: "1"), server)
    }

    /// Starts the server, does something, and ends it.
    func running<Value>(
        _ mode: String, change: (inout MCPServerDefinition) -> Void = { _ in },
        _ body: (MCPClient, SandboxedServer) async throws -> Value
    ) async throws -> Value {
        let (client, server) = try client(definition(mode, change: change))
        do {
            try await client.start()
            let value = try await body(client, server)
            await client.stop()
            return value
        } catch {
            await client.stop()
            throw error
        }
    }
}

extension MCPClient {
    /// Calls a tool as it is described now.
    func call(_ name: String, _ arguments: JSONObject = [:]) async throws -> MCPResult {
        let digest = try await tools().first { $0.name == name }?.digest ?? ""
        return try await call(name, arguments, digest: digest)
    }
}
