import Synchronization
import TUI
import Wire

/// The person at the screen, asked by the agent what is wanted.
final class SheetInquirer: Inquirer {
    private let post: @Sendable (ScreenEvent) -> Void
    private let waiting = Mutex<[String: CheckedContinuation<[String]?, any Error>]>([:])

    init(post: @escaping @Sendable (ScreenEvent) -> Void) {
        self.post = post
    }

    func ask(_ inquiry: UserInquiry) async throws -> [String]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.withLock { $0[inquiry.id] = continuation }
                post(.inquiry(inquiry))
                // A turn that was ended in between has found nobody to tell.
                if Task.isCancelled { withdraw(inquiry.id) }
            }
        } onCancel: {
            withdraw(inquiry.id)
        }
    }

    /// Gives the person's answers; nothing where nobody waits any more.
    func answer(_ id: String, _ answers: [String]?) { take(id)?.resume(returning: answers) }

    private func withdraw(_ id: String) {
        guard let continuation = take(id) else { return }
        continuation.resume(throwing: CancellationError())
        post(.withdrawn(id))
    }

    private func take(_ id: String) -> CheckedContinuation<[String]?, any Error>? {
        waiting.withLock { $0.removeValue(forKey: id) }
    }
}
