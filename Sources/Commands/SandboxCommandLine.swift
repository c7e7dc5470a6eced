package import ArgumentParser
import Basics
import Config
import Glibc
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
    @Argument(parsing: .postTerminator, help: "The command, after --.")
    var command: [String] = []

    package init() {}

    package func validate() throws {
        guard sandbox.map({ SandboxMode(rawValue: $0) != nil }) ?? true else {
            throw ValidationError(
                "there is no sandbox mode \"\(sandbox ?? "")\": use \(SandboxMode.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard network == "on" || network == "off" else {
            throw ValidationError("there is no network mode \"\(network)\" here: use off or on")
        }
    }

    package func run() async throws {
        // Not in `validate`, which subcommands pass too.
        guard !command.isEmpty else { throw ValidationError("there is no command: lockgate sandbox -- CMD") }
        let status: Int32
        do throws(LockgateError) {
            let environment = ProcessEnvironment.variables
            let (policy, tools) = try policy(default: .readOnly, environment: environment)
            status = try await SandboxRun.run(
                command, policy: policy, workingDirectory: policy.workspace, environment: environment, tools: tools.0)
        } catch {
            try? PosixFile.writeAll(STDERR_FILENO, Array("lockgate: \(error)\n".utf8))
            throw ExitCode(125)
        }
        throw ExitCode(status)
    }

    /// Where the parts of the policy come from.
    var origins: DenialRules.Origins {
        .init(
            mode: sandbox == nil ? .builtIn : Origin(.flag("--sandbox")),
            network: network == NetworkMode.off.rawValue ? .builtIn : Origin(.flag("--network")))
    }

    /// What the options ask for, with the project's caches in it: the variables that lead to them, and what was found.
    func policy(
        default mode: SandboxMode, environment: [String: String]
    ) throws(LockgateError) -> (policy: SandboxPolicy, tools: ([String: String], ToolchainCaches)) {
        let start = ProcessEnvironment.workingDirectory
        let wanted = directory.map { PathText.absolute($0, from: start) } ?? start
        guard let workspace = PosixFile.canonical(wanted), PosixFile.isDirectory(workspace) else {
            throw LockgateError(
                "workspace.missing", "\(wanted) is not a directory", remedy: "give an existing one after -C")
        }
        var policy = SandboxPolicy(
            mode: sandbox.flatMap(SandboxMode.init) ?? mode, network: NetworkMode(rawValue: network) ?? .off,
            workspace: workspace, writableRoots: writable.map { PathText.absolute($0, from: start) })
        // Without a home there is no place for caches, and a sandbox all the same.
        let home = try? ConfigurationLoader.home(environment: environment)
        let caches = ToolchainCaches(root: workspace, home: home ?? "/", environment: environment)
        let variables = home == nil ? [:] : caches.prepare(&policy)
        if !variables.isEmpty { caches.showUserCaches() }
        return (policy, (variables, caches))
    }
}
