package import ArgumentParser

/// The program's root: verbs and nothing else.
package struct Lockgate: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "lockgate",
        abstract: "A coding agent whose every effect passes one gate: watched, explained, recorded, reversible.",
        version: Version.text,
        subcommands: [ExecCommand.self, SandboxCommandLine.self, DoctorCommand.self])

    package init() {}
}
