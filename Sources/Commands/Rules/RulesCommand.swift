package import ArgumentParser
import Basics
import Config
import Policy
import Wire

/// `lockgate rules`: the files that forbid, ask about and allow commands.
package struct RulesCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Check rule files.", subcommands: [Check.self])

    package init() {}

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load rule files with their self-tests, and say what they decide about a command.",
            discussion: """
                Without a file: those that count here, rules/*.rules of the system's folder, of LOCKGATE_HOME and of a \
                trusted project. After --, several words are a command's arguments, and one is a shell script. Ends with \
                1 when a file does not load.
                """)

        @OptionGroup var source: ConfigurationArguments
        @Flag(help: "Print JSON.") var json = false
        @Argument(help: "A rule file to check instead of those that count here.") var file: String?
        @Argument(parsing: .postTerminator, help: "A command to decide about.") var command: [String] = []

        func run() async throws {
            try await CommandOutput.printing {
                let configuration = try source.load()
                let rules =
                    try file.map { file throws(LockgateError) in
                        let path = PathText.absolute(file, from: ProcessEnvironment.workingDirectory)
                        return try RuleFiles.read(path, .flag("rules check"))
                    } ?? RuleFiles.load(configuration, ConfigurationArguments.loader(directory: source.directory))
                guard command.isEmpty else {
                    let policy = try AccessPolicy(
                        configuration, rules: rules, workspace: configuration.project.workingDirectory)
                    let trace = CommandTrace(
                        command, policy: policy, cwd: configuration.project.workingDirectory,
                        reviewer: Sourced(.user))
                    return json ? trace.matches.text : trace.text
                }
                return json ? Self.json(rules).text : Self.text(rules)
            }
        }

        private static func text(_ rules: CommandRules) -> String {
            var lines = rules.prefixes.map { "\($0.text)  \($0.origin)" }
            lines += rules.networks.map {
                "network_rule(host=\"\($0.host)\", protocol=\"\($0.transport)\", decision=\"\($0.decision.rawValue)\")  \($0.origin)"
            }
            for (name, paths) in rules.executables.sorted(by: { $0.key < $1.key }) {
                lines.append("host_executable(name=\"\(name)\"): \(paths.sorted().joined(separator: ", "))")
            }
            return TerminalStyle.harmless(lines.isEmpty ? "No rules." : lines.joined(separator: "\n"))
        }

        private static func json(_ rules: CommandRules) -> JSONValue {
            [
                "prefix_rules": .array(
                    rules.prefixes.map { ["rule": .string($0.text), "origin": $0.origin.json] }),
                "network_rules": .array(
                    rules.networks.map {
                        [
                            "host": .string($0.host), "protocol": .string($0.transport),
                            "decision": .string($0.decision.rawValue), "origin": $0.origin.json,
                        ]
                    }),
                "host_executables": .object(
                    JSONObject(
                        rules.executables.sorted { $0.key < $1.key }.map {
                            ($0.key, .array($0.value.sorted().map(JSONValue.string)))
                        })),
            ]
        }
    }
}
