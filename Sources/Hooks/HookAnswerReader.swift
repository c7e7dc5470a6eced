import Basics
package import Wire

/// Reads what a hook that ended said: its exit code and output, by Codex's contract.
///
/// Strict, since an answer that is half understood is one that was not followed: fields and values that the event does
/// not have are failures.
package struct HookAnswerReader {
    private let event: HookEvent
    private var answer = HookAnswer()

    private init(_ event: HookEvent) {
        self.event = event
    }

    /// - Throws: why there is no answer that counts.
    package static func read(
        event: HookEvent, exitCode: Int, output: [UInt8], errors: [UInt8]
    ) throws(HookRun.Failure) -> HookAnswer {
        var reader = HookAnswerReader(event)
        switch exitCode {
        case 0: try reader.read(output)
        case 2 where event.canBlock:
            reader.answer.verdict = .block
            let reason = text(errors)
            reader.answer.reason = reason.isEmpty ? "it gave no reason" : reason
        default: throw HookRun.Failure(.exit, complaint(exitCode, errors))
        }
        return reader.answer
    }

    private static func complaint(_ code: Int, _ errors: [UInt8]) -> String {
        let said = text(errors)
        let hint =
            code == 126 || code == 127
            ? "; a sandboxed hook sees what commands see, so not LOCKGATE_HOME: keep its program elsewhere" : ""
        return "exit code \(code)" + (said.isEmpty ? "" : ": \(said)") + hint
    }

    /// Trimmed and cut to what a person reads.
    private static func text(_ bytes: [UInt8]) -> String {
        var text = String(decoding: bytes, as: UTF8.self)[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text.count > 2000 ? text.prefix(2000) + "…" : String(text)
    }

    private mutating func read(_ output: [UInt8]) throws(HookRun.Failure) {
        guard let first = output.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return }
        if first != UInt8(ascii: "{"), event.takesPlainText {
            answer.context = String(decoding: output, as: UTF8.self)
            return
        }
        let object: JSONObject
        let repeated: JSONPlaces.Repetition?
        do throws(JSONSyntaxError) {
            object = try JSONValue(parsing: output).object ?? [:]
            repeated = try JSONPlaces(output).repeated.first
        } catch {
            throw Self.wrong("its output is no JSON object: \(error)")
        }
        guard first == UInt8(ascii: "{") else { throw Self.wrong("its output is no JSON object") }
        // Which of the two is meant nobody knows.
        if let repeated { throw Self.wrong("its answer says \"\(repeated.path.last ?? "")\" twice") }
        try read(object)
    }

    private mutating func read(_ object: JSONObject) throws(HookRun.Failure) {
        var goesOn = true
        var stopReason: String?
        for (name, value) in object.members where !value.isNull {
            switch name {
            case "continue": goesOn = try Self.boolean(value, name)
            case "stopReason": stopReason = try Self.text(value, name)
            case "suppressOutput": _ = try Self.boolean(value, name)
            case "systemMessage": answer.message = try Self.text(value, name)
            case "decision": try decide(value, name)
            case "reason": answer.reason = try Self.text(value, name)
            case "hookSpecificOutput": try readSpecific(try Self.object(value, name))
            default: throw Self.wrong("its answer has the unknown field \"\(name)\"")
            }
        }
        guard !goesOn else { return }
        answer.verdict = .stop
        answer.reason = stopReason ?? answer.reason ?? "it gave no reason"
    }

    /// The top-level decision, `block`; `approve` is what older hooks say before a tool.
    private mutating func decide(_ value: JSONValue, _ name: String) throws(HookRun.Failure) {
        switch (try Self.text(value, name), event) {
        case ("approve", .preToolUse): raise(.allow)
        case ("block", .preToolUse), ("block", .postToolUse), ("block", .userPromptSubmit), ("block", .stop),
            ("block", .subagentStop), ("block", .preCompact):
            raise(.block)
        case (let other, _): throw Self.wrong("\(event.rawValue) has no decision \"\(other)\"")
        }
    }

    private mutating func readSpecific(_ object: JSONObject) throws(HookRun.Failure) {
        for (name, value) in object.members where !value.isNull {
            switch (name, event) {
            case ("hookEventName", _):
                guard try Self.text(value, name) == event.rawValue else {
                    throw Self.wrong("its answer is for another event: \(value.text)")
                }
            case ("additionalContext", .preToolUse), ("additionalContext", .postToolUse),
                ("additionalContext", .sessionStart), ("additionalContext", .userPromptSubmit),
                ("additionalContext", .subagentStart):
                answer.context = try Self.text(value, name)
            case ("permissionDecision", .preToolUse):
                switch try Self.text(value, name) {
                case "allow": raise(.allow)
                case "ask": raise(.ask)
                case "deny": raise(.block)
                case let other: throw Self.wrong("there is no permissionDecision \"\(other)\"")
                }
            case ("permissionDecisionReason", .preToolUse): answer.reason = try Self.text(value, name)
            case ("updatedInput", .preToolUse): answer.updatedInput = try Self.object(value, name)
            case ("decision", .permissionRequest): try decidePermission(try Self.object(value, name))
            case ("updatedToolOutput", .postToolUse), ("updatedMCPToolOutput", .postToolUse):
                answer.updatedOutput = value
            default: throw Self.wrong("\(event.rawValue) has no \"\(name)\" in hookSpecificOutput")
            }
        }
    }

    /// Codex reserves more fields than these two; whoever uses them wants something that would not happen.
    private mutating func decidePermission(_ object: JSONObject) throws(HookRun.Failure) {
        var behaviour: String?
        for (name, value) in object.members where !value.isNull {
            switch name {
            case "behavior": behaviour = try Self.text(value, name)
            case "message": answer.reason = try Self.text(value, name)
            default: throw Self.wrong("a permission's decision has no \"\(name)\"")
            }
        }
        switch behaviour {
        case "allow": raise(.allow)
        case "deny": raise(.block)
        default: throw Self.wrong("there is no behavior \(behaviour.map { "\"\($0)\"" } ?? "in the decision")")
        }
    }

    /// Of several things that an answer says the strictest counts.
    private mutating func raise(_ verdict: HookRun.Verdict) {
        let order: [HookRun.Verdict] = [.pass, .allow, .ask, .block, .stop]
        let now = order.firstIndex(of: answer.verdict) ?? 0
        if (order.firstIndex(of: verdict) ?? 0) > now { answer.verdict = verdict }
    }

    // MARK: Values

    private static func wrong(_ message: String) -> HookRun.Failure { HookRun.Failure(.answer, message) }

    private static func text(_ value: JSONValue, _ name: String) throws(HookRun.Failure) -> String {
        guard let text = value.string else { throw wrong("\"\(name)\" in its answer is no text") }
        return text
    }

    private static func boolean(_ value: JSONValue, _ name: String) throws(HookRun.Failure) -> Bool {
        guard let flag = value.bool else { throw wrong("\"\(name)\" in its answer is neither true nor false") }
        return flag
    }

    private static func object(_ value: JSONValue, _ name: String) throws(HookRun.Failure) -> JSONObject {
        guard let object = value.object else { throw wrong("\"\(name)\" in its answer is no object") }
        return object
    }
}
