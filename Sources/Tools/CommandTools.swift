import Basics
import Glibc
import Synchronization
package import Text
package import Wire

/// `exec_command` and `write_stdin`: commands in the sandbox, in the foreground or as background terminals.
package final class CommandTools: Sendable {
    /// What is decided per session.
    package struct Settings: Sendable, Hashable {
        package var cwd: String
        package var shell: String
        /// Bytes of output that one answer gives the model unless it asks for more.
        package var outputBytes: Int
        /// The most it gets when it asks.
        package var maximumOutputBytes: Int
        /// The longest that one call waits.
        package var maximumYield: Duration
        package var allowsLoginShell: Bool
        /// Whether the model may say why it wants a command, because somebody may be asked about it.
        package var takesReasons: Bool
        /// Tells what may be the beginning of a secret.
        package var secrets: SecretScanner

        package init(
            cwd: String, shell: String = "/bin/bash", outputBytes: Int = 10_000,
            maximumOutputBytes: Int = 40_000, maximumYield: Duration = .seconds(300), allowsLoginShell: Bool = true,
            takesReasons: Bool = false, secrets: SecretScanner = SecretScanner()
        ) {
            self.secrets = secrets
            self.takesReasons = takesReasons
            self.cwd = cwd
            self.shell = shell
            self.outputBytes = min(outputBytes, maximumOutputBytes)
            self.maximumOutputBytes = maximumOutputBytes
            self.maximumYield = maximumYield
            self.allowsLoginShell = allowsLoginShell
        }
    }

    let settings: Settings
    let launcher: any CommandLauncher
    /// Takes over patches that a model writes as a shell command.
    let editor: FileEditor?
    let watch: (any SensitiveWatch)?
    /// Shown the end of a command's output while it runs, by its item.
    let onOutput: (@Sendable (_ item: String, _ tail: String) -> Void)?
    private let terminals = Mutex<(next: Int, open: [Int: Terminal])>((1, [:]))

    package init(
        settings: Settings, launcher: any CommandLauncher, editor: FileEditor? = nil,
        watch: (any SensitiveWatch)? = nil, onOutput: (@Sendable (_ item: String, _ tail: String) -> Void)? = nil
    ) {
        self.watch = watch
        self.onOutput = onOutput
        self.settings = settings
        self.launcher = launcher
        self.editor = editor
    }

    package var tools: [any Tool] { [ExecCommandTool(commands: self), WriteStdinTool(commands: self)] }

    /// The background terminals, by their numbers.
    package var backgroundTerminals: [BackgroundTerminal] {
        terminals.withLock { Array($0.open.values) }.sorted { $0.number < $1.number }.map(BackgroundTerminal.init)
    }

    /// Ends a background terminal for a person. The agent learns of it where it looks at it next.
    ///
    /// - Returns: whether there was one that ran.
    package func stop(_ number: Int) async -> Bool {
        guard let terminal = terminal(number), terminal.exit == nil else { return false }
        terminal.command.interrupt()
        await terminal.command.terminate(grace: .milliseconds(500))
        return true
    }

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

    /// - Parameter item: whose output it is, for whoever looks on.
    func open(
        _ request: CommandRequest, display: String, item: String? = nil
    ) async throws(LockgateError) -> Terminal {
        watch?.begin()
        let command = try await launcher.launch(request)
        var watcher: (@Sendable (String) -> Void)?
        if let onOutput, let item { watcher = { onOutput(item, $0) } }
        return terminals.withLock { state in
            let terminal = Terminal(
                number: state.next, display: display, command: command, unreadBytes: settings.maximumOutputBytes,
                secrets: settings.secrets, watcher: watcher)
            state.open[state.next] = terminal
            state.next += 1
            return terminal
        }
    }

    func terminal(_ number: Int) -> Terminal? { terminals.withLock { $0.open[number] } }

    func forget(_ terminal: Terminal) { terminals.withLock { _ = $0.open.removeValue(forKey: terminal.number) } }

    /// Runs a command in the foreground until it ends or the time for this call is over, as one item.
    ///
    /// - Parameters:
    ///   - endsThen: whether it is stopped when the time is over; else it goes on as a background terminal.
    ///   - started: the item, where it has begun already.
    func run(
        _ request: CommandRequest, display: String, use: ToolUse, yield: Duration?, endsThen: Bool = false,
        modelBytes: Int, reason: String? = nil, host: any ToolHost, item started: String? = nil
    ) async throws -> CommandReport {
        var item = ThreadItem.CommandExecution(command: display, cwd: request.cwd)
        let id = try started ?? host.begin(.commandExecution(item))
        let effect = Effect.runCommand(argv: request.argv, display: display, cwd: request.cwd)
        let passage: Passage<CommandReport>
        do {
            passage = try await host.pass(effect, as: use, item: id, context: EffectContext(reason: reason)) {
                let terminal = try await self.open(request, display: display, item: id)
                if let yield { await terminal.wait(upTo: yield) } else { await terminal.wait(upTo: .seconds(86_400)) }
                let isOverdue = endsThen && terminal.exit == nil
                if Task.isCancelled || isOverdue {
                    terminal.command.interrupt()
                    await terminal.command.terminate(grace: .milliseconds(500))
                    // The end is certain now; what it wrote until then still belongs to the item.
                    await Task.detached { await terminal.wait(upTo: .seconds(1)) }.value
                }
                var report = CommandReport(terminal, modelBytes: modelBytes)
                report.incidents = self.launcher.takeIncidents()
                report.isStopped = isOverdue
                report.sensitiveChanges = self.watch?.changes() ?? []
                if terminal.exit != nil { self.forget(terminal) }
                return (report, report.json(sandbox: self.launcher.sandboxDescription))
            }
        } catch let error as CancellationError {
            item.status = .failed
            item.reason = "interrupted"
            try host.complete(id, .commandExecution(item))
            throw error
        } catch let error as LockgateError where error.code.name.hasPrefix("sandbox.") {
            item.status = .failed
            item.reason = error.message
            item.reasonCode = error.code.name
            try host.complete(id, .commandExecution(item))
            try host.refused(
                effect, item: id,
                verdict: Verdict(
                    .deny, rule: error.code.name, origin: Origin(.builtIn), reason: error.message, grant: error.remedy))
            return CommandReport(refusal: "The command was not run: \(error.message)")
        } catch let error as LockgateError where error.code == "approval.aborted" {
            item.status = .declined
            item.reason = error.message
            try host.complete(id, .commandExecution(item))
            throw error
        }
        switch passage {
        case .revised(let input):
            guard let script = input["command"]?.string, request.argv.count == 3 else {
                return try decline(&item, id, host, "A hook gave other input without a \"command\" text.")
            }
            var request = request
            request.argv[2] = script
            item.command = script
            try host.update(id, .commandExecution(item))
            return try await run(
                request, display: script, use: use.with(input), yield: yield, endsThen: endsThen,
                modelBytes: modelBytes, reason: reason, host: host, item: id)
        case .ran(let report):
            report.fill(&item)
            try host.complete(id, .commandExecution(item))
            try host.refused(report.denials, item: id)
            if !report.sensitiveChanges.isEmpty { try host.noticed(report.sensitiveChanges, item: id) }
            if Task.isCancelled { throw CancellationError() }
            var granting = report
            granting.granted = try await host.offer(report.denials, of: effect, item: id)
            return granting
        case .denied(let verdict):
            return try decline(&item, id, host, verdict.reason, rule: verdict.rule)
        }
    }

    private func decline(
        _ item: inout ThreadItem.CommandExecution, _ id: String, _ host: any ToolHost, _ reason: String,
        rule: String? = nil
    ) throws -> CommandReport {
        item.status = .declined
        item.reason = reason
        try host.complete(id, .commandExecution(item))
        let note = rule.map { " (rule: \($0))" } ?? ""
        return CommandReport(refusal: "The command was not run. \(reason)\(note)")
    }
}

extension CommandTools: CommandRunner {
    /// For the engine's own check: to its end, through the same gate and sandbox.
    package func run(_ command: String, host: any ToolHost) async throws -> (exitCode: Int, output: String) {
        let request = CommandRequest(argv: [settings.shell, "-c", command], cwd: settings.cwd)
        let report = try await run(
            request, display: command, use: .shell(command), yield: nil, modelBytes: settings.outputBytes, host: host)
        return (report.exit?.code ?? 126, report.explainedText)
    }

    package func run(
        _ command: String, limit: Duration, outputBytes: Int, host: any ToolHost
    ) async throws -> CommandOutcome {
        let request = CommandRequest(argv: [settings.shell, "-c", command], cwd: settings.cwd)
        let report = try await run(
            request, display: command, use: .shell(command), yield: limit, endsThen: true, modelBytes: outputBytes,
            host: host)
        if report.isRefusal { return .refused(report.text) }
        guard let exit = report.exit, !report.isStopped else { return .stopped(output: report.text) }
        return .exited(code: exit.code, output: report.explainedText)
    }
}
