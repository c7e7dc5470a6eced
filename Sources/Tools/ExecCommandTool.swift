import Basics
import Text
import Wire

/// Runs a shell command.
struct ExecCommandTool: Tool {
    let commands: CommandTools
    let runsInParallel = true

    let definition: ToolDefinition

    init(commands: CommandTools) {
        self.commands = commands
        var definition = Self.plainDefinition
        if commands.settings.takesReasons, case .function(var parameters) = definition.kind {
            var properties = parameters["properties"] ?? [:]
            properties["justification"] = [
                "type": "string",
                "description": "Why you need it, in one sentence, for whoever is asked about it.",
            ]
            parameters["properties"] = properties
            definition.kind = .function(parameters: parameters)
        }
        self.definition = definition
    }

    private static let plainDefinition = ToolDefinition(
        name: "exec_command",
        description: """
            Runs a shell command in the sandbox and returns its output, or a session ID when it is still running \
            after yield_time_ms; use write_stdin with that ID to go on with it.
            """,
        kind: .function(parameters: [
            "type": "object",
            "properties": [
                "cmd": ["type": "string", "description": "The command, as for bash -c."],
                "workdir": ["type": "string", "description": "Working directory; defaults to the workspace."],
                "tty": [
                    "type": "boolean", "description": "Run on a terminal, for interactive programs. Default false.",
                ],
                "login": [
                    "type": "boolean",
                    "description": "Use a login shell (bash -lc), which reads the user's profile. Default false.",
                ],
                "yield_time_ms": [
                    "type": "integer", "description": "How long to wait for the end before returning. Default 10000.",
                ],
                "max_output_tokens": [
                    "type": "integer", "description": "Output beyond this is cut in the middle. Default 2500.",
                ],
            ],
            "required": ["cmd"], "additionalProperties": false,
        ]))

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments, let command = arguments["cmd"]?.string else {
            return call.answer("The arguments must be a JSON object with a string \"cmd\".", isError: true)
        }
        let settings = commands.settings
        let cwd = arguments["workdir"]?.string.map { PathText.absolute($0, from: settings.cwd) } ?? settings.cwd
        if let editor = commands.editor, let patch = PatchInvocation(script: command) {
            let folder = patch.folder.map { PathText.absolute($0, from: cwd) } ?? cwd
            return try await editor.applyPatch(patch.patch, folder: folder, call: call, host: host)
        }
        let isLogin = settings.allowsLoginShell && arguments["login"]?.bool ?? false
        var request = CommandRequest(argv: [settings.shell, isLogin ? "-lc" : "-c", command], cwd: cwd)
        if arguments["tty"]?.bool == true { request.terminal = .init(rows: 40, columns: 120) }
        let yield = Self.yield(arguments["yield_time_ms"], default: 10_000, settings: settings)
        let report = try await commands.run(
            request, display: command, use: .shell(command, callID: call.id), yield: yield,
            modelBytes: Self.bytes(arguments["max_output_tokens"], settings: settings),
            reason: settings.takesReasons ? arguments["justification"]?.string.map { String($0.prefix(1000)) } : nil,
            host: host)
        return call.answer(report.answer, isError: report.isRefusal)
    }

    static func yield(_ value: JSONValue?, default milliseconds: Int, settings: CommandTools.Settings) -> Duration {
        min(.milliseconds(max(250, value?.int ?? milliseconds)), settings.maximumYield)
    }

    static func bytes(_ tokens: JSONValue?, settings: CommandTools.Settings) -> Int {
        guard let tokens = tokens?.int else { return settings.outputBytes }
        return min(max(400, min(tokens, 1 << 20) * 4), settings.maximumOutputBytes)
    }
}
