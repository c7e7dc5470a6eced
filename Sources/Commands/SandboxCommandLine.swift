package import ArgumentParser
import Basics
import Glibc
import Sandbox
import Wire

/// `lockgate sandbox`: one command in the sandbox, without a model.
package struct SandboxCommandLine: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a command in the sandbox.",
        discussion: "The command's exit status passes through. 125: the sandbox could not be set up; nothing was run.")

    @Option(name: [.short, .long], help: "read-only, workspace-write or danger-full-access.")
    var sandbox = SandboxMode.readOnly.rawValue
    @Option(help: "off or on.")
    var network = NetworkMode.off.rawValue
    @Option(name: [.customShort("C"), .customLong("cd")], help: "The workspace and working directory.")
    var directory: String?
    @Option(name: .customLong("allow-write"), help: "Another path that may be written. Repeatable.")
    var writable: [String] = []
    @Option(help: "Run the command so many times in one session and print what it costs, against no sandbox.")
    var measure: Int?
    @Argument(parsing: .postTerminator, help: "The command, after --.")
    var command: [String] = []

    package init() {}

    package func validate() throws {
        guard SandboxMode(rawValue: sandbox) != nil else {
            throw ValidationError(
                "there is no sandbox mode \"\(sandbox)\": use \(SandboxMode.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard network == "on" || network == "off" else {
            throw ValidationError("there is no network mode \"\(network)\" here: use off or on")
        }
        guard !command.isEmpty else { throw ValidationError("there is no command: lockgate sandbox -- CMD") }
    }

    package func run() async throws {
        let start = ProcessEnvironment.workingDirectory
        let wanted = directory.map { PathText.absolute($0, from: start) } ?? start
        let status: Int32
        do throws(LockgateError) {
            guard let workspace = PosixFile.canonical(wanted), PosixFile.isDirectory(workspace) else {
                throw LockgateError(
                    "workspace.missing", "\(wanted) is not a directory", remedy: "give an existing one after -C")
            }
            let policy = SandboxPolicy(
                mode: SandboxMode(rawValue: sandbox) ?? .readOnly, network: NetworkMode(rawValue: network) ?? .off,
                workspace: workspace, writableRoots: writable.map { PathText.absolute($0, from: start) })
            if let measure {
                try await printMeasurement(count: measure, policy: policy)
                return
            }
            status = try await SandboxRun.run(
                command, policy: policy, workingDirectory: workspace, environment: ProcessEnvironment.variables)
        } catch {
            try? PosixFile.writeAll(STDERR_FILENO, Array("lockgate: \(error)\n".utf8))
            throw ExitCode(125)
        }
        throw ExitCode(status)
    }

    private func printMeasurement(count: Int, policy: SandboxPolicy) async throws(LockgateError) {
        let environment = ProcessEnvironment.variables
        let variables = CommandEnvironment(inherited: environment)
            .variables(mode: policy.mode, network: policy.network, hasTerminal: false)
        let session = try SandboxSession(policy: policy, environment: environment)
        let result = try await SandboxMeasurement.run(
            SandboxCommand(arguments: command, workingDirectory: policy.workspace, environment: variables),
            in: session, count: max(1, count))
        print("plain    p10 \(Int(result.plain.tenthPercentile)) us, median \(Int(result.plain.median)) us")
        print("session  p10 \(Int(result.sandboxed.tenthPercentile)) us, median \(Int(result.sandboxed.median)) us")
        print("before   \(result.before)")
        print("after    \(result.after)")
    }
}
