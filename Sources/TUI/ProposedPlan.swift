/// The plan in an agent's message: what stands between the marks that plan mode asks for.
package enum ProposedPlan {
    private static let begin = "<proposed_plan>"
    private static let end = "</proposed_plan>"

    /// nil where the message has none, or an empty one.
    package static func plan(in message: String) -> String? {
        guard let start = message.firstRange(of: begin) else { return nil }
        let rest = message[start.upperBound...]
        let plan = String(rest.firstRange(of: end).map { rest[..<$0.lowerBound] } ?? rest).trimmedSpaces
        return plan.isEmpty ? nil : plan
    }

    /// The message as it is read: without the marks.
    package static func shown(_ message: String) -> String {
        guard message.utf8.contains(0x3C), message.contains(begin) || message.contains(end) else { return message }
        return message.replacing(begin, with: "").replacing(end, with: "")
    }

    /// What an accepted plan says to the agent.
    package static func prompt(_ plan: String) -> String { "Carry out this plan:\n\n\(plan)" }
}
