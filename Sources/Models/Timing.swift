import Glibc

/// Time and chance, as the client takes them; tests put in their own.
package struct Timing: Sendable {
    /// Milliseconds on a clock that does not go back.
    package var now: @Sendable () -> Int
    /// Seconds since 1970.
    package var date: @Sendable () -> Int
    /// Waits so many milliseconds; throws `CancellationError` when the task is cancelled.
    package var sleep: @Sendable (Int) async throws -> Void
    /// From 0 up to 1.
    package var jitter: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> Int, date: @escaping @Sendable () -> Int,
        sleep: @escaping @Sendable (Int) async throws -> Void, jitter: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.date = date
        self.sleep = sleep
        self.jitter = jitter
    }

    package static let system = Timing(
        now: {
            let elapsed = ContinuousClock.now.duration(to: origin) * -1
            return Int(elapsed.components.seconds) * 1_000 + Int(elapsed.components.attoseconds / 1_000_000_000_000_000)
        },
        date: { time(nil) },
        sleep: { try await Task.sleep(for: .milliseconds($0)) },
        jitter: { Double.random(in: 0..<1) })

    private static let origin = ContinuousClock.now
}
