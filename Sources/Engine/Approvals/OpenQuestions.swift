/// The questions under way: put one at a time, and equal ones once.
///
/// Who asks the same as an open question waits for its answer. Who asks later asks anew.
actor OpenQuestions<Answer: Sendable> {
    private var open: [String: Task<Answer, any Error>] = [:]
    private var last: Task<Void, Never>?
    /// How many wait for an answer.
    private(set) var waiting = 0

    /// - Parameters:
    ///   - key: equal for questions whose answers are the same.
    ///   - put: puts the question, once all before it are answered.
    func ask(_ key: String, put: @escaping @Sendable () async throws -> Answer) async throws -> Answer {
        waiting += 1
        defer { waiting -= 1 }
        let task = open[key] ?? begin(key, put)
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func begin(
        _ key: String, _ put: @escaping @Sendable () async throws -> Answer
    ) -> Task<Answer, any Error> {
        let previous = last
        let task = Task {
            await previous?.value
            let result: Result<Answer, any Error>
            do {
                try Task.checkCancellation()
                result = .success(try await put())
            } catch {
                result = .failure(error)
            }
            // Before anybody learns the answer, so that no later question takes it for its own.
            self.close(key)
            return try result.get()
        }
        open[key] = task
        last = Task { _ = await task.result }
        return task
    }

    private func close(_ key: String) { open[key] = nil }
}
