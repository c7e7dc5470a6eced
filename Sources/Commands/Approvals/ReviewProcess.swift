import Basics
import CLinux
import Engine
import Glibc
import Synchronization
import Wire

/// One run of a user's review program: the question on standard input, the answer on standard output.
///
/// It runs outside the sandbox as the user set it up, in a session of its own without a terminal, in `/`, and with a
/// handful of variables: no key and nothing that a project could have set reaches it.
final class ReviewProcess: Sendable {
    enum End: Sendable, Hashable {
        case exited(Int32, output: [UInt8])
        case killed(signal: Int32)
        case overdue
        /// It wrote more than an answer can hold.
        case flooded
    }

    static let maximumOutput = 65_536
    private static let variables: Set<String> = [
        "HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER", "XDG_RUNTIME_DIR",
    ]

    private let id: pid_t
    private let output: Int32
    /// Whether its id is still its own.
    private let isAlive = Mutex(true)

    /// - Parameter arguments: the program's absolute path, then its arguments.
    /// - Throws: `approvals.command` when it cannot be started.
    init(_ arguments: [String], input: [UInt8], environment: [String: String]) throws(LockgateError) {
        let program = arguments.first ?? ""
        func failure(_ number: Int32) -> LockgateError {
            LockgateError(
                "approvals.command", "\(program) cannot be started: \(SystemError("", "", errno: number).reason)",
                remedy: "lockgate explain approvals.command")
        }
        let source = input.withUnsafeBytes { clinux_sealed_file($0.baseAddress, $0.count) }
        guard source >= 0 else { throw failure(-source) }
        defer { close(source) }
        lseek(source, 0, SEEK_SET)
        var ends: [Int32] = [-1, -1]
        let piped = clinux_pipe(&ends)
        guard piped == 0 else { throw failure(-piped) }
        defer { close(ends[1]) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, source, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
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
        let kept = environment.filter { Self.variables.contains($0.key) }.map { "\($0)=\($1)" }.sorted()
        // A relative argument is not to be found in the project.
        var error = clinux_spawn_in(&actions, "/")
        if error == 0 {
            error = Self.withCStrings(arguments) { argv in
                Self.withCStrings(kept) { posix_spawn(&child, program, &actions, &attributes, argv, $0) }
            }
        }
        guard error == 0 else {
            close(ends[0])
            throw failure(error)
        }
        id = child
        output = ends[0]
    }

    /// Waits for its end, kills it when the time is over or the task is cancelled. Call once.
    func end(within seconds: Int) async -> End {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DetachedThread { continuation.resume(returning: self.finish(.now + .seconds(seconds))) }.start()
            }
        } onCancel: {
            kill()
        }
    }

    private func kill() {
        isAlive.withLock { if $0 { _ = Glibc.kill(-id, SIGKILL) } }
    }

    private func finish(_ deadline: ContinuousClock.Instant) -> End {
        var written: [UInt8] = []
        var early: End?
        let process = clinux_open_process(id)
        // Its output first, then its end: what it leaves behind in its group must not keep the answer open.
        reading: while early == nil {
            let left = (deadline - ContinuousClock.now).milliseconds
            guard left > 0, clinux_wait_readable(output, Int32(clamping: left)) == 1 else {
                early = .overdue
                break reading
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(output, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break reading }
            written += chunk.prefix(count)
            if written.count > Self.maximumOutput { early = .flooded }
        }
        if early == nil, process >= 0 {
            let left = max(0, (deadline - ContinuousClock.now).milliseconds)
            if clinux_wait_readable(process, Int32(clamping: left)) != 1 { early = .overdue }
        }
        kill()
        close(output)
        if process >= 0 { close(process) }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        isAlive.withLock { $0 = false }
        if let early { return early }
        if status & 0x7F != 0 { return .killed(signal: status & 0x7F) }
        return .exited((status >> 8) & 0xFF, output: written)
    }

    private static func withCStrings<T>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T) -> T {
        let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return body(copies)
    }
}
