package import Basics
import Files
package import Wire

/// The tools that read and change files in the product's own process.
package struct FileTools: Sendable {
    package let editor: FileEditor
    package let tools: [any Tool]

    /// - Parameter offersPatches: apply_patch for models that can write it; small ones get write_file alone.
    package init(editor: FileEditor, commands: CommandTools, offersPatches: Bool, freeformPatches: Bool) {
        self.editor = editor
        var tools: [any Tool] = offersPatches ? [ApplyPatchTool(editor: editor, isFreeform: freeformPatches)] : []
        tools += [
            ReadFileTool(editor: editor), WriteFileTool(editor: editor), ListFilesTool(editor: editor),
            SearchTool(commands: commands), ViewImageTool(editor: editor),
        ]
        self.tools = tools
    }
}

extension ToolHost {
    /// Runs a read-only tool as an item of its own, through the gate.
    func look(
        _ call: ToolCall, path: String, _ work: @Sendable () async throws -> ToolResult
    ) async throws -> ToolResult {
        var item = ThreadItem.BuiltInToolCall(tool: call.name, arguments: .object(call.arguments ?? [:]))
        let id = try begin(.toolCall(item))
        let effect = Effect.readFile(path: path)
        do {
            var input = call.arguments ?? [:]
            input["file_path"] = .string(path)
            let use = ToolUse(
                call.name, aliases: ToolUse.readers[call.name] ?? [], input: input, callID: call.id)
            let passage = try await pass(effect, as: use, item: id) { (try await work(), ["ok": true]) }
            switch passage {
            case .revised: throw LockgateError("internal", "what is read cannot be replaced")
            case .ran(let result):
                item.status = result.isError ? .failed : .completed
                let text = result.shownText
                if result.isError { item.error = text } else { item.result = text }
                try complete(id, .toolCall(item))
                return result
            case .denied(let verdict):
                item.status = .declined
                item.error = verdict.reason
                try complete(id, .toolCall(item))
                return call.answer("Refused. \(verdict.reason) (rule: \(verdict.rule))", isError: true)
            }
        } catch let error as CancellationError {
            item.status = .failed
            item.error = "interrupted"
            try complete(id, .toolCall(item))
            throw error
        } catch let error as LockgateError where !error.code.name.hasPrefix("journal.") {
            let isDenial = WorkspaceFiles.isDenial(error)
            item.status = isDenial ? .declined : .failed
            item.error = error.message
            try complete(id, .toolCall(item))
            if isDenial { try refused(effect, item: id, verdict: FileEditor.verdict(error)) }
            return call.answer("\(error)", isError: true)
        }
    }
}

extension ToolUse {
    /// Claude Code's names for the reading tools.
    fileprivate static let readers = ["read_file": ["Read"], "view_image": ["Read"], "list_files": ["Glob", "LS"]]
}

extension ToolResult: ToolResponding {
    package var toolResponse: JSONValue { .string(shownText) }
}

extension ToolResult {
    /// The text for people; an image is only named.
    fileprivate var shownText: String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .image: "[image]"
            }
        }.joined()
    }
}
