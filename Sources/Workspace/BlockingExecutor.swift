import Dispatch

/// Runs an actor's work on a queue of its own, one job at a time: reading a large tree may take seconds, which the
/// few threads that all tasks share are not for.
final class BlockingExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
