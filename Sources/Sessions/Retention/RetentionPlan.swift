package import Basics
package import Journal

/// How long sessions are kept. nil sets no limit.
package struct RetentionPolicy: Sendable, Hashable {
    /// After so many days without a record a session is deleted.
    package var maxAgeDays: Int?
    /// All sessions together; the oldest are deleted until they fit.
    package var maxBytes: Int?
    /// After so many days without a record a session is compressed.
    package var archiveAfterDays: Int?

    package init(maxAgeDays: Int? = nil, maxBytes: Int? = nil, archiveAfterDays: Int? = nil) {
        self.maxAgeDays = maxAgeDays
        self.maxBytes = maxBytes
        self.archiveAfterDays = archiveAfterDays
    }

    package var isEmpty: Bool { self == RetentionPolicy() }
}

/// What a policy means for the sessions there are: a pure function of them and the time.
package struct RetentionPlan: Sendable, Hashable {
    /// A session as far as keeping it is concerned.
    package struct Candidate: Sendable, Hashable {
        package var location: SessionLocation
        package var bytes: Int
        /// The file's last change, and no earlier than the session began.
        package var lastUse: WallTime
        package var isArchived: Bool
        /// Why it stays whatever its age: it is open, named, or something waits in it; nil for one that may go.
        package var hold: String?

        package init(
            location: SessionLocation, bytes: Int, lastUse: WallTime, isArchived: Bool, hold: String? = nil
        ) {
            self.location = location
            self.bytes = bytes
            self.lastUse = lastUse
            self.isArchived = isArchived
            self.hold = hold
        }
    }

    package struct Deletion: Sendable, Hashable {
        package var candidate: Candidate
        /// The setting that it is for.
        package var setting: String
    }

    /// The oldest first.
    package private(set) var deletions: [Deletion] = []
    package private(set) var archivings: [Candidate] = []
    /// What would go but is held.
    package private(set) var held: [Candidate] = []
    /// What ages are counted to.
    package let now: WallTime

    package init(_ candidates: [Candidate], policy: RetentionPolicy, now: WallTime) {
        self.now = now
        // A clock that was set back leaves sessions of the future: they are new.
        func days(_ candidate: Candidate) -> Int64 {
            max(0, now.milliseconds - candidate.lastUse.milliseconds) / 86_400_000
        }
        let oldestFirst = candidates.sorted {
            ($0.lastUse, $0.location.id.text) < ($1.lastUse, $1.location.id.text)
        }
        var kept: [Candidate] = []
        for candidate in oldestFirst {
            if let limit = policy.maxAgeDays, days(candidate) > Int64(limit) {
                if candidate.hold == nil {
                    deletions.append(Deletion(candidate: candidate, setting: "retention.max_age_days"))
                    continue
                }
                held.append(candidate)
            }
            kept.append(candidate)
        }
        if let limit = policy.maxBytes {
            var total = kept.reduce(0) { $0 + $1.bytes }
            kept = kept.filter { candidate in
                guard total > limit, candidate.hold == nil else { return true }
                total -= candidate.bytes
                deletions.append(Deletion(candidate: candidate, setting: "retention.max_bytes"))
                return false
            }
        }
        if let limit = policy.archiveAfterDays {
            archivings = kept.filter { $0.hold == nil && !$0.isArchived && days($0) > Int64(limit) }
        }
    }

    package var isEmpty: Bool { deletions.isEmpty && archivings.isEmpty }

    /// Whether ages are counted to a time before the clock's, which is doubted.
    package func isBehind(_ clock: WallTime) -> Bool { clock.milliseconds - now.milliseconds > 60_000 }
}
