import Basics
import Text
import Wire

/// `write_file`: a whole new text for a file; makes its folders.
struct WriteFileTool: Tool {
    let editor: FileEditor
    let runsInParallel = false

    let definition = ToolDefinition(
        name: "write_file",
        description: "Creates a file or replaces its whole content.",
        kind: .function(parameters: [
            "type": "object",
            "properties": ["path": ["type": "string"], "content": ["type": "string"]],
            "required": ["path", "content"], "additionalProperties": false,
        ]))

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments, let path = arguments["path"]?.string,
            let content = arguments["content"]?.string
        else {
            return call.answer(
                "The arguments must be a JSON object with strings \"path\" and \"content\".", isError: true)
        }
        let old: [UInt8]?
        do {
            old = try editor.read(path)
        } catch {
            let summary = FileChangeSummary(path: PathText.absolute(path, from: editor.cwd), kind: .update)
            return try editor.fail(error, changes: [summary], diff: "", call: call, host: host)
        }
        let new = Array(content.utf8)
        if old == new { return call.answer("\(path) has exactly this content already; nothing was changed.") }
        let change: FileChange = old.map { .update(path, from: $0, to: new) } ?? .add(path, new)
        let verb = old == nil ? "Created" : "Wrote"
        return try await editor.apply(
            .init(changes: [change], reply: "\(verb) \(path) (\(new.count) bytes)."), folder: nil,
            use: FileEditor.writeUse(change, content: content, folder: editor.cwd, call: call), call: call, host: host
        ) { try editor.revisedWrite($0) }
    }
}
