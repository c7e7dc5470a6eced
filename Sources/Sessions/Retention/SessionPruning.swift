package import Basics
import Glibc
import Journal
package import Wire

/// Carries out a retention policy on a home's sessions.
package struct SessionPruning {
    private let home: String
    private let store: SessionStore
    private let policy: RetentionPolicy
    private let now: WallTime
    /// Whether something of the session waits, such as a stage.
    private let isWaiting: @Sendable (SessionID) -> Bool

    package init(
        home: String, policy: RetentionPolicy, now: WallTime = .now,
        isWaiting: @escaping @Sendable (SessionID) -> Bool
    ) {
        self.home = home
        self.policy = policy
        self.now = now
        self.isWaiting = isWaiting
        store = SessionStore(home: home)
    }

    /// How far the clock may go on between two looks at it before it is doubted.
    private static let trustedLeap: Int64 = 7 * 86_400_000

    package func plan() -> RetentionPlan {
        guard !policy.isEmpty else { return RetentionPlan([], policy: policy, now: now) }
        let open = FileLocks.inodes()
        let candidates = store.listing.map { entry in
            let changed = WallTime(milliseconds: Int64(entry.file.modified / 1_000_000))
            return RetentionPlan.Candidate(
                location: entry.location, bytes: entry.file.size, lastUse: max(changed, entry.location.id.time),
                isArchived: entry.location.isArchived, hold: hold(entry, open))
        }
        return RetentionPlan(candidates, policy: policy, now: reckoned(candidates))
    }

    /// The time that ages are counted to: a clock that is set a year ahead must not make everything old. So it counts for a
    /// week more than when it was last looked at, a day or more ago, or where it never was, than the last use of a session
    /// that is not under way.
    private func reckoned(_ candidates: [RetentionPlan.Candidate]) -> WallTime {
        let known = lastTurn ?? candidates.filter { $0.hold != Self.openHold && $0.lastUse <= now }.map(\.lastUse).max()
        guard let known, known <= now else { return now }
        return min(now, WallTime(milliseconds: known.milliseconds + Self.trustedLeap))
    }

    private static let openHold = "it is open"

    private func hold(_ entry: SessionListing, _ open: Set<UInt64>) -> String? {
        if open.contains(entry.file.inode) { return Self.openHold }
        if entry.notes != nil, SessionNotes.read(of: entry.location).name != nil { return "it has a name" }
        return isWaiting(entry.location.id) ? "changes of it wait in a stage" : nil
    }

    /// Does what the plan says, as far as it can: a session that somebody opened meanwhile stays.
    ///
    /// - Parameter goesOn: asked before each step.
    /// - Returns: what could not be done.
    @discardableResult
    package func carryOut(_ plan: RetentionPlan, goesOn: () -> Bool = { true }) -> [LockgateError] {
        var failures: [LockgateError] = []
        for deletion in plan.deletions where goesOn() {
            do throws(LockgateError) {
                guard isUnchanged(deletion.candidate) else { continue }
                try deletion.candidate.location.delete()
            } catch {
                failures.append(error)
            }
        }
        for candidate in plan.archivings where goesOn() {
            do throws(LockgateError) {
                guard isUnchanged(candidate) else { continue }
                try SessionArchive.pack(candidate.location)
            } catch {
                failures.append(error)
            }
        }
        return failures
    }

    /// Whether it is still what the plan was made for: not gone on with, named or staged since.
    private func isUnchanged(_ candidate: RetentionPlan.Candidate) -> Bool {
        var status = stat()
        guard stat(candidate.location.path, &status) == 0, Int(status.st_size) == candidate.bytes else { return false }
        return SessionNotes.read(of: candidate.location).name == nil && !isWaiting(candidate.location.id)
    }

    // MARK: - Once a day

    private var mark: String { home + "/sessions/.pruned" }

    /// When a turn was last taken, by the clock of then; nil for never.
    private var lastTurn: WallTime? {
        var status = stat()
        // An empty mark was made by a turn that did not begin.
        guard stat(mark, &status) == 0, status.st_size > 0 else { return nil }
        return WallTime(milliseconds: Int64(status.st_mtim.tv_sec) * 1000)
    }

    /// Whether a day has passed since the last time; a last time in the future is none.
    package var isDue: Bool {
        guard !policy.isEmpty else { return false }
        guard let lastTurn else { return true }
        let pause = now.milliseconds - lastTurn.milliseconds
        return pause < 0 || pause > 86_400_000
    }

    /// Takes the turn of doing it; false where another process has it. What is to be done is planned before, since a plan
    /// asks when the last turn was.
    package func begin() -> Bool {
        let file = open(mark, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0, isDue else { return false }
        guard (try? PosixFile.writeAll(file, [0x0A])) != nil else { return false }
        let time = timespec(tv_sec: Int(now.milliseconds / 1000), tv_nsec: 0)
        return futimens(file, [time, time]) == 0
    }
}
