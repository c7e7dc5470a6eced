import Basics
import Engine
import Glibc
import Wire

/// Shows attempts: JSON lines, or a line for each and a table at the end.
struct AttemptFront: Sendable {
    let isJSON: Bool
    let style: TerminalStyle

    func started(_ group: String, count: Int, concurrency: Int) {
        show(
            "attempts.started",
            ["group": .string(group), "count": .int(count), "concurrency": .int(concurrency)],
            "\(count) attempts, \(concurrency) at a time")
    }

    func began(_ result: AttemptResult) {
        show(
            "attempt.started",
            [
                "attempt": .int(result.number), "worktree": .string(result.worktree),
                "session": .string(result.session), "model": .string(result.model),
            ], "attempt \(result.number): session \(result.session), worktree \(result.worktree)")
    }

    func finished(_ result: AttemptResult) {
        let mark =
            switch result.standing {
            case .passed: style.green("passes")
            case .failed: style.red("does not pass")
            case .stopped: style.yellow("stopped")
            }
        let reason = result.reason.map { ": \(TerminalStyle.harmless($0))" } ?? ""
        show("attempt.completed", result.json.object ?? [:], "attempt \(result.number) \(mark)\(reason)")
    }

    /// The table, and the words of the attempt that was picked on standard output.
    func completed(_ group: AttemptGroup) throws {
        show("attempts.completed", group.json, group.table(style))
        guard !isJSON else { return }
        guard let picked = try? group.result(nil) else {
            return line(style.red("no attempt passes") + "; look at one: lockgate worktree diff \(group.id)-1")
        }
        line("take it over: \(style.bold("lockgate apply --attempt \(picked.number)"))")
        let words = picked.message.hasSuffix("\n") ? picked.message : picked.message + "\n"
        try PosixFile.writeAll(STDOUT_FILENO, Array(words.utf8))
    }

    private func show(_ type: String, _ members: JSONObject, _ text: String) {
        guard isJSON else { return line(text) }
        var object: JSONObject = ["type": .string(type)]
        for (name, value) in members.members { object[name] = value }
        object["timestamp"] = .string(WallTime.now.rfc3339)
        try? PosixFile.writeAll(STDOUT_FILENO, JSONValue.object(object).bytes + [UInt8(ascii: "\n")])
    }

    private func line(_ text: String) { try? PosixFile.writeAll(STDERR_FILENO, Array("\(text)\n".utf8)) }
}
