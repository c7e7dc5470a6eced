import Basics
package import Wire

/// Finds calls that a model wrote as text, since its template or server has no tool calls.
///
/// Text is taken for calls only if nothing else is left of it but white space and a leading `<think>` block, and only
/// for tools that were offered: a text that merely quotes a call never becomes one.
package enum ToolCallFallback {
    /// How the calls were written; the values of `ModelResponse.fallback`.
    package enum Form: String, Sendable, Hashable, CaseIterable {
        /// A Markdown code fence around each call, or around a list of them.
        case fenced
        /// `{"name": ..., "arguments": {...}}`, one after another or in a list.
        case bare
        /// `<tool_call>{...}</tool_call>`.
        case tagged
    }

    /// The calls that the text consists of; nil if it is anything else.
    package static func parse(
        _ text: String, tools: [ToolDefinition],
        makeCallID: @Sendable () -> String = DecodingContext.randomCallID
    ) -> (calls: [ToolCall], form: Form)? {
        guard !tools.isEmpty else { return nil }
        var scanner = Scanner(Array(text.utf8))
        scanner.skipThinking()
        var values: [JSONValue] = []
        var form: Form?
        while true {
            scanner.skipSpace()
            guard !scanner.isAtEnd else { break }
            let found: Form
            let close: String?
            if scanner.take("<tool_call>") {
                (found, close) = (.tagged, "</tool_call>")
            } else if scanner.take("```") {
                scanner.skipInfoString()
                (found, close) = (.fenced, "```")
            } else {
                (found, close) = (.bare, nil)
            }
            guard form == nil || form == found, let first = scanner.value() else { return nil }
            form = found
            values.append(first)
            scanner.skipSpace()
            if let close {
                while !scanner.take(close) {
                    guard let next = scanner.value() else { return nil }
                    values.append(next)
                    scanner.skipSpace()
                }
            }
        }
        let flat = values.flatMap { $0.array ?? [$0] }
        guard let form, !flat.isEmpty else { return nil }
        var calls: [ToolCall] = []
        for value in flat {
            guard let call = call(value, tools: tools, makeCallID: makeCallID) else { return nil }
            calls.append(call)
        }
        return (calls, form)
    }

    private static func call(
        _ value: JSONValue, tools: [ToolDefinition], makeCallID: @Sendable () -> String
    ) -> ToolCall? {
        // Some models repeat the API's wrapping.
        let body = value["function"]?.object != nil ? value["function"] ?? value : value
        guard let name = body["name"]?.string, tools.contains(where: { $0.name == name }),
            let arguments = body["arguments"] ?? body["parameters"]
        else { return nil }
        let text: String
        switch arguments {
        case .object: text = arguments.text
        case .string(let inner) where ToolCall.isObject(inner): text = inner
        default: return nil
        }
        return ToolCall(
            id: makeCallID(), name: name, input: FreeformTool.input(name: name, arguments: text, tools: tools))
    }

    private struct Scanner {
        let bytes: [UInt8]
        var at = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { at >= bytes.count }

        mutating func skipSpace() {
            while at < bytes.count, bytes[at] == 0x20 || (0x09...0x0D).contains(bytes[at]) { at += 1 }
        }

        mutating func take(_ word: String) -> Bool {
            guard bytes[at...].starts(with: word.utf8) else { return false }
            at += word.utf8.count
            return true
        }

        mutating func skipThinking() {
            skipSpace()
            guard take("<think>") else { return }
            let close = Array("</think>".utf8)
            while at < bytes.count, !bytes[at...].starts(with: close) { at += 1 }
            at = min(bytes.count, at + close.count)
        }

        /// The rest of a fence's first line.
        mutating func skipInfoString() {
            while at < bytes.count, bytes[at] != UInt8(ascii: "\n"), bytes[at] != UInt8(ascii: "{"),
                bytes[at] != UInt8(ascii: "[")
            { at += 1 }
        }

        mutating func value() -> JSONValue? {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "{") || bytes[at] == UInt8(ascii: "["),
                let (value, length) = try? JSONParser.parsePrefix(Array(bytes[at...]))
            else { return nil }
            at += length
            return value
        }
    }
}
