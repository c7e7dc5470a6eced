import ArgumentParser
import Basics
import Engine
import Journal
import Replay
import Synchronization
import Wire
import Workspace

/// Runs what a recorded model wanted again: real tools and commands, in a stage of the workspace that is thrown away.
struct ExecutionReplay {
    /// An action then and now.
    struct Row: Hashable {
        var name: String
        var then: JSONValue
        var now: JSONValue

        /// The members that are not the same.
        var differences: [String] { ExecutionReplay.compared.filter { then[$0] != now[$0] } }
    }

    /// Of items: what a command or change came to.
    static let compared = ["command", "exit_code", "aggregated_output", "signal", "status", "diff", "result"]

    let rows: [Row]
    /// What was done then and not now, or the other way round.
    let missing: Int
    let added: Int

    var isSame: Bool { missing == 0 && added == 0 && rows.allSatisfy(\.differences.isEmpty) }

    init(_ records: [JournalRecord]) async throws {
        guard let cwd = records.first?.payload["cwd"]?.string, PosixFile.isDirectory(cwd) else {
            throw LockgateError("replay.no_workspace", "the session's folder is not there any more")
        }
        let seen = Mutex<[JSONValue]>([])
        let answers = RecordedAnswers(records)
        let options = try ExecCommand.parse([
            "--stage", "-C", cwd, "--skip-git-repo-check", "-m", "replay", "-c", "model_provider=replay", "-c",
            "model_providers.replay={base_url=\"http://127.0.0.1:9\", wire_api=\"responses\"}", "-c",
            "approval_policy=on-request", "-c", "approvals_reviewer=never", "-c", "completion.verify=false", "replay",
        ]).options
        let setup = try SessionSetup.load(try ExecRequest(options), environment: ProcessEnvironment.variables)
        let journal = SessionJournal.ephemeral()
        let events = EventLog(journal: journal) { event, _ in
            if case .itemCompleted(let item) = event { seen.withLock { $0.append(item.json) } }
        }
        let assembled = try await setup.assemble(
            journal: journal, events: events, outputSchema: nil, restored: nil, questions: SessionSetup.Questions(),
            model: answers, progress: { _ in })
        for prompt in answers.prompts { _ = await assembled.session.run(prompt) }
        await assembled.close()
        StageFolder(home: setup.home, session: journal.id.text).remove()

        let then = records.filter { $0.type == "event" && $0.payload["type"] == "item.completed" }
            .compactMap { $0.payload["item"] }.filter(Self.isAction)
        let now = seen.withLock { $0 }.filter(Self.isAction)
        rows = zip(then, now).map { Row(name: Self.name($0), then: $0, now: $1) }
        missing = max(0, then.count - now.count)
        added = max(0, now.count - then.count)
    }

    private static func isAction(_ item: JSONValue) -> Bool {
        ["command_execution", "file_change", "mcp_tool_call"].contains(item["type"]?.string)
    }

    private static func name(_ item: JSONValue) -> String {
        let paths = (item["changes"]?.array ?? []).compactMap { $0["path"]?.string }
        return item["command"]?.string ?? item["tool"]?.string ?? "change \(paths.joined(separator: ", "))"
    }

    // MARK: - Output

    var text: String {
        var lines: [String] = []
        for row in rows where !row.differences.isEmpty {
            lines.append(row.name)
            for member in row.differences {
                lines.append("  \(member) then: \(row.then[member]?.text ?? "none")")
                lines.append("  \(member) now:  \(row.now[member]?.text ?? "none")")
            }
        }
        if missing > 0 { lines.append("\(missing) actions of then did not come again") }
        if added > 0 { lines.append("\(added) actions were not there then") }
        let different = rows.count { !$0.differences.isEmpty }
        lines.append("\(rows.count - different) of \(rows.count + missing) actions came out the same")
        return lines.joined(separator: "\n")
    }

    var json: JSONValue {
        [
            "same": .bool(isSame), "missing": .int(missing), "added": .int(added),
            "actions": .array(
                rows.map { row in
                    [
                        "action": .string(row.name), "differs_in": .array(row.differences.map { .string($0) }),
                        "then": row.then, "now": row.now,
                    ]
                }),
        ]
    }
}
