package import Basics

/// What a scripted model answers to one request.
package struct ScriptedStep: Sendable, Hashable {
    /// A call as the script gives it; ids are `call_<step>_<n>`.
    package struct Call: Sendable, Hashable {
        package enum Input: Sendable, Hashable {
            /// Argument text, sent as it is, so that it may be broken.
            case function(String)
            /// Freeform input; a `custom_tool_call` in Responses, a function with `input` elsewhere.
            case custom(String)
        }

        package var name: String
        package var input: Input

        package init(_ name: String, _ input: Input) {
            self.name = name
            self.input = input
        }

        package init(_ name: String, _ arguments: JSONValue) {
            self.init(name, .function(arguments.text))
        }
    }

    /// How the answer closes.
    package enum Ending: Sendable, Hashable {
        case completed
        /// Cut by a limit, although everything in it is complete.
        case incomplete
    }

    /// Each part is a delta of its own.
    package var text: [String]
    package var reasoning: String?
    package var calls: [Call]
    package var ending: Ending
    /// Injected one after the other, each for one request, before the step is answered.
    package var faults: [ScriptedFault]

    package init(
        text: [String] = [], reasoning: String? = nil, calls: [Call] = [], ending: Ending = .completed,
        faults: [ScriptedFault] = []
    ) {
        self.text = text
        self.reasoning = reasoning
        self.calls = calls
        self.ending = ending
        self.faults = faults
    }

    package static func text(_ parts: String...) -> ScriptedStep { ScriptedStep(text: parts) }

    package static func call(_ name: String, _ arguments: JSONValue) -> ScriptedStep {
        ScriptedStep(calls: [Call(name, arguments)])
    }

    /// The same step after these faults.
    package func after(_ faults: ScriptedFault...) -> ScriptedStep { after(faults) }

    package func after(_ faults: [ScriptedFault]) -> ScriptedStep {
        var step = self
        step.faults += faults
        return step
    }
}

/// What goes wrong with one answer.
package enum ScriptedFault: Sendable, Hashable {
    /// A JSON error with this status. A body of nil is the dialect's usual one.
    case status(Int, headers: [String: String] = [:], body: JSONValue? = nil)
    /// The connection closes after so many events.
    case cut(afterEvents: Int)
    /// Everything but the closing event, then the connection closes.
    case cutBeforeClosingEvent
    /// Everything but the closing event, and HTTP's own end in good order.
    case endBeforeClosingEvent
    /// Silence after so many events, until the client goes.
    case stall(afterEvents: Int)
    /// One event that is no JSON among the good ones.
    case malformedEvent
    /// All of the step's events, then the dialect's failure event with this code instead of the closing one.
    case failed(code: String)
    /// The connection closes without an answer.
    case noAnswer
    /// A fault that never runs out.
    indirect case always(ScriptedFault)

    package static func times(_ count: Int, _ fault: ScriptedFault) -> [ScriptedFault] {
        Array(repeating: fault, count: count)
    }
}
