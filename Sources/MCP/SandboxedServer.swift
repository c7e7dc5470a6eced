import Basics
import CLinux
import Glibc
package import Sandbox
import Synchronization
package import Wire

/// A server as a process in a sandbox of its own, spoken to by its standard input and output.
///
/// One thread moves bytes both ways. A server that does not read has its input queued up to a limit; one that does not stop
/// printing is read no faster than what it prints is taken.
package final class SandboxedServer: MCPTransport {
    private let session: SandboxSession
    private let command: SandboxCommand
    private let state = Mutex(State())

    private struct State {
        var process: SandboxedProcess?
        /// Hands on what the server prints until its end.
        var reading: Task<Void, Never>?
        /// Bytes for the server, and the descriptor that wakes the thread for them; -1 before the start and after the end.
        var queue: [UInt8] = []
        var wake: Int32 = -1
        var errors: [UInt8] = []
        var ending: String?
        var isStopped = false
    }

    /// Bytes that may wait for a server to read them.
    private static let largestQueue = 32 << 20
    /// Bytes of standard error that are kept.
    private static let keptErrors = 16 << 10

    /// - Parameters:
    ///   - session: a sandbox that nothing else uses; it ends with the server.
    ///   - variables: the whole environment but for the server's own variables.
    package init(_ definition: MCPServerDefinition, in session: SandboxSession, variables: [String: String]) {
        self.session = session
        command = SandboxCommand(
            arguments: [definition.command] + definition.arguments, workingDirectory: definition.workingDirectory,
            environment: variables.merging(definition.environment) { $1 })
    }

    package var errorOutput: String { state.withLock { String(decoding: $0.errors, as: UTF8.self) } }
    package var ending: String? { state.withLock { $0.ending } }

    package func start(receive: @escaping @Sendable ([UInt8]?) async -> Void) async throws(LockgateError) {
        // Input, output, errors, and the wake-up: read end, write end.
        var pipes = [[Int32]](repeating: [-1, -1], count: 4)
        for index in pipes.indices {
            let error = clinux_pipe(&pipes[index])
            guard error == 0 else {
                for end in pipes.joined() where end >= 0 { close(end) }
                throw LockgateError("mcp.no_resources", "no descriptors: \(String(cString: strerror(-error)))")
            }
        }
        var command = command
        command.io = .descriptors(pipes[0][0], pipes[1][1], pipes[2][1])
        let process: SandboxedProcess
        do {
            process = try await session.start(command)
        } catch {
            for end in pipes.joined() { close(end) }
            throw error
        }
        for end in [pipes[0][0], pipes[1][1], pipes[2][1]] { close(end) }
        for end in [pipes[0][1], pipes[3][0], pipes[3][1]] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        let isStopped = state.withLock { state in
            state.process = process
            state.wake = pipes[3][1]
            return state.isStopped
        }
        if isStopped { process.kill() }
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        let taken = TakenBytes()
        let (input, output, errors, wake) = (pipes[0][1], pipes[1][0], pipes[2][0], pipes[3][0])
        DetachedThread { [self] in
            move(input: input, output: output, errors: errors, wake: wake, taken: taken) {
                continuation.yield($0)
            }
            continuation.finish()
        }.start()
        let reading = Task { [self] in
            for await bytes in stream {
                await receive(bytes)
                taken.take(bytes.count)
            }
            // The pipes ended, so it has, or it has closed them, which is the same to us.
            process.kill()
            note(await process.wait())
            await receive(nil)
        }
        state.withLock { $0.reading = reading }
    }

    package func send(_ bytes: [UInt8]) throws(LockgateError) {
        try state.withLock { state throws(LockgateError) in
            guard state.wake >= 0 else { throw LockgateError("mcp.ended", "it does not run") }
            guard state.queue.count + bytes.count <= Self.largestQueue else {
                throw LockgateError("mcp.blocked", "it does not read its input")
            }
            state.queue += bytes
            // A full pipe wakes as well.
            var byte: UInt8 = 0
            _ = write(state.wake, &byte, 1)
        }
    }

    package func stop() async {
        await endProcess()
        await session.shutDown()
    }

    /// Ends the server and lets go of it: a sandbox waits for its helper's end, which takes the placeholders of names away,
    /// only where nothing holds a command of it any more.
    private func endProcess() async {
        let (process, reading) = state.withLock { state in
            defer { (state.process, state.reading) = (nil, nil) }
            state.isStopped = true
            return (state.process, state.reading)
        }
        process?.kill()
        if let process { note(await process.wait()) }
        await reading?.value
    }

    private func note(_ status: TerminationStatus) {
        state.withLock { state in
            state.ending =
                switch status {
                case .exited(let code): "it ended with \(code)"
                case .signaled(let signal): "it was ended by signal \(signal)"
                }
        }
    }

    /// Moves bytes until the server has closed its output.
    private func move(
        input: Int32, output: Int32, errors: Int32, wake: Int32, taken: TakenBytes, yield: ([UInt8]) -> Void
    ) {
        // A server that ended takes its input's other end along; that is for `flush` to see, not a signal for everybody.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var input = input
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        var open = [
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0), pollfd(fd: -1, events: Int16(POLLOUT), revents: 0),
        ]
        while open[0].fd >= 0 || !taken.hasRoom {
            let hasQueue = state.withLock { !$0.queue.isEmpty }
            open[3].fd = hasQueue ? input : -1
            // Not read while what was read before waits to be taken.
            open[0].events = taken.hasRoom ? Int16(POLLIN) : 0
            guard poll(&open, 4, taken.hasRoom ? -1 : 20) >= 0 || errno == EINTR else { break }
            if open[2].revents != 0 { while read(wake, &chunk, chunk.count) > 0 {} }
            if open[3].fd >= 0, open[3].revents != 0, !flush(input) {
                // It reads no more; what it still prints counts.
                close(input)
                input = -1
                state.withLock { $0.queue = [] }
            }
            for place in 0..<2 where open[place].fd >= 0 && open[place].revents != 0 {
                guard place == 1 || taken.hasRoom else { continue }
                let count = read(open[place].fd, &chunk, chunk.count)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else {
                    open[place].fd = -1
                    continue
                }
                if place == 0 {
                    taken.add(count)
                    yield(Array(chunk[..<count]))
                } else {
                    keep(chunk[..<count])
                }
            }
        }
        // What it said last is there by now, and is wanted by whoever explains its end.
        _ = fcntl(errors, F_SETFL, O_NONBLOCK)
        while true {
            let count = read(errors, &chunk, chunk.count)
            guard count > 0 else { break }
            keep(chunk[..<count])
        }
        let wakeEnd = state.withLock { state in
            defer { state.wake = -1 }
            return state.wake
        }
        for end in [input, output, errors, wake, wakeEnd] where end >= 0 { close(end) }
    }

    /// Writes what is queued as far as the pipe takes it; false where nobody reads.
    private func flush(_ input: Int32) -> Bool {
        state.withLock { state in
            let count = state.queue.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            state.queue.removeFirst(count)
            return true
        }
    }

    private func keep(_ bytes: ArraySlice<UInt8>) {
        state.withLock { state in
            state.errors += bytes
            if state.errors.count > Self.keptErrors { state.errors.removeFirst(state.errors.count - Self.keptErrors) }
        }
    }
}

/// How much of what was read waits to be taken.
private final class TakenBytes: Sendable {
    private let waiting = Mutex(0)
    private static let most = 4 << 20

    var hasRoom: Bool { waiting.withLock { $0 < Self.most } }
    func add(_ count: Int) { waiting.withLock { $0 += count } }
    func take(_ count: Int) { waiting.withLock { $0 -= count } }
}
