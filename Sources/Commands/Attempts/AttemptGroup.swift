import Basics
import Engine
import Glibc
import Wire
import Workspace

/// The attempts of one run, kept so that any of them can be taken later.
struct AttemptGroup: Sendable {
    var id: String
    var task: String
    var results: [AttemptResult]
    var picked: Int?
    /// Whether the run came to its end; until then what is known is on disk, in case it is killed.
    var hasEnded: Bool

    var json: JSONObject {
        [
            "group": .string(id), "task": .string(task), "picked": .optional(picked), "ended": .bool(hasEnded),
            "attempts": .array(results.map(\.json)),
        ]
    }

    init(id: String, task: String, results: [AttemptResult], hasEnded: Bool = true) {
        self.hasEnded = hasEnded
        self.id = id
        self.task = task
        self.results = results
        picked = AttemptChoice.pick(results)?.number
    }

    init?(json: JSONValue) {
        guard let id = json["group"]?.string, let all = json["attempts"]?.array else { return nil }
        self.id = id
        task = json["task"]?.string ?? ""
        results = all.compactMap(AttemptResult.init(json:))
        picked = json["picked"]?.int
        hasEnded = json["ended"]?.bool ?? true
    }

    /// With what has become of one attempt.
    func with(_ result: AttemptResult) -> AttemptGroup {
        let others = results.filter { $0.number != result.number }
        return AttemptGroup(
            id: id, task: task, results: (others + [result]).sorted { $0.number < $1.number }, hasEnded: hasEnded)
    }

    /// Of a run that was killed: with what its attempts had changed by then.
    func measured(in store: WorktreeStore) -> AttemptGroup {
        guard !hasEnded else { return self }
        var group = self
        for result in results where result.standing == .stopped {
            guard let size = try? store.changedSize(of: result.worktree) else { continue }
            var result = result
            (result.changedFiles, result.changedLines) = size
            group = group.with(result)
        }
        return group
    }

    // MARK: On disk

    func save(in store: WorktreeStore) throws(LockgateError) {
        do throws(SystemError) {
            try PosixFile.makeDirectory(store.attempts)
            // Names are in the order of time.
            try PosixFile.replace("\(store.attempts)/\(id).json", with: JSONValue.object(json).bytes)
        } catch {
            throw LockgateError("attempts.unwritable", "the attempts cannot be recorded: \(error)")
        }
    }

    func forget(in store: WorktreeStore) { unlink("\(store.attempts)/\(id).json") }

    /// A group by its id, or the newest.
    ///
    /// - Throws: `attempts.unknown`.
    static func load(_ id: String?, in store: WorktreeStore) throws(LockgateError) -> AttemptGroup {
        let names = PosixFile.list(store.attempts).filter { $0.hasSuffix(".json") }
        let name = id.map { "\($0).json" } ?? names.last
        guard let name, names.contains(name),
            let bytes = try? PosixFile.read("\(store.attempts)/\(name)", limit: 16 << 20),
            let json = try? JSONValue(parsing: bytes), let group = AttemptGroup(json: json)
        else {
            throw LockgateError(
                "attempts.unknown", id.map { "there are no attempts \($0) here" } ?? "there are no attempts here yet",
                remedy: "lockgate exec --attempts 4 --check CMD \"...\"")
        }
        return group
    }

    func result(_ number: Int?) throws(LockgateError) -> AttemptResult {
        guard let number = number ?? picked else {
            throw LockgateError(
                "attempts.none_passed", "no attempt of \(id) passes its checks",
                remedy: "name one: lockgate apply --attempt K")
        }
        guard let result = results.first(where: { $0.number == number }) else {
            throw LockgateError(
                "attempts.unknown", "\(id) has the attempts 1 to \(results.count), not \(number)", exitCode: 2)
        }
        return result
    }

    // MARK: For people

    func table(_ style: TerminalStyle) -> String {
        let rows =
            [["", "ATTEMPT", "CHECKS", "FILES", "LINES", "COST", "TIME", "MODEL", "WORKTREE", ""]]
            + results.map { result in
                [
                    result.number == picked ? "*" : "", "\(result.number)",
                    "\(result.checksPassed)/\(result.checks)", "\(result.changedFiles)", "\(result.changedLines)",
                    result.cost.map { "$\(HumanRenderer.money($0))" } ?? "?",
                    HumanRenderer.seconds(result.milliseconds), TerminalStyle.harmless(result.model), result.worktree,
                    TerminalStyle.harmless(String((result.reason ?? "").prefix(80))),
                ]
            }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.enumerated().map { number, row in
            let line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
                .joined(separator: "  ")
            let trimmed = String(line.reversed().drop { $0 == " " }.reversed())
            return number == 0 ? style.dim(trimmed) : trimmed
        }.joined(separator: "\n")
    }
}
