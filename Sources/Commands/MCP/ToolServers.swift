import Basics
import Config
import MCP
import Wire

/// The MCP servers of a session, running, with their tools.
struct ToolServers: Sendable {
    private(set) var tools: [any Tool] = []
    /// Servers that cannot be used, and tools of theirs.
    private(set) var warnings: [String] = []
    private var clients: [MCPClient] = []
    /// What became of each server, in their order.
    private(set) var states: [State] = []

    /// A server as it stood when the session began.
    struct State: Sendable {
        let name: String
        /// Why it was left out; nil of one that runs.
        let failure: String?
        /// Tools that are offered, with what the model calls them.
        var tools: [(name: String, tool: MCPTool)] = []
        /// Tools that cannot be used, and why.
        var problems: [String] = []
    }

    init() {}

    /// Starts servers, all at once. One that does not start is left out with a warning.
    ///
    /// - Throws: `mcp.*` of a server that is required; the others are ended then.
    init(
        starting servers: [(client: MCPClient, isRequired: Bool)], outputLimit: Int
    ) async throws(LockgateError) {
        let ends = await withTaskGroup(of: (Int, LockgateError?).self) { group in
            for (index, server) in servers.enumerated() {
                group.addTask {
                    do throws(LockgateError) {
                        try await server.client.start()
                        return (index, nil)
                    } catch {
                        return (index, error)
                    }
                }
            }
            var ends = [LockgateError?](repeating: nil, count: servers.count)
            for await (index, end) in group { ends[index] = end }
            return ends
        }
        var found: [(MCPTool, MCPClient)] = []
        var failure: LockgateError?
        for (server, end) in zip(servers, ends) {
            if let end {
                if server.isRequired { failure = failure ?? end }
                states.append(State(name: server.client.definition.name, failure: end.message))
                warnings.append("\(end.message); the session goes on without it")
                continue
            }
            clients.append(server.client)
            for tool in (try? await server.client.tools()) ?? [] { found.append((tool, server.client)) }
            let problems = await server.client.problems
            states.append(State(name: server.client.definition.name, failure: nil, problems: problems))
            for problem in problems.prefix(5) {
                warnings.append("the MCP server \(server.client.definition.name): \(problem)")
            }
        }
        if let failure {
            await stop()
            throw failure
        }
        tools = zip(found, MCPToolNames.of(found.map(\.0))).map { tool, name in
            if let place = states.firstIndex(where: { $0.name == tool.0.server }) {
                states[place].tools.append((name, tool.0))
            }
            return MCPToolAdapter(tool.0, named: name, of: tool.1, outputLimit: outputLimit)
        }
    }

    func stop() async {
        for client in clients { await client.stop() }
    }
}
