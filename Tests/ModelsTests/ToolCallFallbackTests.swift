import Testing
import Wire

@testable import Models

@Suite struct ToolCallFallbackTests {
    private static let call = #"{"name": "shell", "arguments": {"cmd": "ls"}}"#
    private static let made = ToolCall(id: "id", name: "shell", input: .function(arguments: #"{"cmd":"ls"}"#))

    @Test(arguments: [
        (call, ToolCallFallback.Form.bare, 1),
        ("\n  \(call)\n", .bare, 1),
        ("\(call)\n\(call)", .bare, 2),
        ("[\(call), \(call)]", .bare, 2),
        (#"{"name": "shell", "parameters": {"cmd": "ls"}}"#, .bare, 1),
        (#"{"name": "shell", "arguments": "{\"cmd\":\"ls\"}"}"#, .bare, 1),
        (#"{"type": "function", "function": {"name": "shell", "arguments": {"cmd": "ls"}}}"#, .bare, 1),
        ("```json\n\(call)\n```", .fenced, 1),
        ("```\n\(call)\n```\n\n```tool_call\n\(call)\n```\n", .fenced, 2),
        ("```json\n\(call)\n\(call)\n```", .fenced, 2),
        ("```\(call)```", .fenced, 1),
        ("<tool_call>\n\(call)\n</tool_call>", .tagged, 1),
        ("<tool_call>\(call)</tool_call><tool_call>\(call)</tool_call>", .tagged, 2),
        ("<think>\nI should {look}.\n</think>\n\n<tool_call>\(call)</tool_call>", .tagged, 1),
    ])
    func `finds calls`(_ text: String, _ form: ToolCallFallback.Form, _ count: Int) {
        let found = ToolCallFallback.parse(text, tools: SampleTools.all) { "id" }
        #expect(found?.calls == Array(repeating: Self.made, count: count))
        #expect(found?.form == form)
    }

    @Test(arguments: [
        "", "   ", "Hello.", "I will run this:\n```json\n\(call)\n```", "\(call) That lists the files.",
        "```json\n\(call)\n", "<tool_call>\(call)", "```json\n```",
        #"{"name": "rm", "arguments": {"cmd": "ls"}}"#, #"{"name": "shell"}"#, #"{"name": "shell", "arguments": "x"}"#,
        #"{"name": "shell", "arguments": {"cmd": "ls"}"#, "\(call)\n<tool_call>\(call)</tool_call>",
        "<think>\(call)", "<think>\(call)</think>", "[]", "{}", "[[\(call)]]", "```json\n{\"a\": 1}\n```",
    ])
    func `takes nothing else for a call`(_ text: String) {
        #expect(ToolCallFallback.parse(text, tools: SampleTools.all) == nil)
    }

    @Test func `unwraps the input of a freeform tool`() {
        let found = ToolCallFallback.parse(
            #"{"name": "apply_patch", "arguments": {"input": "*** Begin Patch"}}"#, tools: SampleTools.all
        ) { "id" }
        #expect(found?.calls == [ToolCall(id: "id", name: "apply_patch", input: .custom("*** Begin Patch"))])
    }

    @Test func `finds nothing where no tools were offered`() {
        #expect(ToolCallFallback.parse(Self.call, tools: []) == nil)
    }
}
