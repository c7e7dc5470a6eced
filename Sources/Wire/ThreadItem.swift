package import Basics

/// An item of the `exec --json` stream, in Codex's shape plus additive fields.
package struct ThreadItem: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable {
        case inProgress = "in_progress"
        case completed, failed, declined
    }

    package enum Kind: Sendable, Hashable {
        case agentMessage(text: String)
        case reasoning(text: String)
        case commandExecution(CommandExecution)
        case fileChange(FileChangeReport)
        case toolCall(BuiltInToolCall)
        case todoList([TodoEntry])
        /// A warning that does not end the turn.
        case error(message: String)
    }

    /// `item_N`, counted over the thread's run.
    package var id: String
    package var kind: Kind

    package init(id: String, kind: Kind) {
        self.id = id
        self.kind = kind
    }

    package struct CommandExecution: Sendable, Hashable {
        package var command: String
        package var aggregatedOutput: String
        package var exitCode: Int?
        package var status: Status
        package var cwd: String
        package var durationMilliseconds: Int?
        /// Why the gate or the sandbox refused it.
        package var reason: String?
        /// The same for programs: `sandbox.session_lost`, `sandbox.unavailable`; nil when a rule decided.
        package var reasonCode: String?
        /// The signal that ended it, by name.
        package var signal: String?
        /// Set while the command goes on as a background terminal.
        package var terminal: Int?
        /// Bytes of output that were dropped between head and tail.
        package var omittedBytes: Int
        /// What the sandbox refused it.
        package var denials: [EffectDenial] = []
        /// What it left behind that programs outside the sandbox run or obey.
        package var sensitiveChanges: [SensitiveChange] = []

        package init(command: String, cwd: String, status: Status = .inProgress) {
            self.command = command
            self.cwd = cwd
            self.status = status
            aggregatedOutput = ""
            omittedBytes = 0
        }
    }

    package struct FileChangeReport: Sendable, Hashable {
        package var changes: [FileChangeSummary]
        package var status: Status
        /// Unified diff of what was (or would be) changed; additive to Codex.
        package var diff: String
        package var reason: String?
        /// Those of the changes that programs outside the sandbox run or obey.
        package var sensitiveChanges: [SensitiveChange] = []

        package init(
            changes: [FileChangeSummary], status: Status = .inProgress, diff: String = "", reason: String? = nil
        ) {
            self.changes = changes
            self.status = status
            self.diff = diff
            self.reason = reason
        }
    }

    /// A tool of an MCP server, or a built-in one that is neither a command nor a change, which is shown as one of the server
    /// `lockgate`: Codex's SDKs parse that.
    package struct BuiltInToolCall: Sendable, Hashable {
        package var server = "lockgate"
        package var tool: String
        package var arguments: JSONValue
        /// What the tool returned besides text.
        package var structured: JSONValue?
        package var result: String?
        package var error: String?
        package var status: Status

        package init(tool: String, arguments: JSONValue, status: Status = .inProgress) {
            self.tool = tool
            self.arguments = arguments
            self.status = status
        }

        /// With its server's name where that is not this product.
        package var name: String { server == "lockgate" ? tool : "\(server).\(tool)" }
    }

    package struct TodoEntry: Sendable, Hashable {
        package var text: String
        package var completed: Bool

        package init(text: String, completed: Bool) {
            self.text = text
            self.completed = completed
        }
    }
}

extension ThreadItem {
    /// The item as `exec --json` prints it.
    package var json: JSONValue {
        var object: JSONObject = ["id": .string(id)]
        switch kind {
        case .agentMessage(let text):
            object["type"] = "agent_message"
            object["text"] = .string(text)
        case .reasoning(let text):
            object["type"] = "reasoning"
            object["text"] = .string(text)
        case .error(let message):
            object["type"] = "error"
            object["message"] = .string(message)
        case .todoList(let entries):
            object["type"] = "todo_list"
            object["items"] = .array(entries.map { ["text": .string($0.text), "completed": .bool($0.completed)] })
        case .commandExecution(let command):
            object["type"] = "command_execution"
            object["command"] = .string(command.command)
            object["aggregated_output"] = .string(command.aggregatedOutput)
            object["exit_code"] = .optional(command.exitCode)
            object["status"] = .string(command.status.rawValue)
            object["cwd"] = .string(command.cwd)
            if let duration = command.durationMilliseconds { object["duration_ms"] = .int(duration) }
            if let signal = command.signal { object["signal"] = .string(signal) }
            if let terminal = command.terminal { object["terminal"] = .int(terminal) }
            if command.omittedBytes > 0 { object["omitted_bytes"] = .int(command.omittedBytes) }
            if let reason = command.reason { object["reason"] = .string(reason) }
            if let code = command.reasonCode { object["reason_code"] = .string(code) }
            if !command.denials.isEmpty { object["denials"] = .array(command.denials.map(\.json)) }
            object.add(command.sensitiveChanges)
        case .fileChange(let report):
            object["type"] = "file_change"
            object["changes"] = .array(report.changes.map(\.json))
            object["status"] = .string(report.status.rawValue)
            if !report.diff.isEmpty { object["diff"] = .string(report.diff) }
            if let reason = report.reason { object["reason"] = .string(reason) }
            object.add(report.sensitiveChanges)
        case .toolCall(let call):
            object["type"] = "mcp_tool_call"
            object["server"] = .string(call.server)
            object["tool"] = .string(call.tool)
            object["arguments"] = call.arguments
            object["result"] =
                call.result.map { text in
                    [
                        "content": [["type": "text", "text": .string(text)]],
                        "structured_content": call.structured ?? .null,
                    ]
                } ?? .null
            object["error"] = call.error.map { ["message": .string($0)] } ?? .null
            object["status"] = .string(call.status.rawValue)
        }
        return .object(object)
    }
}

extension JSONObject {
    fileprivate mutating func add(_ changes: [SensitiveChange]) {
        if !changes.isEmpty { self["sensitive_changes"] = .array(changes.map(\.json)) }
    }
}
