package import Basics
import JSONRPC
package import Wire

/// A connection to one server of the Model Context Protocol: its start, its tools, and calls of them.
///
/// The server is not trusted with anything: what it sends is checked and bounded, and it is asked for tools alone. Requests of
/// its own for samples, roots or questions are refused, since they were not offered.
package actor MCPClient {
    package nonisolated let definition: MCPServerDefinition
    private let transport: any MCPTransport
    private let version: String
    private var peer: JSONRPCPeer?
    private var hasTools = false
    private var isStale = false
    private var known: [MCPTool] = []
    /// Tools that cannot be used, and why.
    package private(set) var problems: [String] = []
    /// What the server calls itself.
    package private(set) var serverName = ""
    package private(set) var protocolVersion = ""

    /// The newest first.
    static let protocolVersions = ["2025-06-18", "2025-03-26", "2024-11-05"]
    /// Bytes of one message.
    private static let largestMessage = 16 << 20
    private static let mostPages = 64
    private static let mostTools = 512

    /// - Parameter version: this product's, for the server's logs.
    package init(_ definition: MCPServerDefinition, transport: any MCPTransport, version: String) {
        self.definition = definition
        self.transport = transport
        self.version = version
    }

    /// Starts the server and learns its tools.
    ///
    /// - Throws: `mcp.*`; the server is ended then.
    package func start() async throws(LockgateError) {
        let transport = transport
        let peer = JSONRPCPeer(lineLimit: Self.largestMessage, handler: handler) { try transport.send($0) }
        self.peer = peer
        do {
            try await transport.start { [weak self] bytes in
                if let bytes {
                    await peer.receive(bytes)
                } else {
                    await peer.close(self?.transport.ending ?? "it ended")
                }
            }
            try await withLimit(peer)
        } catch {
            await peer.close("it was not started")
            await transport.stop()
            throw failure(error, "cannot be started", definition.startupLimit)
        }
    }

    /// The tools that are offered, learnt anew where the server said that they changed.
    package func tools() async throws(LockgateError) -> [MCPTool] {
        guard isStale, let peer else { return known }
        isStale = false
        do {
            try await list(peer)
        } catch {
            isStale = true
            throw failure(error, "does not list its tools", definition.startupLimit)
        }
        return known
    }

    /// Calls a tool.
    ///
    /// - Parameter digest: of the tool that was approved. Another one of the same name is not called.
    /// - Throws: `mcp.*`, `CancellationError`.
    package func call(_ name: String, _ arguments: JSONObject, digest: String) async throws -> MCPResult {
        guard let peer else {
            throw LockgateError("mcp.not_started", "the MCP server \(definition.name) is not running")
        }
        guard try await tools().contains(where: { $0.name == name && $0.digest == digest }) else {
            throw LockgateError(
                "mcp.changed", "the MCP server \(definition.name) has changed or withdrawn its tool \(name)",
                remedy: "look at its description again before it is called")
        }
        do {
            let answer = try await peer.call(
                "tools/call", ["name": .string(name), "arguments": .object(arguments)], within: definition.toolLimit
            ) { id in
                .notification(
                    method: "notifications/cancelled",
                    parameters: ["requestId": id.json, "reason": "it is not needed any more"])
            }
            return try MCPResult(answer)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw failure(error, "did not answer \(name)", definition.toolLimit)
        }
    }

    package func stop() async {
        await peer?.close("it was ended")
        await transport.stop()
    }

    // MARK: Protocol

    private func withLimit(_ peer: JSONRPCPeer) async throws {
        let answer = try await peer.call(
            "initialize",
            [
                "protocolVersion": .string(Self.protocolVersions[0]), "capabilities": [:],
                "clientInfo": ["name": "lockgate", "title": "Lockgate", "version": .string(version)],
            ], within: definition.startupLimit)
        let offered = answer["protocolVersion"]?.string ?? ""
        guard Self.protocolVersions.contains(offered) else {
            throw Refusal("speaks the protocol version \(VisibleName.of(offered)), which is not known")
        }
        protocolVersion = offered
        serverName = VisibleName.of(answer["serverInfo"]?["name"]?.string ?? "")
        hasTools = answer["capabilities"]?["tools"]?.object != nil
        await peer.notify("notifications/initialized")
        if hasTools { try await list(peer) }
    }

    private func list(_ peer: JSONRPCPeer) async throws {
        var found: [MCPTool] = []
        var problems: [String] = []
        var cursors: Set<String> = []
        var cursor: String?
        repeat {
            let page = try await peer.call(
                "tools/list", cursor.map { ["cursor": .string($0)] } ?? [:], within: definition.startupLimit)
            guard let list = page["tools"]?.array else { throw Refusal("answered with no list of tools") }
            for value in list {
                guard found.count < Self.mostTools else { throw Refusal("offers more than \(Self.mostTools) tools") }
                do throws(MCPTool.Unusable) {
                    let tool = try MCPTool(value, server: definition.name)
                    if found.contains(where: { $0.name == tool.name }) {
                        problems.append("\(tool.name) is described twice; the first counts")
                    } else {
                        found.append(tool)
                    }
                } catch {
                    problems.append(error.reason)
                }
            }
            cursor = page["nextCursor"]?.string
            if let cursor, !cursors.insert(cursor).inserted || cursors.count >= Self.mostPages {
                throw Refusal("lists its tools without an end")
            }
        } while cursor != nil
        known = found.filter { definition.offers($0.name) }
        self.problems = problems
    }

    private nonisolated var handler: JSONRPCPeer.Handler {
        JSONRPCPeer.Handler { method, _ throws(RemoteError) in
            guard method == "ping" else { throw .methodNotFound(method) }
            return [:]
        } notification: { [weak self] method, parameters in
            await self?.notified(method, parameters)
        }
    }

    private func notified(_ method: String, _ parameters: JSONObject) async {
        switch method {
        case "notifications/tools/list_changed": isStale = hasTools
        case "notifications/cancelled":
            if let id = parameters["requestId"]?.int { await peer?.withdraw(.number(id)) }
            if let id = parameters["requestId"]?.string { await peer?.withdraw(.text(id)) }
        default: break
        }
    }

    /// An answer that cannot be worked with.
    private struct Refusal: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// The last that the server said of itself; empty where that is nothing.
    private nonisolated var lastWords: String {
        let lines = transport.errorOutput.split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; ")
        return VisibleName.of(String(lines.suffix(80)))
    }

    private nonisolated func failure(_ error: any Error, _ what: String, _ limit: Duration) -> LockgateError {
        let subject = "the MCP server \(definition.name)"
        switch error {
        case let error as LockgateError where error.code == "mcp.changed": return error
        case let error as LockgateError:
            return LockgateError(error.code, "\(subject) \(what): \(error.message)", remedy: error.remedy)
        case JSONRPCPeer.Failure.timedOut:
            return LockgateError(
                "mcp.timeout", "\(subject) \(what) within \(limit)",
                remedy: "raise mcp_servers.\(definition.name).startup_timeout_sec or tool_timeout_sec")
        case JSONRPCPeer.Failure.closed(let reason):
            let said = lastWords
            return LockgateError(
                "mcp.ended", "\(subject) \(what): \(reason)\(said.isEmpty ? "" : "; it said: \(said)")",
                remedy: "look at what it prints: lockgate sandbox -- \(definition.command)")
        case let error as RemoteError:
            return LockgateError("mcp.error", "\(subject) \(what): \(VisibleName.of(error.message)) (\(error.code))")
        case let error as Refusal: return LockgateError("mcp.protocol", "\(subject) \(error.reason)")
        case let error as MCPResult.Unusable:
            return LockgateError("mcp.protocol", "\(subject) \(what): \(error.reason)")
        default: return LockgateError("mcp.failed", "\(subject) \(what): \(error)")
        }
    }
}
