import Basics
import Files
import Wire

/// `read_file`: a text file, whole or by lines.
struct ReadFileTool: Tool {
    let editor: FileEditor
    let runsInParallel = true
    /// Bytes of one answer; a longer file is read in parts.
    private static let limit = 48_000

    let definition = ToolDefinition(
        name: "read_file",
        description: "Reads a text file. Long files come in parts: use offset and limit (lines).",
        kind: .function(parameters: [
            "type": "object",
            "properties": [
                "path": ["type": "string"],
                "offset": ["type": "integer", "description": "First line, from 1."],
                "limit": ["type": "integer", "description": "How many lines."],
            ],
            "required": ["path"], "additionalProperties": false,
        ]))

    func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments, let path = arguments["path"]?.string else {
            return call.answer("The arguments must be a JSON object with a string \"path\".", isError: true)
        }
        let absolute = PathText.absolute(path, from: editor.cwd)
        return try await host.look(call, path: absolute) {
            let bytes = try editor.files.read(absolute).bytes
            guard !bytes.prefix(8000).contains(0) else {
                return call.answer("\(path) is a binary file of \(bytes.count) bytes.", isError: true)
            }
            return call.answer(
                Self.part(of: bytes, from: arguments["offset"]?.int ?? 1, lines: arguments["limit"]?.int))
        }
    }

    static func part(of bytes: [UInt8], from first: Int, lines wanted: Int?) -> String {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let count = lines.last?.isEmpty == true ? lines.count - 1 : lines.count
        let start = min(max(1, first) - 1, count)
        var out: [UInt8] = []
        var at = start
        while at < count, at - start < wanted ?? .max, out.count + lines[at].count < limit || at == start {
            out.append(contentsOf: lines[at].prefix(limit))
            out.append(UInt8(ascii: "\n"))
            at += 1
        }
        let text = String(decoding: out, as: UTF8.self)
        guard at < count || start > 0 else { return text }
        return text + "[lines \(start + 1) to \(at) of \(count)]\n"
    }
}
