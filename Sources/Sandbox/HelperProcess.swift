import CLinux
import Glibc
import Synchronization
import Wire

/// A started helper: reaped by the reactor as soon as it ends, whoever still refers to it.
final class HelperProcess: Sendable {
    private struct State {
        var isOver = false
        var wasKilled = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let pid: pid_t
    private let state = Mutex(State())

    private init(pid: pid_t) { self.pid = pid }

    /// Starts the helper with nothing but its policy and its socket, which the caller keeps.
    static func start(
        _ program: String, policy: [UInt8], socket: Int32
    ) throws(LockgateError) -> HelperProcess {
        let file = policy.withUnsafeBytes { clinux_sealed_file($0.baseAddress, $0.count) }
        guard file >= 0 else { throw .noResources("memfd_create", -file) }
        defer { close(file) }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { throw .noResources("open /dev/null", errno) }
        defer { close(null) }
        var pid: pid_t = 0
        let started = clinux_spawn(program, nil, [null, null, null, file, socket], 5, &pid)
        guard started == 0 else {
            throw LockgateError(
                "sandbox.helper_failed",
                "The sandbox helper \(program) could not be started: \(String(cString: strerror(-started))).",
                remedy: "Install it again; `lockgate doctor` checks it.")
        }
        let process = HelperProcess(pid: pid)
        let descriptor = clinux_open_process(pid)
        let isWatched =
            descriptor >= 0
            && ProcessReactor.shared.watch(descriptor) {
                ProcessReactor.shared.remove(descriptor)
                close(descriptor)
                process.reap()
            }
        guard isWatched else {
            if descriptor >= 0 { close(descriptor) }
            process.kill()
            process.reap()
            throw .noResources("pidfd_open", -min(descriptor, -EMFILE))
        }
        return process
    }

    /// Whether it has ended.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Whether a signal ended it, so that it left its work undone.
    var wasKilled: Bool { state.withLock { $0.wasKilled } }

    /// Ends it by force, and with it everything of its session.
    func kill() {
        // Under the lock the number still is this process: only `reap` frees it.
        state.withLock { state in
            if !state.isOver { _ = Glibc.kill(pid, SIGKILL) }
        }
    }

    /// Waits for its end.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.waiters.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    /// Waits for its end no longer than that. Whether it has come.
    func ends(within limit: Duration) async -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + limit
        while !isOver, clock.now < end { try? await Task.sleep(for: .milliseconds(1)) }
        return isOver
    }

    private func reap() {
        let waiters = state.withLock { state in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            state.isOver = true
            state.wasKilled = status & 0x7F != 0
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

extension LockgateError {
    /// The system refuses something that every process may have, up to a limit.
    static func noResources(_ call: String, _ error: Int32) -> LockgateError {
        LockgateError(
            "sandbox.no_resources", "\(call): \(String(cString: strerror(error)))",
            remedy: "Close other programs or raise `ulimit -n` and `ulimit -u`.")
    }
}
