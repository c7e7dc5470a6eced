import Basics
import Wire

/// `search`: ripgrep in the sandbox, so that it sees what commands see and no more.
struct SearchTool: Tool {
    let commands: CommandTools
    let runsInParallel = true

    let definition = ToolDefinition(
        name: "search",
        description: "Searches files for a regular expression (ripgrep); prints path:line:text.",
        kind: .function(parameters: [
            "type": "object",
            "properties": [
                "pattern": ["type": "string"],
                "path": ["type": "string", "description": "Default: the workspace."],
                "glob": ["type": "string", "description": "Only files that match, such as *.py."],
            ],
            "required": ["pattern"], "additionalProperties": false,
        ]))

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments, let pattern = arguments["pattern"]?.string else {
            return call.answer("The arguments must be a JSON object with a string \"pattern\".", isError: true)
        }
        var argv = [
            "rg", "--no-config", "--line-number", "--no-heading", "--color=never", "--max-columns=300", "--sort=path",
        ]
        if let glob = arguments["glob"]?.string { argv.append("--glob=\(glob)") }
        // After `--` no text from the model can be an option such as --pre, which runs programs.
        argv += ["--regexp=\(pattern)", "--", arguments["path"]?.string ?? "."]
        let report = try await commands.run(
            CommandRequest(argv: argv, cwd: commands.settings.cwd), display: "search \(pattern)",
            use: ToolUse("search", aliases: ["Grep"], input: arguments, callID: call.id), yield: .seconds(60),
            modelBytes: commands.settings.outputBytes, host: host)
        if report.isRefusal { return call.answer(report.text, isError: true) }
        switch report.exit {
        case .exited(0)?: return call.answer(report.text)
        case .exited(1)? where report.text.isEmpty: return call.answer("No matches.")
        case nil: return call.answer("The search took longer than a minute; narrow it down.", isError: true)
        default: return call.answer(report.text, isError: true)
        }
    }
}
