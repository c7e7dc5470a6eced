import Basics
import Wire

/// How much a workspace's checkpoints may take, and for how long.
package struct CheckpointRetention: Sendable, Hashable {
    /// Older turns are forgotten, and whole stores that were not used for so long are removed.
    package let days: Int
    /// Above it the oldest turns are forgotten until the rest takes three quarters of it.
    package let maxBytes: UInt64

    /// So many of the newest turns that changed something always stay.
    static let keptTurns = 10
    private static let day: Int64 = 86_400_000

    package init(days: Int, maxBytes: Int) {
        self.days = days
        self.maxBytes = UInt64(max(0, maxBytes))
    }

    /// What is older is old.
    func limit(_ now: WallTime) -> WallTime { WallTime(milliseconds: now.milliseconds - Int64(days) * Self.day) }

    /// The newest turn that is to be forgotten; 0 for none. Adds to `live` what the others need.
    ///
    /// - Parameters:
    ///   - turns: oldest first.
    ///   - size: of the store now.
    func lastForgotten(
        of turns: [TurnRecord], now: WallTime, size: UInt64, live: inout LiveObjects
    ) throws(LockgateError) -> Int {
        let target = size > maxBytes ? maxBytes / 4 * 3 : maxBytes
        var changed = 0
        for turn in turns.reversed() {
            // A turn that has not ended may still be at work.
            let isNeeded = changed < Self.keptTurns || turn.after == nil
            if !isNeeded, turn.began < limit(now) { return turn.id }
            let before = try live.mark(turn.before)
            let after = try turn.after.map { digest throws(LockgateError) in try live.mark(digest) }
            if !isNeeded, live.bytes > target {
                if let after { live.remove(after) }
                live.remove(before)
                return turn.id
            }
            if turn.after != turn.before { changed += 1 }
        }
        return 0
    }

    /// Whether copying the rest pays: it costs as much disk as the rest takes, for a while.
    func isWorthRewriting(size: UInt64, live: UInt64) -> Bool {
        let garbage = size - min(size, live)
        return garbage > size / 2 || size > maxBytes && garbage > size / 8
    }

    /// Whether to look at a store at all. Looking walks all trees, so it is not done for every turn.
    func isDue(_ last: ExpiryRecord?, now: WallTime, size: UInt64, oldest: WallTime?) -> Bool {
        let pause = now.milliseconds - (last?.checked.milliseconds ?? 0)
        // A clock that was set back does not postpone it for ever.
        if pause < 0 || pause > Self.day { return size > maxBytes || oldest.map { $0 < limit(now) } ?? false }
        guard let last, !last.hasFailed || pause > Self.day / 24 else { return false }
        return size > maxBytes && size > last.size / 4 * 5
    }
}

/// When a store was last looked at, and what it took afterwards.
struct ExpiryRecord: Hashable {
    let checked: WallTime
    let size: UInt64
    let hasFailed: Bool

    init(checked: WallTime, size: UInt64, hasFailed: Bool) {
        self.checked = checked
        self.size = size
        self.hasFailed = hasFailed
    }

    var json: JSONValue {
        ["checked_ms": .int(Int(checked.milliseconds)), "size": .int(Int(size)), "failed": .bool(hasFailed)]
    }

    init?(json: JSONValue) {
        guard let checked = json["checked_ms"]?.int, let size = json["size"]?.int.flatMap(UInt64.init(exactly:)),
            let failed = json["failed"]?.bool
        else { return nil }
        self.init(checked: WallTime(milliseconds: Int64(checked)), size: size, hasFailed: failed)
    }
}
