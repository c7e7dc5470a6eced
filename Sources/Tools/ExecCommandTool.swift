import Basics
import Glibc
import Synchronization
package import Wire

/// `exec_command` and `write_stdin`: commands in the sandbox, in the foreground or as background terminals.
package final class CommandTools: Sendable {
    /// What is decided per session.
    package struct Settings: Sendable, Hashable {
        package var cwd: String
        package var shell: String
        /// Bytes of output that one answer gives the model.
        package var outputBytes: Int
        /// The longest that one call waits.
        package var maximumYield: Duration
        package var allowsLoginShell: Bool

        package init(
            cwd: String, shell: String = "/bin/bash", outputBytes: Int = 10_000,
            maximumYield: Duration = .seconds(300), allowsLoginShell: Bool = true
        ) {
            self.cwd = cwd
            self.shell = shell
            self.outputBytes = outputBytes
            self.maximumYield = maximumYield
            self.allowsLoginShell = allowsLoginShell
        }
    }

    let settings: Settings
    let launcher: any CommandLauncher
    private let terminals = Mutex<(next: Int, open: [Int: Terminal])>((1, [:]))

    package init(settings: Settings, launcher: any CommandLauncher) {
        self.settings = settings
        self.launcher = launcher
    }

    package var tools: [any Tool] { [ExecCommandTool(commands: self), WriteStdinTool(commands: self)] }

    /// Ends every background terminal; for the end of a session.
    package func closeAll() async {
        let open = terminals.withLock { state in
            defer { state.open = [:] }
            return Array(state.open.values)
        }
        await withTaskGroup(of: Void.self) { group in
            for terminal in open {
                group.addTask { await terminal.command.terminate(grace: .milliseconds(300)) }
            }
        }
    }

    func open(_ request: CommandRequest, display: String, modelBytes: Int) async throws(LockgateError) -> Terminal {
        let command = try await launcher.launch(request)
        return terminals.withLock { state in
            let terminal = Terminal(number: state.next, display: display, command: command, modelBytes: modelBytes)
            state.open[state.next] = terminal
            state.next += 1
            return terminal
        }
    }

    func terminal(_ number: Int) -> Terminal? { terminals.withLock { $0.open[number] } }

    func forget(_ terminal: Terminal) { terminals.withLock { _ = $0.open.removeValue(forKey: terminal.number) } }

    /// Runs a command in the foreground until it ends or the time for this call is over, as one item.
    func run(
        _ request: CommandRequest, display: String, yield: Duration?, modelBytes: Int, host: any ToolHost
    ) async throws -> CommandReport {
        var item = ThreadItem.CommandExecution(command: display, cwd: request.cwd)
        let id = try host.begin(.commandExecution(item))
        let effect = Effect.runCommand(argv: request.argv, display: display, cwd: request.cwd)
        let passage: Passage<CommandReport>
        do {
            passage = try await host.pass(effect, item: id) {
                let terminal = try await self.open(request, display: display, modelBytes: modelBytes)
                if let yield { await terminal.wait(upTo: yield) } else { await terminal.wait(upTo: .seconds(86_400)) }
                if Task.isCancelled {
                    terminal.command.interrupt()
                    await terminal.command.terminate(grace: .milliseconds(500))
                    // The end is certain now; what it wrote until then still belongs to the item.
                    await Task.detached { await terminal.wait(upTo: .seconds(1)) }.value
                }
                let report = CommandReport(terminal, modelBytes: modelBytes)
                if terminal.exit != nil { self.forget(terminal) }
                return (report, report.json(sandbox: self.launcher.sandboxDescription))
            }
        } catch let error as LockgateError where error.code.name.hasPrefix("sandbox.") {
            item.status = .failed
            item.reason = error.message
            try host.complete(id, .commandExecution(item))
            try host.refused(
                effect, item: id,
                verdict: Verdict(
                    .deny, rule: error.code.name, origin: Origin(.builtIn), reason: error.message, grant: error.remedy))
            return CommandReport(refusal: "The command was not run: \(error.message)")
        }
        switch passage {
        case .ran(let report):
            report.fill(&item)
            try host.complete(id, .commandExecution(item))
            if Task.isCancelled { throw CancellationError() }
            return report
        case .denied(let verdict):
            item.status = .declined
            item.reason = verdict.reason
            try host.complete(id, .commandExecution(item))
            return CommandReport(refusal: "The command was not run. \(verdict.reason) (rule: \(verdict.rule))")
        }
    }
}

extension CommandTools: CommandRunner {
    /// For the engine's own check: to its end, through the same gate and sandbox.
    package func run(_ command: String, host: any ToolHost) async throws -> (exitCode: Int, output: String) {
        let request = CommandRequest(argv: [settings.shell, "-c", command], cwd: settings.cwd)
        let report = try await run(
            request, display: command, yield: nil, modelBytes: settings.outputBytes, host: host)
        return (report.exit?.code ?? 126, report.text)
    }
}

/// What a call says of its command.
struct CommandReport: Sendable {
    var text: String
    var totalBytes = 0
    var whole = (text: "", omitted: 0)
    var exit: CommandExit?
    var terminal: Int?
    var milliseconds = 0
    var isRefusal = false

    init(_ terminal: Terminal, modelBytes: Int) {
        exit = terminal.exit
        self.terminal = exit == nil ? terminal.number : nil
        milliseconds = Int((ContinuousClock.now - terminal.started) / .milliseconds(1))
        let unread = terminal.takeUnread(modelBytes: modelBytes)
        text = unread.text
        totalBytes = unread.total
        whole = terminal.wholeOutput
    }

    init(refusal: String) {
        text = refusal
        isRefusal = true
    }

    /// The answer that the model reads.
    var answer: String {
        if isRefusal { return text }
        var head = ["Wall time: \(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) seconds"]
        switch exit {
        case .exited(let code)?: head.append("Process exited with code \(code)")
        case .signaled(let signal)?: head.append("Process ended by signal \(signal)")
        case nil: head.append("Process running with session ID \(terminal ?? 0)")
        }
        if totalBytes > text.utf8.count { head.append("Total output: \(totalBytes) bytes, shortened below") }
        head.append("Output:")
        return head.joined(separator: "\n") + "\n" + text
    }

    func fill(_ item: inout ThreadItem.CommandExecution) {
        item.aggregatedOutput = whole.text
        item.omittedBytes = whole.omitted
        item.durationMilliseconds = milliseconds
        switch exit {
        case .exited(let code)?:
            item.exitCode = code
            item.status = code == 0 ? .completed : .failed
        case .signaled(let signal)?:
            item.exitCode = 128 + signal
            item.signal = String(cString: strsignal(Int32(signal)))
            item.status = .failed
        case nil:
            item.terminal = terminal
            item.status = .completed
        }
    }

    /// What the journal keeps beside the item.
    func json(sandbox: String) -> JSONValue {
        var object: JSONObject = [
            "sandbox": .string(sandbox), "duration_ms": .int(milliseconds),
            "output_bytes": .int(max(totalBytes, whole.text.utf8.count + whole.omitted)),
        ]
        if let exit { object["exit_code"] = .int(exit.code) }
        if let terminal { object["terminal"] = .int(terminal) }
        return .object(object)
    }
}

/// Runs a shell command.
struct ExecCommandTool: Tool {
    let commands: CommandTools
    let runsInParallel = true

    let definition = ToolDefinition(
        name: "exec_command",
        description: """
            Runs a shell command in the sandbox and returns its output, or a session ID when it is still running \
            after yield_time_ms; use write_stdin with that ID to go on with it.
            """,
        kind: .function(parameters: [
            "type": "object",
            "properties": [
                "cmd": ["type": "string", "description": "The command, as for bash -c."],
                "workdir": ["type": "string", "description": "Working directory; defaults to the workspace."],
                "tty": [
                    "type": "boolean", "description": "Run on a terminal, for interactive programs. Default false.",
                ],
                "login": ["type": "boolean", "description": "Use a login shell (bash -lc). Default true."],
                "yield_time_ms": [
                    "type": "integer", "description": "How long to wait for the end before returning. Default 10000.",
                ],
                "max_output_tokens": [
                    "type": "integer", "description": "Output beyond this is cut in the middle. Default 2500.",
                ],
            ],
            "required": ["cmd"], "additionalProperties": false,
        ]))

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments, let command = arguments["cmd"]?.string else {
            return call.answer("The arguments must be a JSON object with a string \"cmd\".", isError: true)
        }
        let settings = commands.settings
        let cwd = arguments["workdir"]?.string.map { PathText.absolute($0, from: settings.cwd) } ?? settings.cwd
        let isLogin = settings.allowsLoginShell && arguments["login"]?.bool ?? true
        var request = CommandRequest(argv: [settings.shell, isLogin ? "-lc" : "-c", command], cwd: cwd)
        if arguments["tty"]?.bool == true { request.terminal = .init(rows: 40, columns: 120) }
        let yield = Self.yield(arguments["yield_time_ms"], default: 10_000, settings: settings)
        let report = try await commands.run(
            request, display: command, yield: yield,
            modelBytes: Self.bytes(arguments["max_output_tokens"], settings: settings), host: host)
        return call.answer(report.answer, isError: report.isRefusal)
    }

    static func yield(_ value: JSONValue?, default milliseconds: Int, settings: CommandTools.Settings) -> Duration {
        min(.milliseconds(max(250, value?.int ?? milliseconds)), settings.maximumYield)
    }

    static func bytes(_ tokens: JSONValue?, settings: CommandTools.Settings) -> Int {
        guard let tokens = tokens?.int else { return settings.outputBytes }
        return min(max(400, tokens * 4), max(settings.outputBytes, 40_000))
    }
}

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
        let passage = try await host.pass(effect, item: id) {
            if chars == "\u{3}" {
                terminal.command.interrupt()
            } else if !chars.isEmpty {
                try terminal.command.write(Array(chars.utf8))
            }
            await terminal.wait(upTo: yield)
            let report = CommandReport(terminal, modelBytes: bytes)
            if terminal.exit != nil { self.commands.forget(terminal) }
            return (report, report.json(sandbox: self.commands.launcher.sandboxDescription))
        }
        switch passage {
        case .ran(let report):
            report.fill(&item)
            try host.complete(id, .commandExecution(item))
            return call.answer(report.answer)
        case .denied(let verdict):
            item.status = .declined
            item.reason = verdict.reason
            try host.complete(id, .commandExecution(item))
            return call.answer("Not sent. \(verdict.reason) (rule: \(verdict.rule))", isError: true)
        }
    }
}
