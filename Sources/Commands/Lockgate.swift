package import ArgumentParser
import Basics
import CLinux
import Glibc
import Sandbox

/// The program's root: verbs and nothing else.
package struct Lockgate: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "lockgate",
        abstract: "A coding agent whose every effect passes one gate: watched, explained, recorded, reversible.",
        version: Version.text,
        subcommands: [
            ExecCommand.self, SandboxCommandLine.self, ConfigCommand.self, ExplainCommand.self, TrustCommand.self,
            RulesCommand.self, HooksCommand.self, GrantsCommand.self, ImportCommand.self, ModelCommand.self,
            DoctorCommand.self, UndoCommand.self, RedoCommand.self, DiffCommand.self, ApplyCommand.self,
            UsageCommand.self, SessionsCommand.self, AuditCommand.self, ReplayCommand.self, WorktreeCommand.self,
            AttemptsCommand.self, SignCommand.self, MCPCommand.self,
            InteractiveCommand.self,
        ],
        defaultSubcommand: InteractiveCommand.self)

    /// Whether a word is a verb, and so no prompt.
    static func isVerb(_ word: String) -> Bool {
        word == "help"
            || configuration.subcommands.contains { verb in
                verb.configuration.commandName == word || verb.configuration.aliases.contains(word)
            }
    }

    package init() {}

    /// What needs no concurrency, before its threads are started: `sandbox -- CMD`, and `--version`, which scripts and
    /// editors ask first and for which the parser would look at every verb. Returns for everything else.
    ///
    /// - Parameter early: the sandbox's helper that was started before this program's own first instruction, if one was.
    package static func handOver(early: (socket: Int32, pid: Int32)?) {
        let arguments = ProcessEnvironment.arguments
        if arguments.elementsEqual(["--version"]) {
            do {
                try PosixFile.writeAll(STDOUT_FILENO, Array((Version.text + "\n").utf8))
            } catch {
                Glibc.exit(1)
            }
            Glibc.exit(0)
        }
        let prepared = early.map { AdvanceHelper(startedEarly: $0.socket, pid: $0.pid) }
        SandboxOptions(plain: arguments)?.handOver(to: prepared)
    }

    /// Runs the command line and ends the process.
    ///
    /// Wrong usage ends with 2, as in DESIGN's contract and most shells' tools; the argument parser's own code is 64.
    package static func start() async -> Never {
        clinux_limit_lookups()
        if let options = ExecOptions(plain: ProcessEnvironment.arguments), let request = try? ExecRequest(options) {
            Glibc.exit(await ExecRun.main(request))
        }
        if let options = InteractiveOptions(plain: ProcessEnvironment.arguments, isVerb: isVerb) {
            Glibc.exit(await InteractiveRun.main(options))
        }
        if let options = SandboxOptions(plain: ProcessEnvironment.arguments) { Glibc.exit(await options.run()) }
        do {
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
            exit()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            try? PosixFile.writeAll(STDERR_FILENO, Array((fullMessage(for: error) + "\n").utf8))
            Glibc.exit(2)
        }
    }
}
