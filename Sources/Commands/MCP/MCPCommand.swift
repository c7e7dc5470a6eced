package import ArgumentParser
import Basics
import Config
import Wire

/// `lockgate mcp`: the MCP servers that the configuration names.
package struct MCPCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "mcp", abstract: "List, show, add and remove MCP servers.",
        subcommands: [List.self, Get.self, Add.self, Remove.self], defaultSubcommand: List.self)

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the servers that count here.")
        @OptionGroup var source: ConfigurationArguments
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await CommandOutput.printing {
                let servers = try source.load().toolServers
                if json { return JSONValue.array(servers.map(\.json)).text }
                return servers.isEmpty
                    ? "There are no MCP servers. Add one: lockgate mcp add NAME -- COMMAND"
                    : servers.map(\.line).joined(separator: "\n")
            }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one server with all that is set of it.")
        @Argument(help: "The server.") var name: String
        @OptionGroup var source: ConfigurationArguments
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await CommandOutput.printing {
                guard let server = try source.load().toolServers.first(where: { $0.name == name }) else {
                    throw LockgateError(
                        "mcp.unknown", "there is no MCP server \(name)", remedy: "lockgate mcp list shows all")
                }
                return json ? server.json.text : server.details
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a server to your own configuration.",
            discussion: "lockgate mcp add docs --env LANG=C -- npx -y some-server")
        @Argument(help: "The server's name.") var name: String
        @Option(help: "NAME=VALUE, a variable that the server gets. Repeatable.") var env: [String] = []
        @Option(help: "A variable of yours that it gets by name, for secrets. Repeatable.") var envVar: [String] = []
        @Option(help: "off or on; else as commands.") var network: String?
        @Argument(parsing: .postTerminator, help: "The program and its arguments, after --.") var command: [String] = []

        func validate() throws {
            guard !command.isEmpty else {
                throw ValidationError("there is no command: lockgate mcp add NAME -- COMMAND")
            }
            guard !name.isEmpty, name.utf8.count <= 32, name.utf8.allSatisfy({ Self.isName($0) }) else {
                throw ValidationError("a server's name has at most 32 letters, digits, '-' and '_'")
            }
            guard env.allSatisfy({ $0.firstIndex(of: "=").map { $0 > "".startIndex } ?? false }) else {
                throw ValidationError("--env takes NAME=VALUE")
            }
        }

        private static func isName(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
            default: false
            }
        }

        func run() async throws {
            try await CommandOutput.printing {
                let loader = try ConfigurationArguments.loader(directory: nil)
                let editor = ConfigurationEditor(loader)
                let key = "mcp_servers.\(name)"
                func list(_ words: some Collection<String>) -> String {
                    "[" + words.map { JSONValue.string($0).text }.joined(separator: ", ") + "]"
                }
                var file = try editor.set("\(key).command", to: JSONValue.string(command[0]).text).file
                if command.count > 1 { file = try editor.set("\(key).args", to: list(command.dropFirst())).file }
                for pair in env {
                    let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    _ = try editor.set("\(key).env.\(parts[0])", to: JSONValue.string(String(parts[1])).text)
                }
                if !envVar.isEmpty { _ = try editor.set("\(key).env_vars", to: list(envVar)) }
                if let network { _ = try editor.set("\(key).network", to: JSONValue.string(network).text) }
                return
                    "added \(name) to \(file); its calls are asked about (lockgate explain \(key).default_tools_approval_mode)"
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a server out of your own configuration.")
        @Argument(help: "The server.") var name: String

        func run() async throws {
            try await CommandOutput.printing {
                let loader = try ConfigurationArguments.loader(directory: nil)
                guard let file = try ConfigurationEditor(loader).removeTable(["mcp_servers", name], from: loader) else {
                    throw LockgateError(
                        "mcp.unknown", "your own configuration has no MCP server \(name)",
                        remedy: "lockgate mcp list shows where each is set")
                }
                return "removed \(name) from \(file)"
            }
        }
    }
}

/// A server as the configuration has it.
struct ListedServer {
    var name: String
    var settings: ToolServerSettings
    var resolutions: [Resolution]

    /// Values of variables are left out: they may be secrets.
    var shown: [(key: String, value: JSONValue, origin: Origin)] {
        resolutions.map { resolution in
            let key = String(resolution.key.dropFirst("mcp_servers.\(name).".utf8.count))
            return (key, key.hasPrefix("env.") ? "..." : resolution.value, resolution.origin)
        }
    }

    var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "enabled": .bool(settings.isEnabled ?? true)]
        object["transport"] = [
            "type": "stdio", "command": .optional(settings.command),
            "args": .array(settings.arguments.map(JSONValue.string)),
            "env": .array(settings.environment.keys.sorted().map(JSONValue.string)),
            "env_vars": .array(settings.inheritedVariables.map(JSONValue.string)),
            "cwd": .optional(settings.workingDirectory),
        ]
        object["set"] = .array(
            shown.map { ["key": .string($0.key), "value": $0.value, "origin": .string($0.origin.description)] })
        return .object(object)
    }

    var line: String {
        let words = ([settings.command ?? "(no command)"] + settings.arguments).joined(separator: " ")
        return TerminalStyle.harmless(
            "\(name)\t\((settings.isEnabled ?? true) ? "enabled" : "disabled")\t\((settings.approvalMode ?? .prompt).rawValue)\t\(words)"
        )
    }

    var details: String {
        TerminalStyle.harmless(
            ([name] + shown.map { "  \($0.key) = \($0.value.text)  (\($0.origin))" }).joined(separator: "\n"))
    }
}

extension Configuration {
    var toolServers: [ListedServer] {
        settings.toolServers.sorted { $0.key < $1.key }.map { name, server in
            ListedServer(
                name: name, settings: server,
                resolutions: resolutions.filter { $0.key.hasPrefix("mcp_servers.\(name).") })
        }
    }
}
