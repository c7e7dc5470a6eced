import Basics
import Wire

/// Writes to a running command and returns what it has said since.
struct WriteStdinTool: Tool {
    let commands: CommandTools
    let runsInParallel = false

    let definition = ToolDefinition(
        name: "write_stdin",
        description: """
            Sends characters to a command that is still running and returns its recent output. Empty chars only wait \
            and read; \\u0003 interrupts.
            """,
        kind: .function(parameters: [
            "type": "object",
            "properties": [
                "session_id": ["type": "integer", "description": "The ID that exec_command returned."],
                "chars": ["type": "string", "description": "What to send. Default empty."],
                "yield_time_ms": ["type": "integer", "description": "How long to wait for output. Default 1000."],
                "max_output_tokens": ["type": "integer", "description": "Output beyond this is cut in the middle."],
            ],
            "required": ["session_id"], "additionalProperties": false,
        ]))

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments, let number = arguments["session_id"]?.int else {
            return call.answer("The arguments must be a JSON object with an integer \"session_id\".", isError: true)
        }
        guard let terminal = commands.terminal(number) else {
            return call.answer("There is no running command with session ID \(number).", isError: true)
        }
        let settings = commands.settings
        let chars = arguments["chars"]?.string ?? ""
        let yield = ExecCommandTool.yield(arguments["yield_time_ms"], default: 1000, settings: settings)
        let bytes = ExecCommandTool.bytes(arguments["max_output_tokens"], settings: settings)
        var item = ThreadItem.CommandExecution(command: terminal.display, cwd: settings.cwd)
        let id = try host.begin(.commandExecution(item))
        let effect = Effect.writeInput(terminal: number, bytes: chars.utf8.count)
        let passage: Passage<CommandReport>
        // What is typed into a shell is a command to those who guard commands.
        let use = ToolUse(
            "write_stdin", aliases: ["Bash"],
            input: [
                "session_id": .int(number), "chars": .string(chars), "command": .string(chars),
                "running": .string(terminal.display),
            ], callID: call.id)
        do {
            passage = try await send(chars, to: terminal, yield: yield, modelBytes: bytes, effect, use, id, host)
        } catch let error as CancellationError {
            item.status = .failed
            item.reason = "interrupted"
            try host.complete(id, .commandExecution(item))
            throw error
        } catch let error as LockgateError where error.code.name.hasPrefix("terminal.") {
            // The command's trouble is an answer for the model and not the end of the turn.
            item.status = .failed
            item.reason = error.message
            try host.complete(id, .commandExecution(item))
            return call.answer("Not sent. \(error)", isError: true)
        } catch let error as LockgateError where error.code == "approval.aborted" {
            item.status = .declined
            item.reason = error.message
            try host.complete(id, .commandExecution(item))
            throw error
        }
        switch passage {
        case .ran(let report):
            report.fill(&item)
            try host.complete(id, .commandExecution(item))
            try host.refused(report.denials, item: id)
            if !report.sensitiveChanges.isEmpty { try host.noticed(report.sensitiveChanges, item: id) }
            return call.answer(report.answer)
        case .revised: throw LockgateError("internal", "input for a running command cannot be replaced")
        case .denied(let verdict):
            item.status = .declined
            item.reason = verdict.reason
            try host.complete(id, .commandExecution(item))
            return call.answer("Not sent. \(verdict.reason) (rule: \(verdict.rule))", isError: true)
        }
    }

    private func send(
        _ chars: String, to terminal: Terminal, yield: Duration, modelBytes: Int, _ effect: Effect,
        _ use: ToolUse, _ item: String,
        _ host: any ToolHost
    ) async throws -> Passage<CommandReport> {
        try await host.pass(effect, as: use, item: item, context: EffectContext(input: chars)) {
            if chars == "\u{3}" {
                terminal.command.interrupt()
            } else if !chars.isEmpty {
                try terminal.command.write(Array(chars.utf8))
            }
            await terminal.wait(upTo: yield)
            var report = CommandReport(terminal, modelBytes: modelBytes)
            report.sensitiveChanges = self.commands.watch?.changes() ?? []
            if terminal.exit != nil { self.commands.forget(terminal) }
            return (report, report.json(sandbox: self.commands.launcher.sandboxDescription))
        }
    }
}
