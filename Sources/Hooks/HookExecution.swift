import Basics
import Glibc
import Sandbox
import Wire

/// Runs one hook to its end, whatever that is.
struct HookExecution {
    let definition: HookDefinition
    let launcher: HookLauncher
    let input: [UInt8]
    /// Characters of a reason or a message that are kept.
    private static let reasonLimit = 2000

    /// Never takes much longer than the hook's limit. When the task is cancelled the hook is killed at once, and what it
    /// left behind with it; the result then is a failure that nobody needs.
    func perform() async -> (run: HookRun, answer: HookAnswer) {
        let begin = ContinuousClock.now
        var run = definition.run
        run.isSandboxed = definition.isSandboxed && launcher.confines
        var answer = HookAnswer()
        do throws(HookRun.Failure) {
            answer = try await self.answer(&run)
            run.verdict = answer.verdict
            run.reason = answer.reason.map { String($0.prefix(Self.reasonLimit)) }
            run.message = answer.message.map { String($0.prefix(Self.reasonLimit)) }
            answer.context = answer.context.map { String($0.prefix(definition.contextLimit)) }
            answer.updatedOutput = answer.updatedOutput.map {
                .string(String(($0.string ?? $0.text).prefix(definition.contextLimit)))
            }
        } catch {
            run.failure = error
            run.verdict = definition.failsClosed ? .block : .pass
            answer.verdict = run.verdict
        }
        run.durationMilliseconds = Int((ContinuousClock.now - begin) / .milliseconds(1))
        return (run, answer)
    }

    private func answer(_ run: inout HookRun) async throws(HookRun.Failure) -> HookAnswer {
        var pipes = try HookPipes(input: input)
        let process: SandboxedProcess
        do throws(LockgateError) {
            process = try await launcher.start(
                definition.command, isSandboxed: definition.isSandboxed, input: pipes.input, output: pipes.output,
                errors: pipes.errors)
        } catch {
            throw HookRun.Failure(.spawn, error.message)
        }
        let ends = pipes.handOver()
        let limit = definition.limit
        let watch = Task { await Self.end(process, within: limit) }
        let read = await withTaskCancellationHandler {
            let read = await HookOutput.read(ends) { process.endStatus != nil }
            // Nobody reads on, so it would wait for ever.
            if read.isOversized { process.kill() }
            return read
        } onCancel: {
            process.kill()
            watch.cancel()
        }
        let isInTime = await watch.value
        let status = await process.wait()
        guard isInTime else {
            throw HookRun.Failure(.timeout, "it was killed after \(limit.text)")
        }
        if read.isOversized {
            throw HookRun.Failure(.oversized, "it printed more than \(HookPipes.limit >> 20) MiB")
        }
        switch status {
        case .signaled(let signal):
            run.signal = String(cString: strsignal(signal))
            throw HookRun.Failure(
                .signal, process.lostSandbox?.message ?? "ended by signal \(signal) (\(run.signal ?? ""))")
        case .exited(let code):
            run.exitCode = Int(code)
            return try HookAnswerReader.read(
                event: definition.event, exitCode: Int(code), output: read.output, errors: read.errors)
        }
    }

    /// Whether it ended by itself in time; it has ended in any case.
    private static func end(_ process: SandboxedProcess, within limit: Duration) async -> Bool {
        let isInTime = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await process.waitUnlessCancelled() != nil }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
        if !isInTime { process.kill() }
        return isInTime
    }
}

extension Duration {
    /// `600 s`, `50 ms`.
    fileprivate var text: String {
        let milliseconds = Int(self / .milliseconds(1))
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}
