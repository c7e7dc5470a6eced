import Basics
import Wire

/// `apply_patch`: Codex's patch format, as free text held to a grammar or as a function with one string.
struct ApplyPatchTool: Tool {
    let editor: FileEditor
    let isFreeform: Bool
    let runsInParallel = false

    var definition: ToolDefinition {
        ToolDefinition(
            name: "apply_patch", description: Self.description,
            kind: isFreeform
                ? .custom(syntax: "lark", grammar: Self.grammar)
                : .function(parameters: [
                    "type": "object",
                    "properties": ["input": ["type": "string", "description": "The whole patch."]],
                    "required": ["input"], "additionalProperties": false,
                ]))
    }

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        let text: String?
        switch call.input {
        case .custom(let input): text = input
        case .function: text = call.arguments?["input"]?.string ?? call.arguments?["patch"]?.string
        }
        guard let text else {
            return call.answer("The arguments must be a JSON object with a string \"input\".", isError: true)
        }
        return try await editor.applyPatch(text, folder: nil, call: call, host: host)
    }

    private static let description = """
        Changes files by a patch. All of it applies or none. Format:
        *** Begin Patch
        *** Add File: path
        +line
        *** Update File: path
        *** Move to: new/path            (optional)
        @@ optional line that stands above the change, such as a function's head
         unchanged line
        -removed line
        +added line
        *** Delete File: path
        *** End Patch
        Give about three unchanged lines around each change, exactly as they are in the file.
        """

    /// The format as a Lark grammar, for models whose provider can hold them to it.
    private static let grammar = #"""
        start: begin section+ end
        begin: "*** Begin Patch" NL
        end: "*** End Patch" NL?
        section: add | remove | change
        add: "*** Add File: " PATH NL added+
        remove: "*** Delete File: " PATH NL
        change: "*** Update File: " PATH NL move? hunk*
        move: "*** Move to: " PATH NL
        hunk: anchor* line+ eof?
        anchor: "@@" (" " TEXT)? NL
        line: ("+" | "-" | " ") TEXT? NL
        added: "+" TEXT? NL
        eof: "*** End of File" NL
        PATH: /[^\n]+/
        TEXT: /[^\n]+/
        NL: /\n/
        """#
}
