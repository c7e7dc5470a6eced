/// Words for turns in which the agent looks and plans.
///
/// They only say what is wanted: that nothing can be changed is the policy's, which is read-only for such turns.
package enum PlanMode {
    package static let instructions = """
        [Plan mode] Nothing can be changed in this turn: the sandbox is read-only and has no network. Do not try. Look at what \
        matters until you know what to do. Where a decision is the user's to make and cannot be found out, ask with \
        request_user_input, once, at most three short questions with the answers that you would suggest. Then end with the \
        plan, between a line <proposed_plan> and a line </proposed_plan>: the steps in order, the files and functions that \
        change, how it will be checked, and what stays open. If the user only wants to know something, answer without a plan.
        """

    /// Whether a text is not the person's.
    package static func isInstructions(_ text: String) -> Bool { text.hasPrefix("[Plan mode] ") }
}
