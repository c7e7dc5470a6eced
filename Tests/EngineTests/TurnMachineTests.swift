import Engine
import Testing
import Wire

@Suite struct TurnMachineTests {
    private let call = ToolCall(id: "c", name: "exec_command", input: .function(arguments: "{}"))

    @Test func aTurnAsksActsAsksAndEnds() {
        var machine = TurnMachine(limits: .init())
        #expect(machine.next(.start) == .request(note: nil))
        #expect(machine.next(.response(calls: [call], text: "hm", stop: .completed)) == .runCalls([call]))
        #expect(machine.next(.callsFinished) == .request(note: nil))
        #expect(machine.next(.response(calls: [], text: "done", stop: .completed)) == .finish(.done(message: "done")))
    }

    @Test func aCutResponseRunsNothingAndIsAskedAgainTwiceAtMost() {
        var machine = TurnMachine(limits: .init())
        _ = machine.next(.start)
        for _ in 0..<2 {
            guard case .request(let note?) = machine.next(.response(calls: [call], text: "", stop: .incomplete("max")))
            else {
                Issue.record("expected another request")
                return
            }
            #expect(note.contains("nothing in it was run"))
        }
        guard
            case .finish(.failed("model.incomplete", _)) = machine.next(
                .response(calls: [call], text: "", stop: .incomplete("max")))
        else {
            Issue.record("expected the turn to fail")
            return
        }
    }

    @Test func anEmptyResponseIsQuestionedOnce() {
        var machine = TurnMachine(limits: .init())
        _ = machine.next(.start)
        guard case .request(.some) = machine.next(.response(calls: [], text: "", stop: .completed)) else {
            Issue.record("expected another request")
            return
        }
        #expect(machine.next(.response(calls: [], text: "", stop: .completed)) == .finish(.done(message: "")))
    }

    @Test func theCheckDecidesAndHasSoManyAttempts() {
        var machine = TurnMachine(limits: .init(checkAttempts: 2))
        _ = machine.next(.start)
        #expect(machine.next(.response(calls: [], text: "done", stop: .completed)) == .runCheck(attempt: 1))
        #expect(machine.next(.check(exitCode: 1)) == .reportFailedCheck(attempt: 1))
        #expect(machine.requestAfterCheck() == .request(note: nil))
        #expect(machine.next(.response(calls: [], text: "now", stop: .completed)) == .runCheck(attempt: 2))
        #expect(
            machine.next(.check(exitCode: 2))
                == .finish(
                    .failed(code: "check.failed", message: "the check still fails (exit code 2) after 2 attempts")))
    }

    @Test func thePassedCheckEndsWithTheAgentsWords() {
        var machine = TurnMachine(limits: .init(checkAttempts: 3))
        _ = machine.next(.start)
        _ = machine.next(.response(calls: [], text: "done", stop: .completed))
        #expect(machine.next(.check(exitCode: 0)) == .finish(.done(message: "done")))
    }

    @Test func requestsAreLimitedAndTheCheckStillDecides() {
        var machine = TurnMachine(limits: .init(requests: 1))
        _ = machine.next(.start)
        _ = machine.next(.response(calls: [call], text: "", stop: .completed))
        guard case .finish(.failed("turn.request_limit", _)) = machine.next(.callsFinished) else {
            Issue.record("expected the limit to end the turn")
            return
        }
        var checked = TurnMachine(limits: .init(requests: 1, checkAttempts: 2))
        _ = checked.next(.start)
        _ = checked.next(.response(calls: [call], text: "", stop: .completed))
        #expect(checked.next(.callsFinished) == .runCheck(attempt: 2))
        #expect(checked.next(.check(exitCode: 0)) == .finish(.done(message: "")))
    }
}
