package import Wire

/// How often and how long a failed request is tried again.
///
/// A pure value: time and chance come from the caller.
package struct RetryPolicy: Sendable, Hashable {
    /// Attempts after the first.
    package var maxRetries: Int
    /// The first delay; each further one is twice as long.
    package var baseDelayMilliseconds: Int
    /// The longest delay of our own making.
    package var maxDelayMilliseconds: Int
    /// What failed attempts and waits may take together.
    ///
    /// An attempt that streamed something before it failed starts
    /// the count anew at its failure, since that time was not lost to waiting.
    package var totalMilliseconds: Int

    package init(
        maxRetries: Int = 5, baseDelayMilliseconds: Int = 200, maxDelayMilliseconds: Int = 30_000,
        totalMilliseconds: Int = 120_000
    ) {
        self.maxRetries = maxRetries
        self.baseDelayMilliseconds = baseDelayMilliseconds
        self.maxDelayMilliseconds = maxDelayMilliseconds
        self.totalMilliseconds = totalMilliseconds
    }

    /// The retries of one request.
    package struct Run: Sendable, Hashable {
        package enum Decision: Sendable, Hashable {
            /// Wait, then send again; `attempt` is the number of the coming one, the first being 1.
            case retry(afterMilliseconds: Int, attempt: Int, of: Int)
            case fail(ModelFailure)
        }

        package let policy: RetryPolicy
        /// Attempts begun so far.
        package private(set) var attempts = 1
        private var startedAt: Int

        /// - Parameter now: Milliseconds on any clock that does not go back.
        package init(_ policy: RetryPolicy, now: Int) {
            self.policy = policy
            startedAt = now
        }

        /// Decides what follows a failure.
        ///
        /// - Parameters:
        ///   - streamed: Whether the failed attempt had delivered a part of an answer.
        ///   - now: On the same clock as at the start.
        ///   - jitter: From 0 up to 1; spreads clients that failed together over the half above the plain delay.
        package mutating func next(
            after failed: AttemptFailure, streamed: Bool, now: Int, jitter: Double
        ) -> Decision {
            var failure = failed.failure
            failure.attempts = attempts
            if streamed { startedAt = now }
            let delay: Int
            switch failed.retry {
            case .never:
                return .fail(failure)
            case .backoff:
                delay = backoff(jitter: jitter)
            case .after(let milliseconds):
                // Asked for, so never shorter; a zero would make us hammer.
                delay = max(milliseconds, policy.baseDelayMilliseconds)
            }
            let left = policy.totalMilliseconds - (now - startedAt)
            if case .after = failed.retry, delay > left {
                failure.message += " (the provider asks to come back in \(Self.text(delay)))"
                return .fail(failure)
            }
            guard attempts <= policy.maxRetries, delay <= left else { return .fail(failure) }
            attempts += 1
            return .retry(afterMilliseconds: delay, attempt: attempts, of: policy.maxRetries + 1)
        }

        private func backoff(jitter: Double) -> Int {
            let doubled = policy.baseDelayMilliseconds << min(attempts - 1, 20)
            let plain = min(doubled, policy.maxDelayMilliseconds)
            return plain + Int(Double(plain) / 2 * jitter)
        }

        private static func text(_ milliseconds: Int) -> String {
            let seconds = (milliseconds + 999) / 1_000
            guard seconds >= 120 else { return "\(seconds) s" }
            return seconds >= 7_200 ? "\(seconds / 3_600) h \(seconds % 3_600 / 60) min" : "\((seconds + 59) / 60) min"
        }
    }
}
