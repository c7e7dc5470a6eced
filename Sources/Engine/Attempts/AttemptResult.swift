package import Basics

/// How one of several attempts at a task came out.
package struct AttemptResult: Sendable, Hashable {
    package enum Standing: String, Sendable, Hashable {
        /// It ended, and all checks pass.
        case passed
        /// It ended, or gave up, with a check that fails.
        case failed
        /// It was not begun, or was stopped: the budget, a limit in seconds, or Ctrl-C.
        case stopped
    }

    /// Counts from 1.
    package var number: Int
    package var worktree: String
    package var session: String
    package var model: String
    package var standing: Standing
    /// Checks that exit with 0, of all there are.
    package var checksPassed: Int
    package var checks: Int
    package var changedFiles: Int
    /// Lines added and removed.
    package var changedLines: Int
    /// USD; nil where a price is unknown.
    package var cost: Double?
    package var milliseconds: Int
    /// The agent's last words; empty for none.
    package var message: String
    /// Why it did not pass; nil for one that did.
    package var reason: String?

    package init(number: Int, worktree: String, session: String, model: String, checks: Int) {
        self.number = number
        self.worktree = worktree
        self.session = session
        self.model = model
        self.checks = checks
        standing = .stopped
        checksPassed = 0
        changedFiles = 0
        changedLines = 0
        milliseconds = 0
        message = ""
    }

    package var json: JSONValue {
        [
            "attempt": .int(number), "worktree": .string(worktree), "session": .string(session),
            "model": .string(model), "standing": .string(standing.rawValue), "checks_passed": .int(checksPassed),
            "checks": .int(checks), "changed_files": .int(changedFiles), "changed_lines": .int(changedLines),
            "cost_usd": cost.map { .double($0) } ?? .null, "duration_ms": .int(milliseconds),
            "message": .string(message), "reason": .optional(reason),
        ]
    }

    package init?(json: JSONValue) {
        guard let number = json["attempt"]?.int, let worktree = json["worktree"]?.string,
            let session = json["session"]?.string, let model = json["model"]?.string,
            let standing = json["standing"]?.string.flatMap(Standing.init(rawValue:))
        else { return nil }
        self.init(number: number, worktree: worktree, session: session, model: model, checks: json["checks"]?.int ?? 0)
        self.standing = standing
        checksPassed = json["checks_passed"]?.int ?? 0
        changedFiles = json["changed_files"]?.int ?? 0
        changedLines = json["changed_lines"]?.int ?? 0
        cost = json["cost_usd"]?.double
        milliseconds = json["duration_ms"]?.int ?? 0
        message = json["message"]?.string ?? ""
        reason = json["reason"]?.string
    }
}

/// Which attempt to take, and how many may run side by side.
package enum AttemptChoice {
    /// The passing attempt with the smallest change, then the lowest known cost, then the first; nil where none passes.
    package static func pick(_ results: [AttemptResult]) -> AttemptResult? {
        // One that changed nothing has solved nothing, unless none of those that pass has changed anything.
        let passed = results.filter { $0.standing == .passed }
        let changed = passed.filter { $0.changedFiles > 0 }
        return (changed.isEmpty ? passed : changed).min { left, right in
            if left.changedLines != right.changedLines { return left.changedLines < right.changedLines }
            let costs = (left.cost ?? .infinity, right.cost ?? .infinity)
            return costs.0 == costs.1 ? left.number < right.number : costs.0 < costs.1
        }
    }

    /// For one attempt's commands, which may be a build: 1 GiB.
    static let memoryEach = 1 << 30

    /// How many attempts run at once: one a core, as far as there is 1 GiB of free memory for each, and at least one.
    package static func concurrency(_ count: Int, cores: Int, freeMemory: Int) -> Int {
        max(1, min(count, cores, freeMemory / memoryEach))
    }
}
