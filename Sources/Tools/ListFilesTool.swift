import Basics
import Files
import Wire

/// `list_files`: the names in a folder, or a tree of some levels.
struct ListFilesTool: Tool {
    let editor: FileEditor
    let runsInParallel = true
    private static let limit = 500

    let definition = ToolDefinition(
        name: "list_files",
        description: "Lists a folder; folders end in /. depth goes further down (default 1).",
        kind: .function(parameters: [
            "type": "object",
            "properties": [
                "path": ["type": "string", "description": "Default: the workspace."],
                "depth": ["type": "integer"],
            ],
            "additionalProperties": false,
        ]))

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments else {
            return call.answer("The arguments must be a JSON object.", isError: true)
        }
        let path = PathText.absolute(arguments["path"]?.string ?? ".", from: editor.cwd)
        let depth = min(max(1, arguments["depth"]?.int ?? 1), 8)
        return try await host.look(call, path: path) {
            var lines: [String] = []
            try list(path, prefix: "", depth: depth, into: &lines)
            if lines.count > Self.limit { lines = lines.prefix(Self.limit) + ["[cut after \(Self.limit) entries]"] }
            return call.answer(lines.isEmpty ? "The folder is empty.\n" : lines.joined(separator: "\n") + "\n")
        }
    }

    private func list(_ path: String, prefix: String, depth: Int, into lines: inout [String]) throws(LockgateError) {
        for entry in try editor.files.entries(path) {
            guard lines.count <= Self.limit else { return }
            let isFolder = entry.kind == .folder
            lines.append(prefix + entry.text + (isFolder ? "/" : ""))
            // The insides of a repository's own database are never what is looked for.
            if isFolder, depth > 1, entry.text != ".git" {
                try list("\(path)/\(entry.text)", prefix: prefix + entry.text + "/", depth: depth - 1, into: &lines)
            }
        }
    }
}
