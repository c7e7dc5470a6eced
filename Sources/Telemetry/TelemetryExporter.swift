package import Basics
import Synchronization

/// Sends what a session's records give to a collector, beside the session.
///
/// `record` folds and queues, and waits for nothing; one task sends at each turn's end, or when much has come together.
/// What does not fit in the queue, or is not taken by the collector, is dropped and counted. The first failure is told
/// once; none is the session's.
package final class TelemetryExporter: Sendable {
    /// Sends a body to a path such as `/v1/traces`.
    package typealias Post = @Sendable (_ body: [UInt8], _ path: String) async throws -> TelemetryAnswer
    /// Waits for milliseconds, or until it is cancelled.
    package typealias Pause = @Sendable (_ milliseconds: Int) async -> Void

    private struct State {
        var telemetry: SessionTelemetry
        var spans: [TelemetrySpan] = []
        var logs: [TelemetryLog] = []
        /// Of the texts of the queued log records.
        var bytes = 0
        /// What was counted when metrics were last sent.
        var sentMetrics: TelemetryMetrics?
        var hasWarned = false
        /// Whether the session is over, so that only what a collector asked for is waited for.
        var isEnding = false
        /// A wait that ends with the session.
        var pause: Task<Void, Never>?
    }

    /// How much waits at most: items, and bytes of texts.
    package struct Limits: Sendable, Hashable {
        package var items = 4096
        package var bytes = 4 << 20
        /// Items in one request, and when to send before a turn ends.
        package var batch = 512

        package init() {}
    }

    private let request: TelemetryRequest
    private let limits: Limits
    private let retry: TelemetryRetry
    private let post: Post
    private let pause: Pause
    private let warn: @Sendable (String) -> Void
    private let state: Mutex<State>
    private let wake: AsyncStream<Void>.Continuation
    private let wakes: AsyncStream<Void>
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter warn: told once, in a line, that nothing arrives.
    package init(
        _ telemetry: SessionTelemetry, request: TelemetryRequest, limits: Limits = Limits(),
        retry: TelemetryRetry = TelemetryRetry(), post: @escaping Post,
        pause: @escaping Pause = { try? await Task.sleep(for: .milliseconds($0)) },
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.request = request
        self.limits = limits
        self.retry = retry
        self.post = post
        self.pause = pause
        self.warn = warn
        state = Mutex(State(telemetry: telemetry))
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Begins to send; `finish` must follow.
    package func start() {
        task.withLock { task in
            guard task == nil else { return }
            task = Task(priority: .utility) { [self] in
                for await _ in wakes { await drain() }
                await drain()
            }
        }
    }

    /// Takes a record in; returns at once.
    package func record(_ record: TelemetryRecord) {
        let isDue = state.withLock { state in
            let output = state.telemetry.take(record)
            return queue(output, in: &state)
        }
        if isDue { wake.yield() }
    }

    /// Sends what is left, for so long at most: with the rest of a run's end less than two seconds.
    package func finish(within limit: Duration = .milliseconds(1500), at time: WallTime = .now) async {
        state.withLock { state in
            let output = state.telemetry.finish(at: time)
            _ = queue(output, in: &state)
            state.isEnding = true
            state.pause?.cancel()
        }
        wake.finish()
        guard let task = task.withLock({ $0 }) else { return }
        // Whichever is first: the end of the task, or that of the time, which ends the task.
        let timer = Task {
            try? await Task.sleep(for: limit)
            task.cancel()
        }
        await task.value
        timer.cancel()
    }

    /// What is counted so far.
    package var metrics: TelemetryMetrics { state.withLock { $0.telemetry.metrics } }

    private func queue(_ output: SessionTelemetry.Output, in state: inout State) -> Bool {
        for span in output.spans {
            if state.spans.count < limits.items {
                state.spans.append(span)
            } else {
                state.telemetry.metrics.countDropped(1, signal: "traces")
            }
        }
        for log in output.logs {
            let size = log.body?.utf8.count ?? 0
            if state.logs.count < limits.items, state.bytes + size <= limits.bytes {
                state.logs.append(log)
                state.bytes += size
            } else {
                state.telemetry.metrics.countDropped(1, signal: "logs")
            }
        }
        return output.endsTurn || state.spans.count + state.logs.count >= limits.batch
    }

    // MARK: - Sending

    /// Sends until nothing is left, or something fails: then the rest waits for the next time.
    private func drain() async {
        while true {
            let (spans, logs) = state.withLock { state in
                let spans = Array(state.spans.prefix(limits.batch))
                let logs = Array(state.logs.prefix(limits.batch))
                state.spans.removeFirst(spans.count)
                state.logs.removeFirst(logs.count)
                state.bytes -= logs.reduce(0) { $0 + ($1.body?.utf8.count ?? 0) }
                return (spans, logs)
            }
            guard !spans.isEmpty || !logs.isEmpty else { break }
            let sentSpans = spans.isEmpty ? true : await send(request.traces(spans), to: "/v1/traces")
            let sentLogs = sentSpans && !logs.isEmpty ? await send(request.logs(logs), to: "/v1/logs") : sentSpans
            guard sentSpans, sentLogs else {
                state.withLock { state in
                    if !sentSpans { state.telemetry.metrics.countDropped(spans.count, signal: "traces") }
                    if !sentLogs { state.telemetry.metrics.countDropped(logs.count, signal: "logs") }
                }
                return
            }
        }
        let (metrics, isNew) = state.withLock { ($0.telemetry.metrics, $0.telemetry.metrics != $0.sentMetrics) }
        guard isNew, await send(request.metrics(metrics, at: .now), to: "/v1/metrics") else { return }
        state.withLock { $0.sentMetrics = metrics }
    }

    /// Sends a body, again where that may help. Records queue up meanwhile, as far as there is room for them.
    private func send(_ body: JSONValue, to path: String) async -> Bool {
        let bytes = body.bytes
        var attempt = 1
        while true {
            let answer: TelemetryAnswer?
            let reason: String
            do {
                let came = try await post(bytes, path)
                if came.isTaken { return true }
                answer = came
                reason = "the collector answered with HTTP \(came.status) to \(path)"
            } catch {
                answer = nil
                reason = Task.isCancelled ? "the collector was too slow" : "\(error)"
            }
            let delay = retry.delay(after: attempt, answer, spread: Double.random(in: 0...1))
            guard let delay, !Task.isCancelled, await wait(delay, isAskedFor: answer != nil) else {
                warnOnce(reason)
                return false
            }
            attempt += 1
        }
    }

    /// Waits before another attempt; the end of the session's time ends it.
    ///
    /// - Parameter isAskedFor: whether a collector that is there asked for it. For one that is not the end does not wait.
    /// - Returns: whether to try again.
    private func wait(_ milliseconds: Int, isAskedFor: Bool) async -> Bool {
        let nap = Task { [pause] in await pause(milliseconds) }
        let isEnding = state.withLock { state in
            if !isAskedFor { state.pause = nap }
            return state.isEnding
        }
        if isEnding, !isAskedFor { nap.cancel() }
        await withTaskCancellationHandler {
            await nap.value
        } onCancel: {
            nap.cancel()
        }
        state.withLock { $0.pause = nil }
        return !nap.isCancelled
    }

    private func warnOnce(_ reason: String) {
        let isFirst = state.withLock { state in
            defer { state.hasWarned = true }
            return !state.hasWarned
        }
        if isFirst { warn("telemetry is not sent (otel.endpoint): \(reason); the session goes on without it") }
    }
}
