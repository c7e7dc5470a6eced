import Glibc
import Synchronization
import TestSupport
import Tools
import Wire

/// A command that does nothing but what its test says: it prints, reads its input and ends on demand.
final class ScriptedCommand: RunningCommand {
    private struct State {
        var writer: Int32?
        var exit: CommandExit?
        var waiters: [CheckedContinuation<CommandExit, Never>] = []
        var input: [[UInt8]] = []
        var interrupts = 0
        var loss: LockgateError?
        var terminations = 0
    }

    let request: CommandRequest
    let output: Int32
    private let state: Mutex<State>
    private let takesInput: Bool
    /// How it ends when it is told to; nil if only its test ends it.
    private let onTerminate: CommandExit?

    init(_ request: CommandRequest, takesInput: Bool, onTerminate: CommandExit? = .signaled(Int(SIGTERM))) {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // The test's own end blocks, so that large outputs are written whole.
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        self.request = request
        output = ends[0]
        state = Mutex(State(writer: ends[1]))
        self.takesInput = takesInput
        self.onTerminate = onTerminate
    }

    deinit {
        close(output)
        state.withLock { if let writer = $0.writer { close(writer) } }
    }

    /// What was sent to its input, write by write.
    var input: [[UInt8]] { state.withLock { $0.input } }
    var interrupts: Int { state.withLock { $0.interrupts } }
    var terminations: Int { state.withLock { $0.terminations } }

    func print(_ bytes: [UInt8]) {
        guard let writer = state.withLock({ $0.writer }) else { return }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(writer, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            done += count
        }
    }

    func print(_ text: String) { print(Array(text.utf8)) }

    /// Ends it; its output ends too.
    func end(_ exit: CommandExit) {
        let waiters = state.withLock { state in
            if let writer = state.writer { close(writer) }
            state.writer = nil
            guard state.exit == nil else { return [CheckedContinuation<CommandExit, Never>]() }
            state.exit = exit
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: exit) }
    }

    func write(_ bytes: [UInt8]) throws(LockgateError) {
        guard takesInput else { throw LockgateError("terminal.no_input", "the command does not read input") }
        state.withLock { $0.input.append(bytes) }
    }

    func wait() async -> CommandExit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state in
                if state.exit == nil { state.waiters.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    /// Why it ended, if that was the sandbox's end.
    var loss: LockgateError? { state.withLock { $0.loss } }

    /// Ends it because its sandbox is gone.
    func lose(_ loss: LockgateError) {
        state.withLock { $0.loss = loss }
        end(.signaled(Int(SIGKILL)))
    }

    func denials(output: String, exit: CommandExit) -> [EffectDenial] { [] }

    func interrupt() { state.withLock { $0.interrupts += 1 } }

    func terminate(grace: Duration) async {
        state.withLock { $0.terminations += 1 }
        if let onTerminate { end(onTerminate) }
    }
}

/// Starts scripted commands and keeps them; each is given to the test's script when it has started.
final class ScriptedLauncher: CommandLauncher {
    let sandboxDescription = "scripted"
    /// Told once, to the next command.
    let incidents = Mutex<[String]>([])
    private let started = Mutex<[ScriptedCommand]>([])
    private let takesInput: Bool
    private let script: @Sendable (ScriptedCommand) throws(LockgateError) -> Void

    /// - Parameter script: runs before the tool sees the command; an error it throws is the launch's.
    init(
        takesInput: Bool = true, _ script: @escaping @Sendable (ScriptedCommand) throws(LockgateError) -> Void
    ) {
        self.takesInput = takesInput
        self.script = script
    }

    func takeIncidents() -> [String] {
        incidents.withLock { incidents in
            defer { incidents = [] }
            return incidents
        }
    }

    var commands: [ScriptedCommand] { started.withLock { $0 } }

    func launch(_ request: CommandRequest) async throws(LockgateError) -> any RunningCommand {
        let command = ScriptedCommand(request, takesInput: takesInput)
        try script(command)
        started.withLock { $0.append(command) }
        return command
    }
}

/// The two command tools on a launcher.
struct CommandBench {
    let launcher: ScriptedLauncher
    let commands: CommandTools
    let host: RecordingHost
    let exec: any Tool
    let stdin: any Tool

    init(
        takesInput: Bool = true, host: RecordingHost = RecordingHost(), editor: FileEditor? = nil,
        adjust: (inout CommandTools.Settings) -> Void = { _ in },
        _ script: @escaping @Sendable (ScriptedCommand) throws(LockgateError) -> Void
    ) throws {
        launcher = ScriptedLauncher(takesInput: takesInput, script)
        var settings = CommandTools.Settings(cwd: "/w", shell: "/bin/bash")
        adjust(&settings)
        commands = CommandTools(settings: settings, launcher: launcher, editor: editor)
        self.host = host
        let tools = commands.tools
        guard tools.map(\.definition.name) == ["exec_command", "write_stdin"] else {
            throw TestFailure("other tools: \(tools.map(\.definition.name))")
        }
        (exec, stdin) = (tools[0], tools[1])
    }

    /// The one command that was started.
    var command: ScriptedCommand {
        get throws {
            guard let command = launcher.commands.first else { throw TestFailure("no command was started") }
            return command
        }
    }
}
