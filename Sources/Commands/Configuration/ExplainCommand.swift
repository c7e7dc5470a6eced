package import ArgumentParser
import Basics
import Config
import Engine
import Policy
import Wire

/// `lockgate explain`: why a setting has its value, and what would be decided about a command.
package struct ExplainCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say where a setting comes from and who may change it, or what the gate decides about a command.",
        discussion: """
            The name of a table, such as network, explains every key that is set in it.

            `lockgate explain -- CMD ARGS` runs nothing. It shows what would run, the rules about it, the verdict and the \
            smallest grant, by the function that the gate itself uses. One word after -- is read as a shell script.
            """)

    @OptionGroup var source: ConfigurationArguments
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: "A dotted key or table, such as network.mode.") var key: String?
    @Argument(parsing: .postTerminator, help: "A command, after --.") var command: [String] = []

    package init() {}

    package func validate() throws {
        if (key == nil) == command.isEmpty { throw ValidationError("name a key, or a command after --") }
    }

    package func run() async throws {
        try await CommandOutput.printing {
            let configuration = try source.load()
            if let key { return try Self.text(key: key, in: configuration, json: json) }
            let loader = try ConfigurationArguments.loader(directory: source.directory)
            let policy = try AccessPolicy(
                configuration, rules: try RuleFiles.load(configuration, loader),
                workspace: configuration.project.workingDirectory)
            let trace = CommandTrace(
                command, policy: try GrantBook(configuration, home: loader.home).completing(policy),
                cwd: configuration.project.workingDirectory,
                reviewer: Sourced(
                    configuration.settings.approvalsReviewer, try configuration.resolve("approvals_reviewer").origin))
            return json ? trace.json.text : trace.text
        }
    }

    static func text(key: String, in configuration: Configuration, json: Bool) throws(LockgateError) -> String {
        let found = try configuration.explain(key)
        if json {
            // One key is one object, a table an array, whatever number of keys is set in it.
            if let only = found.first, (try? configuration.resolve(key)) != nil { return only.json.text }
            return JSONValue.array(found.map(\.json)).text
        }
        guard !found.isEmpty else { return "Nothing is set in \(TerminalStyle.harmless(key))." }
        return TerminalStyle.harmless(found.map(\.text).joined(separator: "\n\n"))
    }
}
