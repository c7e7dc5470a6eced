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

    package func plan() -> RetentionPlan {
        guard !policy.isEmpty else { return RetentionPlan([], policy: policy, now: now) }
        let open = FileLocks.inodes()
        return RetentionPlan(
            store.listing.map { entry in
                let changed = WallTime(milliseconds: Int64(entry.file.modified / 1_000_000))
                return RetentionPlan.Candidate(
                    location: entry.location, bytes: entry.file.size, lastUse: max(changed, entry.location.id.time),
                    isArchived: entry.location.isArchived, hold: hold(entry, open))
            }, policy: policy, now: now)
    }

    private func hold(_ entry: SessionListing, _ open: Set<UInt64>) -> String? {
        if open.contains(entry.file.inode) { return "it is open" }
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

    /// Whether a day has passed since the last time; a last time in the future is none.
    package var isDue: Bool {
        guard !policy.isEmpty else { return false }
        var status = stat()
        // An empty mark was made by a turn that did not begin.
        guard stat(mark, &status) == 0, status.st_size > 0 else { return true }
        let pause = now.milliseconds - Int64(status.st_mtim.tv_sec) * 1000
        return pause < 0 || pause > 86_400_000
    }

    /// Takes the turn of doing it; false where another process has it.
    package func begin() -> Bool {
        let file = open(mark, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0, isDue else { return false }
        guard (try? PosixFile.writeAll(file, [0x0A])) != nil else { return false }
        return futimens(file, nil) == 0
    }
}
