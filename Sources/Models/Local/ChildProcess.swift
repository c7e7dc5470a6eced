import Basics
import Glibc
import Synchronization
import Wire

/// A program of our own choosing, such as Python; commands that a model names go through `Sandbox` instead.
///
/// Started by `posix_spawn`, in a session of its own: it has no terminal to ask questions on, and a Ctrl-C for us does
/// not reach it. Its standard input is empty and its output goes to a file.
final class ChildProcess: Sendable {
    /// How it ended.
    enum End: Sendable, Hashable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    private struct State {
        var end: End?
        var waiters: [CheckedContinuation<End, Never>] = []
    }

    /// Also the id of its process group.
    let id: pid_t
    private let state = Mutex(State())

    /// - Parameters:
    ///   - arguments: The program's path, then its arguments.
    ///   - environment: The whole of it.
    ///   - log: The file that takes its output, appended to.
    /// - Throws: `local.spawn`.
    init(_ arguments: [String], environment: [String: String], log: String) throws(LockgateError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // POSIX_SPAWN_SETSID, which Glibc's module does not show (spawn.h, since glibc 2.26).
        let newSession: Int32 = 0x80
        posix_spawnattr_setflags(
            &attributes, Int16(newSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)))
        var child: pid_t = 0
        let variables = environment.map { "\($0)=\($1)" }.sorted()
        let error = Self.withCStrings(arguments) { argv in
            Self.withCStrings(variables) { posix_spawn(&child, arguments.first ?? "", &actions, &attributes, argv, $0) }
        }
        guard error == 0 else {
            let reason = SystemError("start", arguments.first ?? "", errno: error)
            throw LockgateError("local.spawn", "\(reason)", remedy: "check that the program is installed")
        }
        id = child
        DetachedThread { self.reap() }.start()
    }

    private func reap() {
        // Waits without reaping, so that the id stays its own until the lock is held.
        var information = siginfo_t()
        while waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (end, waiters) = state.withLock { state in
            var status: Int32 = 0
            // Fails only if somebody ignores SIGCHLD; how it ended is lost then.
            let isReaped = waitpid(id, &status, WNOHANG) == id
            let end: End =
                if !isReaped {
                    .exited(-1)
                } else if status & 0x7F == 0 {
                    .exited((status >> 8) & 0xFF)
                } else {
                    .killed(signal: status & 0x7F)
                }
            state.end = end
            defer { state.waiters = [] }
            return (end, state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: end) }
    }

    /// How it ended; nil while it runs.
    var end: End? { state.withLock { $0.end } }

    /// Waits for its end; when the task is cancelled, its whole group is killed.
    func wait() async -> End {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let end = state.withLock { state -> End? in
                    if state.end == nil { state.waiters.append(continuation) }
                    return state.end
                }
                if let end { continuation.resume(returning: end) }
            }
        } onCancel: {
            signal(SIGKILL)
        }
    }

    /// Sends a signal to its group, unless it has ended.
    func signal(_ number: Int32) {
        // Under the lock, so that the id is not somebody else's by now: the group lives until the leader is reaped.
        state.withLock { if $0.end == nil { kill(-id, number) } }
    }

    private static func withCStrings<T>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T) -> T {
        let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return body(copies)
    }
}
