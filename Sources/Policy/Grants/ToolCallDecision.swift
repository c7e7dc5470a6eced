package import Wire

/// The gate's decision on a call of an MCP server's tool.
package struct ToolCallDecision: Sendable, Hashable {
    package var verdict: Verdict
    /// The grant that answered, if one did.
    package var grants: [Grant]
}

extension AccessPolicy {
    /// Decides on a call of a server's tool. `verdict(on:)` is this function's verdict.
    ///
    /// What a server says of its tools loosens nothing by itself: the user's setting for the server, or a grant for this very
    /// description, does.
    package func decision(onToolCall call: ServerToolCall) -> ToolCallDecision {
        let mode = toolServers[call.server] ?? Sourced(.prompt)
        let rule = "mcp_servers.\(call.server).default_tools_approval_mode = \"\(mode.value.rawValue)\""
        if mode.value == .approve || mode.value == .writes && call.claimsToRead {
            return ToolCallDecision(verdict: Verdict(.allow, rule: rule, origin: mode.origin), grants: [])
        }
        let wanted = GrantRule.tool(server: call.server, tool: call.tool, definition: call.definition)
        if let grant = grants.first(where: { $0.rule == wanted }) {
            return ToolCallDecision(
                verdict: Verdict(.allow, rule: grant.rule.text, origin: grant.origin), grants: [grant])
        }
        let verdict = Verdict(
            .ask, rule: rule, origin: mode.origin,
            reason: "the tool \(call.tool) of the MCP server \(call.server) would be called",
            grant: "-c mcp_servers.\(call.server).default_tools_approval_mode=approve")
        return ToolCallDecision(verdict: approvalPolicy.value == .never ? verdict.unattended : verdict, grants: [])
    }
}
