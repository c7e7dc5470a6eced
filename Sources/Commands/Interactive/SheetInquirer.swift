import TUI
import Wire

/// The person at the screen, asked by the agent what is wanted.
final class SheetInquirer: Inquirer {
    private let pending: PendingQuestions<[String]?>

    init(post: @escaping @Sendable (ScreenEvent) -> Void) {
        pending = PendingQuestions(post: post)
    }

    func ask(_ inquiry: UserInquiry) async throws -> [String]? { try await pending.ask(inquiry.id, .inquiry(inquiry)) }

    /// Gives the person's answers; nothing where nobody waits any more.
    func answer(_ id: String, _ answers: [String]?) { pending.answer(id, answers) }
}
