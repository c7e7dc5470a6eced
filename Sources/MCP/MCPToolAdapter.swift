package import Basics
package import Wire

/// A server's tool as the model calls it. Each call is an effect of its own, asked about as the tool is described then.
package struct MCPToolAdapter: Tool {
    package let definition: ToolDefinition
    package let runsInParallel = false
    private let client: MCPClient
    private let tool: MCPTool
    /// Bytes of text of one answer.
    private let outputLimit: Int

    /// - Parameter name: what the model calls it; see `MCPToolNames`.
    package init(_ tool: MCPTool, named name: String, of client: MCPClient, outputLimit: Int) {
        self.tool = tool
        self.client = client
        self.outputLimit = outputLimit
        definition = ToolDefinition(
            name: name, description: "(MCP server \(tool.server)) \(tool.description)",
            kind: .function(parameters: tool.inputSchema))
    }

    package func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments else {
            return call.answer("The arguments must be a JSON object.", isError: true)
        }
        var item = ThreadItem.BuiltInToolCall(tool: tool.name, arguments: .object(arguments))
        item.server = tool.server
        let id = try host.begin(.toolCall(item))
        do {
            let now = try await described()
            let effect = Effect.callTool(
                ServerToolCall(
                    server: now.server, tool: now.name, arguments: arguments, definition: now.digest,
                    claimsToRead: now.claims.isReadOnly && !now.claims.isDestructive))
            let use = ToolUse(definition.name, input: arguments, callID: call.id)
            // What it is described as is what is asked about, so a person sees it where it is not what it was.
            let context = EffectContext(
                reason: now.digest == tool.digest ? nil : "its description has changed to: \(now.description)")
            let passage = try await host.pass(effect, as: use, item: id, context: context) {
                let result = try await client.call(now.name, arguments, digest: now.digest)
                return (result, ["is_error": .bool(result.isError), "blocks": .int(result.content.count)])
            }
            return try finish(passage, call, item, id, host)
        } catch let error as CancellationError {
            item.status = .failed
            item.error = "interrupted"
            try host.complete(id, .toolCall(item))
            throw error
        } catch let error as LockgateError where error.code.name.hasPrefix("mcp.") {
            item.status = .failed
            item.error = error.message
            try host.complete(id, .toolCall(item))
            return call.answer("\(error.message)", isError: true)
        }
    }

    /// The tool as its server describes it now.
    private func described() async throws(LockgateError) -> MCPTool {
        guard let now = try await client.tools().first(where: { $0.name == tool.name }) else {
            throw LockgateError("mcp.changed", "the MCP server \(tool.server) no longer offers \(tool.name)")
        }
        return now
    }

    private func finish(
        _ passage: Passage<MCPResult>, _ call: ToolCall, _ item: ThreadItem.BuiltInToolCall, _ id: String,
        _ host: any ToolHost
    ) throws -> ToolResult {
        var item = item
        switch passage {
        case .revised: throw LockgateError("internal", "a call of a server's tool takes no other input")
        case .denied(let verdict):
            item.status = .declined
            item.error = verdict.reason
            try host.complete(id, .toolCall(item))
            return call.answer("Refused. \(verdict.reason) (rule: \(verdict.rule))", isError: true)
        case .ran(let result):
            var answer = call.answer("", isError: result.isError)
            answer.parts = result.parts(limit: outputLimit)
            let text = result.shownText(limit: outputLimit)
            item.status = result.isError ? .failed : .completed
            if result.isError { item.error = text } else { item.result = text }
            item.structured = result.structuredContent
            try host.complete(id, .toolCall(item))
            return answer
        }
    }
}

extension MCPResult: ToolResponding {
    /// What hooks are shown of it: the answer in the protocol's own shape.
    package var toolResponse: JSONValue {
        [
            "content": .array(content), "structuredContent": structuredContent ?? .null, "isError": .bool(isError),
        ]
    }

    /// The text for people; an image is only named.
    func shownText(limit: Int) -> String {
        parts(limit: limit).map { part in
            switch part {
            case .text(let text): text
            case .image: "[image]"
            }
        }.joined()
    }
}
