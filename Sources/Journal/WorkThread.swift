import Glibc
import Synchronization

/// Work on a thread of its own, begun at once, whose value is waited for.
///
/// For computing beside the calling thread in code that is not asynchronous.
package final class WorkThread<Value: Sendable>: Sendable {
    /// How many parts to make of work: as many as there are processors, up to four, since memory has to be read as well,
    /// and none that is not worth a thread.
    package static func count(for size: Int, each worth: Int) -> Int {
        min(max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))), 4, size / worth + 1)
    }

    private let body: @Sendable () -> Value
    private let state = Mutex<(thread: pthread_t?, value: Value?)>((nil, nil))

    package init(_ body: @escaping @Sendable () -> Value) {
        self.body = body
        let box = Unmanaged.passRetained(ThreadBody { self.run() })
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        if failed == 0 { state.withLock { $0.thread = thread } } else { box.release() }
    }

    private func run() {
        let value = body()
        state.withLock { $0.value = value }
    }

    /// Waits for the work; where no thread could be had it is done now. To be called once.
    package func value() -> Value {
        let thread = state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
        if let thread { pthread_join(thread, nil) }
        return state.withLock { $0.value } ?? body()
    }
}

/// What a C function is given.
private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
