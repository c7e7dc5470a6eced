package import Wire

/// Refuses an action that a model repeats without anything having changed. Small models loop on one command; a
/// refusal that says so gets them out of it far more often than any wording of the prompt.
package struct RepeatGuard: Sendable, Hashable {
    private var last: ToolCall.Input?
    private var lastName = ""
    private var count = 0

    package init() {}

    /// Whether the call equals the one before it, arguments and all.
    package mutating func isRepeat(_ call: ToolCall) -> Bool {
        if call.name == lastName, call.input == last {
            count += 1
            return true
        }
        last = call.input
        lastName = call.name
        count = 0
        return false
    }

    /// How often in a row the same action came again.
    package var repeats: Int { count }
}
