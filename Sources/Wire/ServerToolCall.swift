package import Basics

/// A call of a tool that an MCP server offers.
package struct ServerToolCall: Sendable, Hashable {
    /// The server's name in the configuration.
    package var server: String
    package var tool: String
    package var arguments: JSONObject
    /// SHA-256 of the tool as the server describes it now; an answer counts for this description alone.
    package var definition: String
    /// What the server claims of it, and cannot be held to.
    package var claimsToRead: Bool

    package init(server: String, tool: String, arguments: JSONObject, definition: String, claimsToRead: Bool) {
        self.server = server
        self.tool = tool
        self.arguments = arguments
        self.definition = definition
        self.claimsToRead = claimsToRead
    }

    /// `server.tool`, for people.
    package var name: String { "\(server).\(tool)" }

    package var json: JSONValue {
        [
            "kind": "mcp_tool", "server": .string(server), "tool": .string(tool), "arguments": .object(arguments),
            "definition": .string(definition), "claims_to_read": .bool(claimsToRead),
        ]
    }

    package init?(json: JSONValue) {
        guard let server = json["server"]?.string, let tool = json["tool"]?.string,
            let definition = json["definition"]?.string
        else { return nil }
        self.init(
            server: server, tool: tool, arguments: json["arguments"]?.object ?? [:], definition: definition,
            claimsToRead: json["claims_to_read"]?.bool ?? false)
    }
}

/// Which calls of a server's tools are asked about; names are Codex's.
package enum ToolApprovalMode: String, Sendable, Hashable, CaseIterable {
    /// Every call.
    case prompt
    /// Those of tools that do not claim to only read: the user takes the server's word for it.
    case writes
    /// None: the user trusts the server with everything that its sandbox leaves.
    case approve
}
