package import Basics

/// An effect as hooks see it: the tool's name and input, in Codex's shapes where it has such a tool.
package struct ToolUse: Sendable, Hashable {
    /// `Bash` for commands, `apply_patch` for patches, else the tool's own name.
    package var name: String
    /// Other names that matchers know it by.
    package var aliases: [String]
    package var input: JSONObject
    /// The model's call; nil for what the engine does on its own.
    package var callID: String?
    /// Whether the tool can do something else instead, when a hook gives other input.
    package var takesOtherInput: Bool

    package init(
        _ name: String, aliases: [String] = [], input: JSONObject, callID: String? = nil, takesOtherInput: Bool = false
    ) {
        self.name = name
        self.aliases = aliases
        self.input = input
        self.callID = callID
        self.takesOtherInput = takesOtherInput
    }

    /// A shell command.
    package static func shell(_ command: String, callID: String? = nil) -> ToolUse {
        ToolUse(
            "Bash", aliases: ["exec_command", "shell"], input: ["command": .string(command)], callID: callID,
            takesOtherInput: true)
    }

    /// What an effect is to hooks when nobody says more; nil for effects that are no use of a tool.
    package init?(_ effect: Effect) {
        switch effect {
        case .runCommand(_, let display, _):
            self = .shell(display)
            takesOtherInput = false
        case .writeInput(let terminal, let bytes):
            self.init("write_stdin", aliases: ["Bash"], input: ["session_id": .int(terminal), "bytes": .int(bytes)])
        case .changeFiles(let changes):
            self.init(
                "apply_patch", aliases: ["Edit", "Write"],
                input: ["file_paths": .array(changes.map { .string($0.path) })])
        case .readFile(let path):
            self.init("read_file", aliases: ["Read"], input: ["file_path": .string(path)])
        case .callTool(let call): self.init("mcp__\(call.server)__\(call.tool)", input: call.arguments)
        case .access, .askModel: return nil
        }
    }

    /// The same use with other input.
    package func with(_ input: JSONObject) -> ToolUse {
        var use = self
        use.input = input
        return use
    }

    /// The names that a matcher may match.
    package var subjects: [String] { [name] + aliases }
}

/// What an effect gave that hooks may read, where that is more than the journal keeps.
package protocol ToolResponding {
    var toolResponse: JSONValue { get }
}
