import TUI
import Wire

/// A person at the screen: puts questions to it and waits for the answers.
final class SheetReviewer: Reviewer {
    let approver = Approver.user
    private let pending: PendingQuestions<ApprovalAnswer>

    init(post: @escaping @Sendable (ScreenEvent) -> Void) {
        pending = PendingQuestions(post: post)
    }

    func review(_ request: ApprovalRequest) async throws -> ApprovalAnswer {
        try await pending.ask(request.id, .asked(request))
    }

    /// Gives the person's answer; nothing where nobody waits any more.
    func answer(_ id: String, _ answer: ApprovalAnswer) { pending.answer(id, answer) }
}
