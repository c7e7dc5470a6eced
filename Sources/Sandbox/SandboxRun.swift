import CLinux
import Glibc
package import Wire

/// `lockgate sandbox -- CMD`: one command with this process's own input and output.
///
/// On a terminal the command gets a terminal of its own, whose bytes are relayed: nothing in the sandbox ever holds the
/// user's terminal. Signals that end this process reach the command first.
package enum SandboxRun {
    /// Runs the command to its end and returns the exit code for this process, 128 + n for a signal.
    package static func run(
        _ arguments: [String], policy: SandboxPolicy, workingDirectory: String, environment: [String: String],
        shellPolicy: ShellEnvironmentPolicy = .init(inherit: .all), tools: [String: String] = [:], helper: String? = nil
    ) async throws(LockgateError) -> Int32 {
        let isTerminal = isatty(0) == 1 && isatty(1) == 1
        let variables = CommandEnvironment(inherited: environment, policy: shellPolicy, tools: tools)
            .variables(mode: policy.mode, network: policy.network, hasTerminal: isTerminal || isatty(1) == 1)
        let session = try SandboxSession(
            policy: policy, helper: helper, environment: environment, isOneShot: true)
        var command = SandboxCommand(
            arguments: arguments, workingDirectory: workingDirectory, environment: variables, io: .inherit)
        if isTerminal {
            let size = TerminalRelay.windowSize()
            command.io = .terminal(rows: size.rows, columns: size.columns)
        }
        let process = try await session.start(command)
        let signals = SignalForwarding(to: process)
        let relay = isTerminal ? TerminalRelay(process) : nil
        let status = await process.wait()
        await relay?.finish()
        if session.leavesSomething {
            await process.waitForCleanUp()
            await session.shutDown()
        }
        signals.stop()
        return status.shellCode
    }
}

/// Passes the signals that a user or a service manager sends to this process on to the command.
private final class SignalForwarding: Sendable {
    private let descriptor: Int32

    init(to process: SandboxedProcess) {
        let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH]
        let descriptor = clinux_forward_signals(signals, signals.count)
        self.descriptor = descriptor
        guard descriptor >= 0 else { return }
        _ = ProcessReactor.shared.watch(descriptor) { [weak process] in
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) == 1 {
                if Int32(byte) == SIGWINCH {
                    let size = TerminalRelay.windowSize()
                    process?.resize(rows: size.rows, columns: size.columns)
                } else {
                    process?.signal(Int32(byte))
                }
            }
        }
    }

    func stop() {
        if descriptor >= 0 { ProcessReactor.shared.remove(descriptor) }
    }
}
