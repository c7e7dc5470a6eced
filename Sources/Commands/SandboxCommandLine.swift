package import ArgumentParser
import Sandbox
import Wire

/// `lockgate sandbox`: one command in the sandbox, without a model.
package struct SandboxCommandLine: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a command in the sandbox.",
        discussion:
            "`lockgate sandbox check` compares a project's build in and out of it. The command's exit status passes through. 125: the sandbox could not be set up; nothing was run.",
        subcommands: [SandboxCheckCommand.self])

    @Option(
        name: [.short, .long],
        help: "read-only (the default), workspace-write (the default of check) or danger-full-access.")
    var sandbox: String?
    @Option(help: "off or on.")
    var network = NetworkMode.off.rawValue
    @Option(name: [.customShort("C"), .customLong("cd")], help: "The workspace and working directory.")
    var directory: String?
    @Option(name: .customLong("allow-write"), help: "Another path that may be written. Repeatable.")
    var writable: [String] = []
    @Option(
        name: .customLong("allow-device"),
        help: "Show devices: \(DeviceFamily.allCases.map(\.rawValue).joined(separator: " or ")). Repeatable.")
    var devices: [String] = []
    @Option(help: "Run the command so many times in one session and print what it costs, against no sandbox.")
    var measure: Int?
    @Argument(parsing: .postTerminator, help: "The command, after --.")
    var command: [String] = []

    package init() {}

    package func validate() throws {
        do throws(LockgateError) {
            try options.validate()
        } catch {
            throw ValidationError(error.message)
        }
    }

    package func run() async throws {
        // Not in `validate`, which subcommands pass too.
        guard !command.isEmpty else { throw ValidationError("there is no command: lockgate sandbox -- CMD") }
        throw ExitCode(await options.run())
    }

    var options: SandboxOptions {
        SandboxOptions(
            sandbox: sandbox, network: network, directory: directory, writable: writable, devices: devices,
            measure: measure, command: command)
    }
}
