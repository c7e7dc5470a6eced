package import ArgumentParser
import Basics
import Config
import Wire

/// `lockgate config`: the configuration's values, read and written.
package struct ConfigCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Read and change the configuration.",
        discussion: "`lockgate explain KEY` says where a value comes from, why it counts, and who may change it.",
        subcommands: [Get.self, Set.self, List.self])

    package init() {}

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the value that counts.",
            discussion: """
                Text is printed as it is, anything else as TOML; a table as one line for each key in it. A key that \
                nobody set and that has no built-in value prints nothing and ends with 1.
                """)

        @OptionGroup var source: ConfigurationArguments
        @Flag(help: "Print JSON.") var json = false
        @Argument(help: "A dotted key, such as network.mode.") var key: String

        func run() async throws {
            try await CommandOutput.printing { try ConfigurationReport(source.load()).value(of: key, json: json) }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a value in your own file, a profile's or the project's.",
            discussion: "The file is edited in place: comments and order stay. What would not load is not written.")

        @Option(name: [.customShort("C"), .customLong("cd")], help: "The directory of --project.")
        var directory: String?
        @Option(name: [.short, .long], help: "Write to the profile HOME/NAME.config.toml.")
        var profile: String?
        @Flag(help: "Write to .lockgate/config.toml of the project's root.") var project = false
        @Flag(help: "Print what changed as JSON.") var json = false
        @Argument(help: "A dotted key, such as network.mode.") var key: String
        @Argument(help: "A TOML value, else plain text.") var value: String

        func validate() throws {
            if project, profile != nil { throw ValidationError("--project and --profile name two files; give one") }
        }

        func run() async throws {
            try await CommandOutput.printing {
                let loader = try ConfigurationArguments.loader(directory: directory)
                var target = ConfigurationEditor.Target.user
                if let profile { target = .profile(profile) }
                if project { target = .project(try loader.load(trust: .untrusted).project.root) }
                let change = try ConfigurationEditor(loader).set(key, to: value, in: target)
                return ConfigurationReport.text(of: change, json: json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all keys with their values and where each was set.")

        @OptionGroup var source: ConfigurationArguments
        @Flag(help: "Only what somebody set, not the built-in values.") var set = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await CommandOutput.printing { ConfigurationReport(try source.load()).list(onlySet: set, json: json) }
        }
    }
}
