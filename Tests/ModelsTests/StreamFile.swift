import Basics
import Glibc
import Testing
import Wire

@testable import Models

/// A recorded stream: one file of `Streams`, written by hand after the shape that a provider's documentation or an
/// issue in a public tracker describes.
enum StreamFile {
    static func bytes(_ name: String, file: String = #filePath) throws -> [UInt8] {
        let folder = file.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(file[..<$0]) } ?? "."
        let path = "\(folder)/Streams/\(name).sse"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        try #require(descriptor >= 0, "no stream \(path)")
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            try #require(count >= 0)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// What a decoder made of a stream: the answer or the failure, with the text it showed on the way.
    struct Outcome: Hashable {
        var text = ""
        var reasoning = ""
        var response: ModelResponse?
        var failure: AttemptFailure?
    }

    /// Decodes bytes that arrive in pieces of the given size.
    static func decode(_ bytes: [UInt8], by size: Int, _ decoder: any StreamDecoder) -> Outcome {
        var decoder = decoder
        var parser = SSEParser()
        var outcome = Outcome()
        do {
            var at = 0
            while at < bytes.count {
                let end = min(bytes.count, at + size)
                for event in try parser.receive(bytes[at..<end]) {
                    for output in try decoder.receive(event) { outcome.take(output) }
                }
                at = end
            }
            for output in try decoder.finish() { outcome.take(output) }
        } catch let failure as AttemptFailure {
            outcome.failure = failure
        } catch {
            Issue.record(error)
        }
        return outcome
    }
}

extension StreamFile.Outcome {
    mutating func take(_ output: DecoderOutput) {
        switch output {
        case .text(let part): text += part
        case .reasoning(let part): reasoning += part
        case .finished(let whole): response = whole
        }
    }
}

/// The tools that the recorded streams call.
enum SampleTools {
    static let all = [
        ToolDefinition(
            name: "shell", description: "Runs a command.",
            kind: .function(parameters: [
                "type": "object", "properties": ["cmd": ["type": "string"]], "required": ["cmd"],
            ])),
        ToolDefinition(
            name: "read", description: "Reads a file.",
            kind: .function(parameters: ["type": "object", "properties": ["path": ["type": "string"]]])),
        ToolDefinition(
            name: "apply_patch", description: "Edits files.", kind: .custom(syntax: "lark", grammar: "start: /.+/")),
    ]

    static func request(_ items: [ConversationItem] = [ConversationItem(.user([.text("Hi")]))]) -> ModelRequest {
        ModelRequest(model: "m", instructions: "Be brief.", items: items, tools: all, cacheKey: "session-1")
    }
}

/// A provider named `lab` for codec tests.
func labProvider(_ dialect: WireDialect, _ change: (inout Provider) -> Void = { _ in }) -> Provider {
    var provider = Provider(id: "lab", name: "Lab", baseURL: "http://127.0.0.1:1/v1", wireAPI: dialect)
    change(&provider)
    return provider
}

/// A context whose made-up call ids are all `call_made_up`, so that values can be compared whole.
func labContext(_ dialect: WireDialect, request: ModelRequest = SampleTools.request()) -> DecodingContext {
    DecodingContext(request, dialect: dialect, provider: labProvider(dialect)) { "call_made_up" }
}
