package import ArgumentParser
import Basics
import Config
import Wire

/// `lockgate explain`: why a setting has its value.
package struct ExplainCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say where a setting comes from, why it counts, and who may change it.",
        discussion: "The name of a table, such as network, explains every key that is set in it.")

    @OptionGroup var source: ConfigurationArguments
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: "A dotted key or table, such as network.mode.") var key: String

    package init() {}

    package func run() async throws {
        try await CommandOutput.printing { try Self.text(key: key, in: source.load(), json: json) }
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
