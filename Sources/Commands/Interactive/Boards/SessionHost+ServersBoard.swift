import Basics
import Config
import Engine
import MCP
import Policy
import TUI
import Terminal
import Wire

/// `/mcp`: which servers there are, whether they run, their tools, and what is asked about each.
extension SessionHost {
    func serversBoard() throws -> Board {
        guard let setup else { throw LockgateError("session.none", "there is no session yet") }
        let states = open?.assembled.servers.states ?? []
        let rows = setup.configuration.toolServers.map { server in
            let (text, tone) = standing(of: server, states.first { $0.name == server.name })
            return Board.Row(server.name, server.name, [text], tone: tone)
        }
        return Board(
            .servers, title: "MCP servers", rows: rows, commands: [],
            emptyText: "No MCP servers. lockgate mcp add NAME -- COMMAND adds one; docs/mcp.md says how they are held.")
    }

    private func standing(of server: ListedServer, _ state: ToolServers.State?) -> (String, Board.Tone) {
        guard server.settings.isEnabled ?? true else { return ("disabled", .dim) }
        guard let state else {
            let reason =
                isPlanning
                ? "does not run in plan mode"
                : open == nil ? "starts with the next prompt" : "not started in this session"
            return (reason, .dim)
        }
        if state.failure != nil { return ("could not be started", .bad) }
        let count = "\(state.tools.count) tool\(state.tools.count == 1 ? "" : "s")"
        return (count, state.problems.isEmpty ? .good : .warning)
    }

    func servers(_ wanted: BoardRequest) async throws {
        switch wanted {
        case .refresh: post(.board(try serversBoard()))
        case .detail(let row): post(.boardDetail(row: row, try detail(ofServer: row)))
        case .command, .search: break
        }
    }

    private func detail(ofServer name: String) throws -> [StyledLine] {
        guard let setup, let server = setup.configuration.toolServers.first(where: { $0.name == name }) else {
            return []
        }
        let state = open?.assembled.servers.states.first { $0.name == name }
        var lines: [StyledLine] = []
        if let failure = state?.failure { lines += [StyledLine(failure, CellStyle(.red)), .empty] }
        for problem in state?.problems ?? [] { lines.append(StyledLine(problem, CellStyle(.yellow))) }
        if let state, !state.tools.isEmpty {
            let policy = try open?.assembled.gate.policy ?? setup.policy()
            lines.append(StyledLine("Tools, and what is decided about a call", CellStyle(.cyan, .bold)))
            for (name, tool) in state.tools { lines += self.lines(tool, named: name, policy) }
            lines.append(.empty)
        }
        lines.append(StyledLine("What is set", CellStyle(.cyan, .bold)))
        for (key, value, origin) in server.shown {
            var line = StyledLine("  \(key)  ", .dim)
            line.append(value.text)
            line.append("  \(origin)", .dim)
            line.hang = 4
            lines.append(line)
        }
        return lines
    }

    /// One tool, with the verdict that the gate would give.
    private func lines(_ tool: MCPTool, named name: String, _ policy: AccessPolicy) -> [StyledLine] {
        let call = ServerToolCall(
            server: tool.server, tool: tool.name, arguments: [:], definition: tool.digest,
            claimsToRead: tool.claims.isReadOnly && !tool.claims.isDestructive)
        let verdict = policy.decision(onToolCall: call).verdict
        let style =
            switch verdict.decision {
            case .allow: CellStyle(.green)
            case .ask: CellStyle(.yellow)
            case .deny: CellStyle(.red)
            }
        var line = StyledLine("  \(verdict.decision.rawValue)", style)
        line.append(String(repeating: " ", count: max(1, 7 - verdict.decision.rawValue.count)))
        line.append(tool.name, .bold)
        if tool.claims.isReadOnly { line.append("  claims to read only", .dim) }
        if tool.claims.isDestructive { line.append("  may change or destroy, it says", .dim) }
        let words = tool.description.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var detail = StyledLine("         \(words.prefix(200))", .dim)
        detail.hang = 9
        return [line] + (words.isEmpty ? [] : [detail])
    }
}
