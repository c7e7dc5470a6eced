import Basics
import Glibc
package import Wire

/// A command that ran to its end, with what it said.
package struct CapturedRun: Sendable {
    package var status: TerminationStatus
    /// The start and the end of its output; what lay between is dropped.
    package var output: String
    /// What the sandbox itself saw and refused.
    package var denials: [SandboxDenial]
    package var milliseconds: Int
}

extension SandboxSession {
    /// Runs a command to its end and keeps as much of its output as `DenialAnalysis` reads.
    package func capture(_ command: SandboxCommand) async throws(LockgateError) -> CapturedRun {
        let begin = ContinuousClock.now
        var command = command
        command.io = .merged(input: false)
        let process = try await start(command)
        let reader = Task { await Self.readAll(process) }
        let status = await process.wait()
        await process.waitForCleanUp()
        let output = await reader.value
        return CapturedRun(
            status: status, output: output, denials: process.denials,
            milliseconds: Int((ContinuousClock.now - begin) / .milliseconds(1)))
    }

    private static func readAll(_ process: SandboxedProcess) async -> String {
        guard let descriptor = process.output else { return "" }
        return await withCheckedContinuation { continuation in
            // A thread of its own: a pool's threads must not block.
            DetachedThread {
                continuation.resume(returning: read(descriptor, until: { process.endStatus != nil }))
            }.start()
        }
    }

    /// Reads to the end of output, or to what is there once the command has ended: something it started outside the
    /// sandbox may keep the pipe open.
    private static func read(_ descriptor: Int32, until isOver: () -> Bool) -> String {
        var head: [UInt8] = []
        var tail: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&wait, 1, 50)
            if ready < 0, errno == EINTR { continue }
            if ready == 0 {
                if isOver() { break }
                continue
            }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { break }
            let toHead = min(count, DenialAnalysis.head - head.count)
            head += chunk[..<toHead]
            tail += chunk[toHead..<count]
            // Twice the bound before it is cut, so that cutting costs little.
            if tail.count > 2 * DenialAnalysis.tail { tail.removeFirst(tail.count - DenialAnalysis.tail) }
        }
        return String(decoding: head + tail.suffix(DenialAnalysis.tail), as: UTF8.self)
    }
}
