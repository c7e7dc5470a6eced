import Basics
import Glibc
import Wire

/// Finds, starts and stops the server of one model.
struct LocalServerStarter {
    let model: LocalModel
    let paths: LocalModelPaths
    let environment: [String: String]
    let idleSeconds: Int
    /// nil for all cores but one, since a thread without a core makes all of them wait.
    let threads: Int?

    /// How long a server may load before it counts as broken; a cold disk and busy cores take a minute.
    private static let loadSeconds = 300

    /// The running server, started if need be; its lease is fresh.
    ///
    /// - Throws: `local.server`, `local.lock`, the errors of Python's set-up, or `CancellationError`.
    func ensure(progress: (LocalModelProgress) -> Void) async throws -> LocalServer {
        let python = PythonEnvironment(paths: paths, environment: environment)
        try await python.ensureServer(progress: progress)
        let lock = try await FileLock.acquire(paths.serverLock(model)) {
            progress(.step("waiting for another lockgate that starts \(model.id)"))
        }
        defer { withExtendedLifetime(lock) {} }
        try touchLease()
        if let running = LocalServer.read(paths.state(model)) {
            if running.sha256 == model.sha256, let ready = try await healthy(running, process: nil) { return ready }
            // Hung, or another file's: nobody else may be starting it, since we hold the lock.
            await end(running)
        }
        unlink(paths.state(model))
        progress(.step("starting \(model.id)"))
        return try await start()
    }

    private func start() async throws -> LocalServer {
        do {
            try PosixFile.replace(paths.script, with: Array(ServerScript.text.utf8))
            // The log of the last start is the one that is worth reading.
            unlink(paths.serverLog)
        } catch {
            throw failed("\(error)")
        }
        let given: JSONValue = [
            "model": .string(paths.file(model)), "sha256": .string(model.sha256), "id": .string(model.id),
            "context": .number(JSONNumber(model.contextSize)), "threads": .number(JSONNumber(threads ?? 0)),
            "idle": .number(JSONNumber(idleSeconds)), "state": .string(paths.state(model)),
            "lease": .string(paths.lease(model)), "lock": .string(paths.serverLock(model)),
            "key": .string(Self.newKey()),
        ]
        let process = try ChildProcess(
            [paths.python, "-I", "-u", paths.script, given.text],
            environment: PythonEnvironment.reduced(environment), log: paths.serverLog)
        do {
            while process.end == nil {
                if let server = LocalServer.read(paths.state(model)), server.pid == process.id,
                    let ready = try await healthy(server, process: process)
                {
                    return ready
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        } catch {
            process.signal(SIGKILL)
            throw error
        }
        throw failed("the server of \(model.id) ended at once\(PythonEnvironment.tail(paths.serverLog))")
    }

    /// Waits until the server answers; nil if it ended or does not answer although it says that it is ready.
    private func healthy(_ server: LocalServer, process: ChildProcess?) async throws -> LocalServer? {
        let deadline = ContinuousClock.now + .seconds(Self.loadSeconds)
        var server = server
        var refusals = 0
        while server.isAlive, process?.end == nil {
            if let address = server.address {
                if await ServerHealth.isGood(address) { return server }
                refusals += 1
                // A server that is reading a long prompt still answers this; three silences are a hang.
                if refusals == 3 { return nil }
            }
            guard ContinuousClock.now < deadline else {
                throw failed("the server of \(model.id) has not loaded within \(Self.loadSeconds) s")
            }
            try await Task.sleep(for: .milliseconds(100))
            server = LocalServer.read(paths.state(model)) ?? server
        }
        return nil
    }

    /// Ends the running server.
    ///
    /// - Returns: whether there was one.
    func stop() async throws -> Bool {
        guard PosixFile.isDirectory(paths.local) else { return false }
        let lock = try await FileLock.acquire(paths.serverLock(model))
        defer { withExtendedLifetime(lock) {} }
        guard let server = LocalServer.read(paths.state(model)) else { return false }
        await end(server)
        unlink(paths.state(model))
        return true
    }

    /// Asks it to end, and after five seconds sees to it. While it loads it hears nothing.
    private func end(_ server: LocalServer) async {
        kill(server.pid, SIGTERM)
        for _ in 0..<100 where server.isAlive { try? await Task.sleep(for: .milliseconds(50)) }
        if server.isAlive { kill(server.pid, SIGKILL) }
        for _ in 0..<100 where server.isAlive { try? await Task.sleep(for: .milliseconds(20)) }
    }

    /// Says that the server is wanted from now on for its idle time.
    func touchLease() throws(LockgateError) {
        let descriptor = open(paths.lease(model), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw failed("\(SystemError("open", paths.lease(model), errno: errno))")
        }
        defer { close(descriptor) }
        futimens(descriptor, nil)
    }

    /// 128 random bits.
    private static func newKey() -> String {
        String(UInt64.random(in: 1 << 63 ... .max), radix: 16) + String(UInt64.random(in: 1 << 63 ... .max), radix: 16)
    }

    private func failed(_ reason: String) -> LockgateError {
        LockgateError("local.server", reason, remedy: "read \(paths.serverLog), then try: lockgate model serve")
    }
}
