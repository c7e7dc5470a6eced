import CLinux
import Glibc
import Synchronization

/// One thread that waits for the descriptors of all running commands, so that no command needs a thread of its own.
final class ProcessReactor: Sendable {
    /// The process-wide reactor. nil if the kernel grants no more descriptors or threads.
    static let shared = ProcessReactor()

    private struct Watch {
        var generation: UInt32
        var handler: @Sendable () -> Void
    }

    private struct State {
        var watches: [Int32: Watch] = [:]
        var generation: UInt32 = 0
        var hasThread = false
    }

    private let epoll: Int32
    private let state = Mutex(State())

    private init() {
        epoll = clinux_epoll_create()
    }

    /// Calls `handler` on the reactor's thread whenever the descriptor has input or has been closed by its peer, until
    /// `remove`. The handler must not block. False if the descriptor cannot be watched.
    func watch(_ descriptor: Int32, handler: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            state.generation &+= 1
            guard startThread(&state) else { return false }
            let token = UInt64(state.generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
            guard clinux_epoll_add(epoll, descriptor, token) == 0 else { return false }
            state.watches[descriptor] = Watch(generation: state.generation, handler: handler)
            return true
        }
    }

    /// Stops watching; call before closing the descriptor. A handler that runs already may still finish.
    func remove(_ descriptor: Int32) {
        state.withLock { state in
            if state.watches.removeValue(forKey: descriptor) != nil { _ = clinux_epoll_remove(epoll, descriptor) }
        }
    }

    private func startThread(_ state: inout State) -> Bool {
        if state.hasThread { return true }
        guard epoll >= 0 else { return false }
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 256 << 10)
        defer { pthread_attr_destroy(&attributes) }
        // The program's signals are for its other threads.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        let context = Unmanaged.passUnretained(self).toOpaque()
        let error = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<ProcessReactor>.fromOpaque(context).takeUnretainedValue().run()
                return nil
            }, context)
        pthread_sigmask(SIG_SETMASK, &before, nil)
        state.hasThread = error == 0
        return error == 0
    }

    private func run() {
        var tokens = [UInt64](repeating: 0, count: 64)
        while true {
            let count = clinux_epoll_wait(epoll, &tokens, Int32(tokens.count))
            if count < 0 { return }
            for token in tokens[..<Int(count)] {
                let descriptor = Int32(truncatingIfNeeded: token)
                let generation = UInt32(token >> 32)
                // A number that was closed and reused meanwhile has another generation.
                let handler = state.withLock { state in
                    state.watches[descriptor].flatMap { $0.generation == generation ? $0.handler : nil }
                }
                handler?()
            }
        }
    }
}
