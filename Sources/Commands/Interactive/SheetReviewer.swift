import Synchronization
import TUI
import Wire

/// A person at the screen: puts questions to it and waits for the answers.
final class SheetReviewer: Reviewer {
    let approver = Approver.user

    private let post: @Sendable (ScreenEvent) -> Void
    private let waiting = Mutex<[String: CheckedContinuation<ApprovalAnswer, any Error>]>([:])

    init(post: @escaping @Sendable (ScreenEvent) -> Void) {
        self.post = post
    }

    func review(_ request: ApprovalRequest) async throws -> ApprovalAnswer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.withLock { $0[request.id] = continuation }
                post(.asked(request))
                // A turn that was ended in between has found nobody to tell.
                if Task.isCancelled { withdraw(request.id) }
            }
        } onCancel: {
            withdraw(request.id)
        }
    }

    /// Gives the person's answer; nothing where nobody waits any more.
    func answer(_ id: String, _ answer: ApprovalAnswer) { take(id)?.resume(returning: answer) }

    private func withdraw(_ id: String) {
        guard let continuation = take(id) else { return }
        continuation.resume(throwing: CancellationError())
        post(.withdrawn(id))
    }

    private func take(_ id: String) -> CheckedContinuation<ApprovalAnswer, any Error>? {
        waiting.withLock { $0.removeValue(forKey: id) }
    }
}
