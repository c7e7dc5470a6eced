import Engine
import Sandbox
import Synchronization
import Tools
import Wire

/// Starts the tools' commands in one sandbox session for the whole run.
final class SandboxLauncher: CommandLauncher {
    let session: SandboxSession
    let environment: CommandEnvironment
    /// The environment of a command without a terminal, and of one with.
    private let variables: (plain: [String: String], terminal: [String: String])
    private let origins: DenialRules.Origins
    private let host: HostView
    /// What commands may write to by the user's grants, asked for each command.
    private let grants = Mutex<GrantBook?>(nil)
    /// Set until the first command, before which the user's caches are shown in the project's own.
    private let caches: Mutex<ToolchainCaches?>
    private let recordedIncidents = Mutex(0)

    /// - Throws: when the sandbox's helper is missing or unsafe.
    init(
        policy: SandboxPolicy, origins: DenialRules.Origins, variables: CommandEnvironment,
        caches: ToolchainCaches? = nil, environment: [String: String]
    ) throws(LockgateError) {
        session = try SandboxSession(policy: policy, environment: environment)
        func all(hasTerminal: Bool) -> [String: String] {
            variables.variables(mode: policy.mode, network: policy.network, hasTerminal: hasTerminal)
        }
        self.environment = variables
        self.variables = (all(hasTerminal: false), all(hasTerminal: true))
        self.caches = Mutex(caches)
        self.origins = origins
        host = .machine(environment: environment)
    }

    /// Lets grants make more writable than the policy does.
    func connect(_ book: GrantBook) { grants.withLock { $0 = book } }

    /// The explanation of refusals, with what was granted.
    private func rules(_ granted: [String]) -> DenialRules {
        var policy = session.policy
        policy.writableRoots += granted
        return DenialRules(policy: policy, origins: origins, host: host)
    }

    /// What a command without a terminal finds in its environment.
    var plainVariables: [String: String] { variables.plain }

    var sandboxDescription: String {
        let policy = session.policy
        let text = "\(policy.mode.rawValue), network \(policy.network.rawValue)"
        return policy.level.warning == nil ? text : text + ", level \(policy.level.rawValue)"
    }

    func takeIncidents() -> [String] {
        let all = session.incidents
        return recordedIncidents.withLock { recorded in
            defer { recorded = all.count }
            return all.dropFirst(recorded).map(\.rawValue)
        }
    }

    /// Ends the session's helper and waits until it has left nothing behind. Call when no command runs any more.
    func shutDown() async { await session.shutDown() }

    /// What has to be done before the first program runs in the session.
    func prepare() {
        caches.withLock { waiting in
            waiting?.showUserCaches()
            waiting = nil
        }
    }

    func launch(_ request: CommandRequest) async throws(LockgateError) -> any RunningCommand {
        prepare()
        let io: CommandIO =
            if let size = request.terminal {
                .terminal(rows: UInt16(clamping: size.rows), columns: UInt16(clamping: size.columns))
            } else {
                .merged(input: false)
            }
        // Grants that cannot be read give nothing.
        let granted =
            session.policy.mode == .workspaceWrite
            ? (try? grants.withLock { $0 }?.writableRoots(forRunning: request.argv, in: request.cwd)) ?? [] : []
        session.allowWriting(granted)
        let process = try await session.start(
            SandboxCommand(
                arguments: request.argv, workingDirectory: request.cwd,
                environment: request.terminal == nil ? variables.plain : variables.terminal, io: io))
        return SandboxedCommand(process: process, analysis: DenialAnalysis(rules: rules(granted), cwd: request.cwd))
    }
}

extension SensitiveSweep: SensitiveWatch {}

/// A sandboxed process as the tools see it.
private final class SandboxedCommand: RunningCommand {
    private let process: SandboxedProcess
    private let analysis: DenialAnalysis

    init(process: SandboxedProcess, analysis: DenialAnalysis) {
        self.process = process
        self.analysis = analysis
    }

    var output: Int32 { process.output ?? -1 }

    func write(_ bytes: [UInt8]) throws(LockgateError) {
        guard let input = process.input else {
            throw LockgateError(
                "terminal.no_input", "the command does not read input", remedy: "start it with tty: true")
        }
        do {
            try TerminalInput.write(bytes, to: input)
        } catch {
            throw LockgateError("terminal.closed", "the command no longer reads input: \(error)")
        }
    }

    func wait() async -> CommandExit {
        switch await process.wait() {
        case .exited(let code): .exited(Int(code))
        case .signaled(let signal): .signaled(Int(signal))
        }
    }

    func denials(output: String, exit: CommandExit) -> [EffectDenial] {
        analysis.denials(output: output, failed: exit != .exited(0), reported: process.denials)
    }

    var loss: LockgateError? { process.lostSandbox }

    /// The kernel counts blocks of 512 bytes when a page becomes dirty.
    var bytesWritten: Int? { process.usage.map { Int(clamping: $0.blockOutput) * 512 } }

    func interrupt() { process.interrupt() }

    func terminate(grace: Duration) async { await process.terminate(grace: grace) }
}
