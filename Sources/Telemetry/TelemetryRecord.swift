package import Basics

/// A record of a journal, as it was written there.
package struct TelemetryRecord: Sendable, Hashable {
    package var sequence: Int
    package var time: WallTime
    package var type: String
    package var payload: JSONValue
    package var hash: String
    /// Of its line in the journal.
    package var byteCount: Int

    package init(sequence: Int, time: WallTime, type: String, payload: JSONValue, hash: String, byteCount: Int) {
        self.sequence = sequence
        self.time = time
        self.type = type
        self.payload = payload
        self.hash = hash
        self.byteCount = byteCount
    }
}
