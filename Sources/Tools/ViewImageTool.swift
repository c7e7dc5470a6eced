import Basics
import Files
import Wire

/// `view_image`: shows an image file to a model that can see.
struct ViewImageTool: Tool {
    let editor: FileEditor
    let runsInParallel = true

    let definition = ToolDefinition(
        name: "view_image",
        description: "Attaches an image file (PNG, JPEG, GIF, WebP) so that you can see it.",
        kind: .function(parameters: [
            "type": "object",
            "properties": [
                "path": ["type": "string"],
                "detail": ["type": "string", "enum": ["high", "original"]],
            ],
            "required": ["path"], "additionalProperties": false,
        ]))

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments, let path = arguments["path"]?.string else {
            return call.answer("The arguments must be a JSON object with a string \"path\".", isError: true)
        }
        let absolute = PathText.absolute(path, from: editor.cwd)
        return try await host.look(call, path: absolute) {
            let bytes = try editor.files.read(absolute, limit: ImageAttachment.sizeLimit).bytes
            let url = try ImageAttachment.dataURL(bytes, name: path)
            var result = call.answer("")
            result.parts = [.text("Image \(path):"), .image(url: url, detail: arguments["detail"]?.string)]
            return result
        }
    }
}
