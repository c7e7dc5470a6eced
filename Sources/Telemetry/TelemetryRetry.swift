/// What a collector answered to one request.
package struct TelemetryAnswer: Sendable, Hashable {
    package let status: Int
    /// How many seconds it asks to wait before the next try; nil where it says nothing.
    package let retryAfterSeconds: Int?

    package init(status: Int, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
    }

    var isTaken: Bool { (200..<300).contains(status) }
    /// Those that OTLP over HTTP says are worth another try.
    var mayBeRepeated: Bool { [429, 502, 503, 504].contains(status) }
}

/// When a request that was not taken is sent again: a pure function of what came of it.
package struct TelemetryRetry: Sendable, Hashable {
    /// How often a request is sent at most.
    package var attempts = 4
    /// Before the second attempt, in milliseconds; twice as long before each that follows.
    package var firstMilliseconds = 500
    /// A collector that asks for more than this is not waited for, in milliseconds.
    package var limitMilliseconds = 30_000

    package init() {}

    /// How long to wait, in milliseconds; nil to give up.
    ///
    /// - Parameters:
    ///   - attempt: how many there were.
    ///   - answer: nil where none came, such as from a port where nobody listens.
    ///   - spread: from 0 to 1. By it many sessions do not come back at the same moment.
    package func delay(after attempt: Int, _ answer: TelemetryAnswer?, spread: Double) -> Int? {
        guard attempt < attempts, answer?.mayBeRepeated ?? true else { return nil }
        if let seconds = answer?.retryAfterSeconds {
            // What it asks for is the least; and no number is too large to be compared.
            guard seconds >= 0, seconds <= limitMilliseconds / 1000 else { return nil }
            return max(seconds * 1000, firstMilliseconds)
        }
        let longest = min(limitMilliseconds, firstMilliseconds << min(attempt - 1, 20))
        return longest / 2 + Int(Double(longest - longest / 2) * min(max(spread, 0), 1))
    }
}
