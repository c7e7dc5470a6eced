import Basics
import Hooks
import Testing
import Wire

@Suite struct HookAnswerTests {
    /// An answer that counts.
    struct Case: Sendable, CustomTestStringConvertible {
        var event: HookEvent
        var output: String
        var exitCode = 0
        var errors = ""
        var verdict = HookRun.Verdict.pass
        var reason: String?
        var context: String?
        var testDescription: String { "\(event.rawValue) \(exitCode) \(output)" }
    }

    private static func specific(_ event: HookEvent, _ fields: String) -> String {
        "{\"hookSpecificOutput\": {\"hookEventName\": \"\(event.rawValue)\", \(fields)}}"
    }

    static let answers: [Case] = [
        Case(event: .preToolUse, output: ""), Case(event: .preToolUse, output: " \n"),
        Case(event: .preToolUse, output: "{}"),
        Case(event: .preToolUse, output: "", exitCode: 2, errors: " no \n", verdict: .block, reason: "no"),
        Case(event: .preToolUse, output: "", exitCode: 2, verdict: .block, reason: "it gave no reason"),
        Case(event: .stop, output: "", exitCode: 2, errors: "go on", verdict: .block, reason: "go on"),
        Case(
            event: .preToolUse,
            output: specific(.preToolUse, "\"permissionDecision\": \"deny\", \"permissionDecisionReason\": \"r\""),
            verdict: .block, reason: "r"),
        Case(event: .preToolUse, output: specific(.preToolUse, "\"permissionDecision\": \"allow\""), verdict: .allow),
        Case(event: .preToolUse, output: specific(.preToolUse, "\"permissionDecision\": \"ask\""), verdict: .ask),
        // Of two things said the strictest counts.
        Case(
            event: .preToolUse,
            output:
                "{\"decision\": \"block\", \"reason\": \"b\", \"hookSpecificOutput\": {\"permissionDecision\": \"allow\"}}",
            verdict: .block, reason: "b"),
        Case(event: .preToolUse, output: "{\"decision\": \"approve\"}", verdict: .allow),
        Case(event: .preToolUse, output: "{\"continue\": false, \"stopReason\": \"s\"}", verdict: .stop, reason: "s"),
        Case(event: .sessionEnd, output: "{\"continue\": true, \"suppressOutput\": true, \"reason\": null}"),
        Case(
            event: .permissionRequest,
            output: specific(.permissionRequest, "\"decision\": {\"behavior\": \"allow\"}"), verdict: .allow),
        Case(
            event: .permissionRequest,
            output: specific(.permissionRequest, "\"decision\": {\"behavior\": \"deny\", \"message\": \"m\"}"),
            verdict: .block, reason: "m"),
        Case(event: .postToolUse, output: "{\"decision\": \"block\", \"reason\": \"r\"}", verdict: .block, reason: "r"),
        Case(event: .postToolUse, output: specific(.postToolUse, "\"additionalContext\": \"c\""), context: "c"),
        Case(event: .sessionStart, output: "plain\n", context: "plain\n"),
        Case(event: .userPromptSubmit, output: "[1]", context: "[1]"),
        Case(
            event: .userPromptSubmit, output: specific(.userPromptSubmit, "\"additionalContext\": \"c\""), context: "c"),
    ]

    @Test(arguments: answers)
    func answersAreReadByTheContract(_ given: Case) throws {
        let answer = try HookAnswerReader.read(
            event: given.event, exitCode: given.exitCode, output: Array(given.output.utf8),
            errors: Array(given.errors.utf8))
        var expected = HookAnswer()
        expected.verdict = given.verdict
        expected.reason = given.reason
        expected.context = given.context
        #expect(answer == expected)
    }

    @Test func otherInputAndOtherOutputAreTakenWhole() throws {
        let input = try HookAnswerReader.read(
            event: .preToolUse, exitCode: 0,
            output: Array(Self.specific(.preToolUse, "\"updatedInput\": {\"command\": \"ls\"}").utf8), errors: [])
        #expect(input.updatedInput == ["command": "ls"])
        let output = try HookAnswerReader.read(
            event: .postToolUse, exitCode: 0,
            output: Array(Self.specific(.postToolUse, "\"updatedToolOutput\": \"less\"").utf8), errors: [])
        #expect(output.updatedOutput == "less")
    }

    /// What is no answer: event, exit code, output, kind of failure, and a part of its message.
    static let failures: [(HookEvent, Int, String, HookRun.Failure.Kind, String)] = [
        (.preToolUse, 1, "", .exit, "exit code 1: trouble"), (.preToolUse, 3, "{}", .exit, "exit code 3"),
        (.preToolUse, 127, "", .exit, "LOCKGATE_HOME"),
        // Nothing can be kept from happening there, so 2 is a failure as any other code.
        (.sessionStart, 2, "", .exit, "exit code 2"), (.sessionEnd, 2, "", .exit, "exit code 2"),
        (.preToolUse, 0, "deny", .answer, "no JSON object"),
        (.preToolUse, 0, "{\"decision\":", .answer, "unexpected end"),
        (.preToolUse, 0, "[]", .answer, "no JSON object"),
        (.preToolUse, 0, "{} {}", .answer, "after the document's end"),
        (.stop, 0, "text", .answer, "no JSON object"), (.sessionStart, 0, "{oops", .answer, "expected a key"),
        (.preToolUse, 0, "{\"decison\": \"block\"}", .answer, "unknown field \"decison\""),
        (.preToolUse, 0, "{\"decision\": \"deny\"}", .answer, "no decision \"deny\""),
        (.permissionRequest, 0, "{\"decision\": \"block\"}", .answer, "no decision \"block\""),
        (.preToolUse, 0, "{\"continue\": \"false\"}", .answer, "neither true nor false"),
        (.preToolUse, 0, specific(.preToolUse, "\"permissionDecision\": \"defer\""), .answer, "\"defer\""),
        (.preToolUse, 0, specific(.preToolUse, "\"permissionDecision\": true"), .answer, "no text"),
        (.preToolUse, 0, specific(.preToolUse, "\"updatedInput\": \"ls\""), .answer, "no object"),
        (.preToolUse, 0, specific(.postToolUse, "\"additionalContext\": \"c\""), .answer, "another event"),
        (.postToolUse, 0, specific(.postToolUse, "\"permissionDecision\": \"deny\""), .answer, "has no"),
        (
            .permissionRequest, 0,
            specific(.permissionRequest, "\"decision\": {\"behavior\": \"allow\", \"updatedPermissions\": []}"),
            .answer,
            "updatedPermissions"
        ),
        (.permissionRequest, 0, specific(.permissionRequest, "\"decision\": {}"), .answer, "no behavior"),
        (
            .preToolUse, 0,
            specific(.preToolUse, "\"permissionDecision\": \"deny\", \"permissionDecision\": \"allow\""),
            .answer, "says \"permissionDecision\" twice"
        ),
    ]

    @Test(arguments: failures)
    func whatIsNoAnswerIsAFailure(
        _ event: HookEvent, _ code: Int, _ output: String, _ kind: HookRun.Failure.Kind, _ part: String
    ) {
        let failure = #expect(throws: HookRun.Failure.self) {
            try HookAnswerReader.read(
                event: event, exitCode: code, output: Array(output.utf8), errors: Array("trouble".utf8))
        }
        #expect(failure?.kind == kind)
        #expect(failure?.message.contains(part) == true, "\(failure?.message ?? "")")
    }

    @Test func noDamagedAnswerIsTakenForAnother() throws {
        let whole = Array(Self.specific(.preToolUse, "\"permissionDecision\": \"deny\"").utf8)
        for count in 1..<whole.count {
            #expect(throws: HookRun.Failure.self) {
                try HookAnswerReader.read(event: .preToolUse, exitCode: 0, output: Array(whole[..<count]), errors: [])
            }
        }
        for place in whole.indices {
            var damaged = whole
            damaged[place] ^= 0x15
            let answer = try? HookAnswerReader.read(event: .preToolUse, exitCode: 0, output: damaged, errors: [])
            // Blanks may turn into others that JSON has; what is read then still denies.
            #expect(answer == nil || answer?.verdict == .block)
        }
    }
}
