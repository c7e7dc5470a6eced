package import ArgumentParser
import Basics
import Config
import Hooks
import Wire

/// `lockgate hooks`: the user's programs at the gate.
package struct HooksCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "hooks", abstract: "Look at hooks.", subcommands: [List.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the hooks that count here, with their places and what they do when they fail.",
            discussion: "Runs nothing. Ends with 1 when a file does not load. docs/hooks.md has the contract.")

        @OptionGroup var source: ConfigurationArguments
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await CommandOutput.printing {
                let configuration = try source.load()
                let loader = try ConfigurationArguments.loader(directory: source.directory)
                let listing = HookListing(
                    hooks: try ConfiguredHookSet.load(configuration, loader),
                    managedOnly: configuration.managedHooksOnly,
                    waiting: try TrustReview.hooks(waitingIn: configuration, loader))
                return json ? listing.json.text : TerminalStyle.harmless(listing.text)
            }
        }
    }
}

/// Which hooks count, and which do not and why.
struct HookListing {
    var hooks: HookSet
    var managedOnly: Origin?
    /// What a project brings that nobody reviewed: names of its files and settings.
    var waiting: [String]

    var text: String {
        var lines = hooks.definitions.isEmpty ? ["No hooks."] : hooks.definitions.flatMap(Self.lines)
        if let managedOnly {
            lines += hooks.skipped.map { "skipped: \($0.name)  \($0.origin.location) (\(managedOnly.location))" }
        }
        lines += waiting.map { "waiting for review: \($0) (see `lockgate trust --hooks`)" }
        return lines.joined(separator: "\n")
    }

    private static func lines(_ hook: HookDefinition) -> [String] {
        let seconds = Double(hook.limit / .milliseconds(1)) / 1000
        let facts = [
            hook.origin.layer.name, "timeout \(JSONNumber(seconds).text) s",
            "fails \(hook.failsClosed ? "closed" : "open")",
            hook.isSandboxed ? "sandboxed" : "NOT sandboxed",
        ]
        return [
            "\(hook.event.rawValue)  \(hook.matcher.text)  \(hook.name)",
            "    \(hook.origin.location)  \(facts.joined(separator: " · "))",
        ]
    }

    var json: JSONValue {
        [
            "hooks": .array(hooks.definitions.map(Self.json)), "skipped": .array(hooks.skipped.map(Self.json)),
            "waiting_for_review": .array(waiting.map(JSONValue.string)),
        ]
    }

    private static func json(_ hook: HookDefinition) -> JSONValue {
        [
            "event": .string(hook.event.rawValue), "matcher": .string(hook.matcher.text), "name": .string(hook.name),
            "command": .string(hook.command), "timeout_ms": .int(Int(hook.limit / .milliseconds(1))),
            "fail": .string(hook.failsClosed ? "closed" : "open"), "sandboxed": .bool(hook.isSandboxed),
            "origin": hook.origin.json,
        ]
    }
}
