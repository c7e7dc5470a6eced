import Basics
import Wire

/// A step as a dialect's stream: the events without and with the closing one.
///
/// The shapes are those of the providers' API references.
struct ScriptedEvents {
    /// Complete SSE events, each with its blank line.
    private(set) var events: [[UInt8]] = []
    /// How many events at the end close the answer.
    private(set) var closing = 1

    /// Everything before the closing event.
    var opening: [[UInt8]] { Array(events.dropLast(closing)) }

    init(_ step: ScriptedStep, number: Int, dialect: WireDialect, model: String, failureCode: String? = nil) {
        let calls = step.calls.enumerated().map { ("call_\(number)_\($0.offset)", $0.element) }
        switch dialect {
        case .responses: responses(step, calls, model, "resp_\(number)", failureCode)
        case .chat: chat(step, calls, model, "chatcmpl_\(number)", failureCode)
        case .messages: messages(step, calls, model, "msg_\(number)", failureCode)
        }
    }

    static func bytes(_ name: String?, _ data: String) -> [UInt8] {
        Array(((name.map { "event: \($0)\n" } ?? "") + "data: \(data)\n\n").utf8)
    }

    private mutating func add(named json: JSONValue) {
        events.append(Self.bytes(json["type"]?.string, json.text))
    }

    private mutating func add(unnamed json: JSONValue) {
        events.append(Self.bytes(nil, json.text))
    }

    // MARK: Responses

    private mutating func responses(
        _ step: ScriptedStep, _ calls: [(String, ScriptedStep.Call)], _ model: String, _ id: String, _ failure: String?
    ) {
        var response: JSONValue = [
            "id": .string(id), "object": "response", "model": .string(model), "status": "in_progress", "output": [],
        ]
        add(named: ["type": "response.created", "response": response])
        var output: [JSONValue] = []
        if let reasoning = step.reasoning {
            add(named: [
                "type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": .string(reasoning),
            ])
            output.append([
                "type": "reasoning", "id": .string("rs_\(id)"),
                "summary": [["type": "summary_text", "text": .string(reasoning)]],
                "encrypted_content": .string("sealed-\(id)"),
            ])
            done(&output)
        }
        if !step.text.isEmpty {
            for part in step.text {
                add(named: [
                    "type": "response.output_text.delta", "item_id": .string("m_\(id)"), "delta": .string(part),
                ])
            }
            output.append([
                "type": "message", "id": .string("m_\(id)"), "role": "assistant", "status": "completed",
                "content": [["type": "output_text", "text": .string(step.text.joined()), "annotations": []]],
            ])
            done(&output)
        }
        for (callID, call) in calls {
            switch call.input {
            case .function(let arguments):
                output.append([
                    "type": "function_call", "id": .string("fc_\(callID)"), "call_id": .string(callID),
                    "name": .string(call.name), "arguments": .string(arguments), "status": "completed",
                ])
            case .custom(let text):
                output.append([
                    "type": "custom_tool_call", "id": .string("ctc_\(callID)"), "call_id": .string(callID),
                    "name": .string(call.name), "input": .string(text), "status": "completed",
                ])
            }
            done(&output)
        }
        response["output"] = .array(output)
        response["usage"] = [
            "input_tokens": 100, "input_tokens_details": ["cached_tokens": 0], "output_tokens": 20,
            "output_tokens_details": ["reasoning_tokens": 0], "total_tokens": 120,
        ]
        var status = step.ending == .completed ? "completed" : "incomplete"
        if step.ending == .incomplete { response["incomplete_details"] = ["reason": "max_output_tokens"] }
        if let failure {
            status = "failed"
            response["output"] = []
            response["error"] = ["code": .string(failure), "message": "scripted failure"]
        }
        response["status"] = .string(status)
        add(named: ["type": .string("response.\(status)"), "response": response])
    }

    private mutating func done(_ output: inout [JSONValue]) {
        let index = output.count - 1
        add(named: ["type": "response.output_item.done", "output_index": .int(index), "item": output[index]])
    }

    // MARK: Chat

    private mutating func chat(
        _ step: ScriptedStep, _ calls: [(String, ScriptedStep.Call)], _ model: String, _ id: String, _ failure: String?
    ) {
        func chunk(_ delta: JSONValue, finish: JSONValue = .null) -> JSONValue {
            [
                "id": .string(id), "object": "chat.completion.chunk", "model": .string(model),
                "choices": [["index": 0, "delta": delta, "finish_reason": finish]],
            ]
        }
        add(unnamed: chunk(["role": "assistant", "content": ""]))
        if let reasoning = step.reasoning { add(unnamed: chunk(["reasoning_content": .string(reasoning)])) }
        for part in step.text { add(unnamed: chunk(["content": .string(part)])) }
        for (index, (callID, call)) in calls.enumerated() {
            let opened: JSONValue = [
                "index": .int(index), "id": .string(callID), "type": "function",
                "function": ["name": .string(call.name), "arguments": ""],
            ]
            add(unnamed: chunk(["tool_calls": [opened]]))
            let filled: JSONValue = ["index": .int(index), "function": ["arguments": .string(call.functionArguments)]]
            add(unnamed: chunk(["tool_calls": [filled]]))
        }
        if let failure {
            add(unnamed: ["error": ["message": "scripted failure", "code": .string(failure)]])
            return
        }
        let finish: JSONValue = step.ending == .incomplete ? "length" : calls.isEmpty ? "stop" : "tool_calls"
        add(unnamed: chunk([:], finish: finish))
        add(unnamed: [
            "id": .string(id), "choices": [],
            "usage": ["prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120],
        ])
        events.append(Self.bytes(nil, "[DONE]"))
        closing = 3
    }

    // MARK: Messages

    private mutating func messages(
        _ step: ScriptedStep, _ calls: [(String, ScriptedStep.Call)], _ model: String, _ id: String, _ failure: String?
    ) {
        add(named: [
            "type": "message_start",
            "message": [
                "id": .string(id), "type": "message", "role": "assistant", "model": .string(model), "content": [],
                "usage": [
                    "input_tokens": 100, "output_tokens": 1, "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 0,
                ],
            ],
        ])
        var index = 0
        if let reasoning = step.reasoning {
            block(
                &index, ["type": "thinking", "thinking": "", "signature": ""],
                [
                    ["type": "thinking_delta", "thinking": .string(reasoning)],
                    ["type": "signature_delta", "signature": .string("sealed-\(id)")],
                ])
        }
        if !step.text.isEmpty {
            block(
                &index, ["type": "text", "text": ""],
                step.text.map { ["type": "text_delta", "text": .string($0)] })
        }
        for (callID, call) in calls {
            block(
                &index, ["type": "tool_use", "id": .string(callID), "name": .string(call.name), "input": [:]],
                [["type": "input_json_delta", "partial_json": .string(call.functionArguments)]])
        }
        if let failure {
            add(named: ["type": "error", "error": ["type": .string(failure), "message": "scripted failure"]])
            return
        }
        let reason: JSONValue = step.ending == .incomplete ? "max_tokens" : calls.isEmpty ? "end_turn" : "tool_use"
        add(named: [
            "type": "message_delta", "delta": ["stop_reason": reason, "stop_sequence": nil],
            "usage": ["output_tokens": 20],
        ])
        add(named: ["type": "message_stop"])
    }

    private mutating func block(_ index: inout Int, _ start: JSONValue, _ deltas: [JSONValue]) {
        add(named: ["type": "content_block_start", "index": .int(index), "content_block": start])
        for delta in deltas { add(named: ["type": "content_block_delta", "index": .int(index), "delta": delta]) }
        add(named: ["type": "content_block_stop", "index": .int(index)])
        index += 1
    }
}

extension ScriptedStep.Call {
    /// The argument text in dialects without freeform tools.
    var functionArguments: String {
        switch input {
        case .function(let arguments): arguments
        case .custom(let text): JSONValue.object(["input": .string(text)]).text
        }
    }
}
