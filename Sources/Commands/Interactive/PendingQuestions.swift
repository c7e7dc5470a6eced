import Synchronization
import TUI
import Wire

/// Questions that the person at the screen has not answered yet, each with who waits for the answer.
struct PendingQuestions<Answer: Sendable>: ~Copyable, Sendable {
    private let post: @Sendable (ScreenEvent) -> Void
    private let waiting = Mutex<[String: CheckedContinuation<Answer, any Error>]>([:])

    init(post: @escaping @Sendable (ScreenEvent) -> Void) {
        self.post = post
    }

    /// Puts a question to the screen and waits.
    ///
    /// - Throws: `CancellationError`, when the turn ends before the answer comes.
    func ask(_ id: String, _ question: ScreenEvent) async throws -> Answer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.withLock { $0[id] = continuation }
                post(question)
                // A turn that was ended in between has found nobody to tell.
                if Task.isCancelled { withdraw(id) }
            }
        } onCancel: {
            withdraw(id)
        }
    }

    /// Gives the person's answer; nothing where nobody waits any more.
    func answer(_ id: String, _ answer: sending Answer) { take(id)?.resume(returning: answer) }

    private func withdraw(_ id: String) {
        guard let continuation = take(id) else { return }
        continuation.resume(throwing: CancellationError())
        post(.withdrawn(id))
    }

    private func take(_ id: String) -> CheckedContinuation<Answer, any Error>? {
        waiting.withLock { $0.removeValue(forKey: id) }
    }
}
