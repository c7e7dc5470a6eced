import Audit
import Glibc
import Synchronization

/// Checks the hashes of many records on all processors: reading them is quick, and this is what a long session's length
/// costs.
enum HashCheck {
    /// Records below this many are not worth a thread.
    private static let threadWorth = 4096
    /// More threads gain little, since memory has to be read as well.
    private static let threadLimit = 4

    /// The records whose content does not match their hash, in order; none of an honest journal but what was redacted.
    static func faults(in records: [JournalRecord]) -> [Int] {
        let processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let count = min(processors, threadLimit, records.count / threadWorth + 1)
        let size = (records.count + count - 1) / max(1, count)
        let pieces = (0..<count).map { min($0 * size, records.count)..<min(($0 + 1) * size, records.count) }
        let work = pieces.dropFirst().map { piece in Work { records[piece].indices.filter { !records[$0].matchesHash } }
        }
        let threads = work.map { $0.start() }
        var faults = (pieces.first ?? 0..<0).filter { !records[$0].matchesHash }
        for (work, thread) in zip(work, threads) { faults += work.result(thread) }
        return faults
    }

    /// A piece of it, on a thread of its own.
    private final class Work: Sendable {
        private let body: @Sendable () -> [Int]
        private let found = Mutex<[Int]>([])

        init(_ body: @escaping @Sendable () -> [Int]) { self.body = body }

        /// nil where no thread can be had; the work is done by then.
        func start() -> pthread_t? {
            let box = Unmanaged.passRetained(self)
            var thread = pthread_t()
            let failed = pthread_create(
                &thread, nil,
                { argument in
                    if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
                    return nil
                }, box.toOpaque())
            guard failed != 0 else { return thread }
            box.release()
            run()
            return nil
        }

        func result(_ thread: pthread_t?) -> [Int] {
            if let thread { pthread_join(thread, nil) }
            return found.withLock { $0 }
        }

        private func run() {
            let result = body()
            found.withLock { $0 = result }
        }
    }
}
