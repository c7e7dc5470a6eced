package import ArgumentParser
import Basics
import Glibc
import Sandbox
import Wire

/// `lockgate sandbox check`: does this project build in the sandbox as it does outside, and if not, what would mend it.
package struct SandboxCheckCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Run the project's build or test command in and out of the sandbox and list every difference.",
        discussion: """
            Without a command one is guessed from the project's files. Both runs take place in the project itself. The \
            run outside has all of your own rights; it needs --yes or your word on a terminal, and is left out otherwise.

            Exits with 0 when the command works inside, 1 when the sandbox breaks it or it fails, 125 when the sandbox \
            could not be set up.
            """)

    /// Has the mode, the folder, and the command after `--`.
    @ParentCommand var parent: SandboxCommandLine
    @Flag(help: "Print one JSON object.")
    var json = false
    @Flag(help: "Run the command outside the sandbox too, with your own rights.")
    var yes = false

    package init() {}

    package func run() async throws {
        let comparison: SandboxComparison
        do throws(LockgateError) {
            comparison = try await compare()
        } catch {
            try? PosixFile.writeAll(STDERR_FILENO, Array("lockgate: \(error)\n".utf8))
            throw ExitCode(error.code.name.hasPrefix("sandbox.") ? 125 : error.exitCode)
        }
        if json {
            print(comparison.json.text)
        } else {
            let style = TerminalStyle(descriptor: STDOUT_FILENO, environment: ProcessEnvironment.variables)
            for line in style.lines(for: comparison) { print(line) }
        }
        if comparison.inside.exitCode != 0 { throw ExitCode(1) }
    }

    private func compare() async throws(LockgateError) -> SandboxComparison {
        let environment = ProcessEnvironment.variables
        let options = parent.options
        let (policy, (tools, caches)) = try options.policy(default: .workspaceWrite, environment: environment)
        let workspace = policy.workspace
        let command = options.command
        let shell = PosixFile.exists("/bin/bash") ? "/bin/bash" : "/bin/sh"
        guard let arguments = command.isEmpty ? caches.guessedCommand.map({ [shell, "-c", $0] }) : command else {
            throw LockgateError(
                "check.no_command", "nothing in \(workspace) says how it is built or tested",
                remedy: "name the command: lockgate sandbox check -- CMD", exitCode: 2)
        }
        let shown = command.isEmpty ? arguments[2] : command.map(ShellQuoting.quoted).joined(separator: " ")

        let variables = CommandEnvironment(inherited: environment, policy: .init(inherit: .all), tools: tools)
            .variables(mode: policy.mode, network: policy.network, hasTerminal: false)
        let session = try SandboxSession(policy: policy, environment: environment)
        let inside = try await session.capture(
            SandboxCommand(arguments: arguments, workingDirectory: workspace, environment: variables))
        // The run outside, and whoever runs next, find the project without the sandbox's placeholders.
        await session.shutDown()
        let rules = DenialRules(
            policy: policy, origins: options.origins, style: .sandbox, host: .machine(environment: environment))
        let denials = DenialAnalysis(rules: rules, cwd: workspace).denials(
            output: inside.output, failed: inside.status != .exited(0), reported: inside.denials)

        var outside: CapturedRun?
        if yes || confirms(shown) {
            let free = SandboxPolicy(mode: .dangerFullAccess, network: .on, workspace: workspace)
            outside = try await SandboxSession(policy: free, environment: environment).capture(
                SandboxCommand(arguments: arguments, workingDirectory: workspace, environment: environment))
        }
        return SandboxComparison(
            command: shown, inside: .init(inside), outside: outside.map(SandboxComparison.Side.init),
            denials: denials, withheldVariables: environment.keys.filter { variables[$0] == nil }.sorted(),
            toolchains: caches.found)
    }

    /// Asks on a terminal; no terminal is a no.
    private func confirms(_ command: String) -> Bool {
        guard !json, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return false }
        let question =
            "Run it outside the sandbox too, with all of your rights?\n  \(TerminalStyle.harmless(command))\n[y/N] "
        try? PosixFile.writeAll(STDERR_FILENO, Array(question.utf8))
        return readLine()?.lowercased().hasPrefix("y") == true
    }
}

extension TerminalStyle {
    /// The comparison as a person reads it.
    func lines(for comparison: SandboxComparison) -> [String] {
        var lines = ["\(bold("$")) \(Self.harmless(comparison.command))"]
        func side(_ name: String, _ side: SandboxComparison.Side) -> String {
            let mark = side.exitCode == 0 ? green("✓") : red("✗")
            return "\(mark) \(name): exit \(side.exitCode) after \(side.milliseconds) ms"
        }
        lines.append(side("inside ", comparison.inside))
        lines.append(
            comparison.outside.map { side("outside", $0) }
                ?? dim("- outside: not run (needs --yes: it has your own rights)"))
        lines += self.lines(for: comparison.denials)
        for found in comparison.toolchains {
            lines.append(
                dim(
                    "  \(found.toolchain.rawValue) (\(found.marker))"
                        + (found.toolchain.limitation.map { ": \($0)" } ?? "")))
        }
        switch comparison.outcome {
        case .works,
            .same where comparison.inside.exitCode == 0:
            lines.append(green("works in the sandbox"))
        case .same: lines.append(yellow("fails alike inside and outside: not the sandbox"))
        case .broken: lines.append(red("works outside only"))
        case .different: lines.append(yellow("ends differently inside and outside"))
        case .fails: lines.append(red("fails inside; --yes compares with a run outside"))
        }
        guard comparison.inside.exitCode != 0 else { return lines }
        lines += ["", bold("last lines inside:")] + Self.indented(comparison.inside.tail)
        if let outside = comparison.outside, outside.tail != comparison.inside.tail {
            lines += [bold("last lines outside:")] + Self.indented(outside.tail)
        }
        if comparison.outcome == .broken, comparison.denials.isEmpty, !comparison.withheldVariables.isEmpty {
            lines.append(
                "No refusal explains it. Variables it does not get inside: "
                    + Self.harmless(comparison.withheldVariables.joined(separator: ", ")))
        }
        return lines
    }

    private static func indented(_ text: String) -> [String] {
        harmless(text).split(separator: "\n").map { "  \($0)" }
    }
}
