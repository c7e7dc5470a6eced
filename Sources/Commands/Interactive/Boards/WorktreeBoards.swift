import Basics
import Engine
import TUI
import Terminal
import Wire
import Workspace

/// The attempts of the newest `exec --attempts` in this repository.
struct AttemptsBoard {
    private let store: WorktreeStore

    init(_ store: WorktreeStore) { self.store = store }

    private var group: AttemptGroup {
        get throws(LockgateError) { try AttemptGroup.load(nil, in: store).measured(in: store) }
    }

    var board: Board {
        get throws(LockgateError) {
            let group = try group
            let rows = group.results.map { result in
                Board.Row(
                    "\(result.number)", "\(result.number == group.picked ? "★ " : "")attempt \(result.number)",
                    [
                        state(result, group), "\(result.checksPassed)/\(result.checks) checks",
                        "\(result.changedFiles) files", "\(result.changedLines) lines",
                        result.cost.map { "$\(HumanRenderer.money($0))" } ?? "",
                        HumanRenderer.seconds(result.milliseconds),
                    ], tone: tone(result, group))
            }
            let standing = group.hasEnded ? "" : " · running"
            return Board(
                .attempts, title: "Attempts \(group.id)\(standing): \(group.task)", rows: rows,
                commands: [.init(.attemptsTake, "takes it over"), .init(.attemptsWorktrees, "worktrees")],
                emptyText: "No attempt has begun.", isLive: !group.hasEnded)
        }
    }

    private func state(_ result: AttemptResult, _ group: AttemptGroup) -> String {
        switch result.standing {
        case .passed: "passes"
        case .failed: "does not pass"
        case .stopped: group.hasEnded ? "stopped" : "running"
        }
    }

    private func tone(_ result: AttemptResult, _ group: AttemptGroup) -> Board.Tone {
        switch result.standing {
        case .passed: .good
        case .failed: .bad
        case .stopped: group.hasEnded ? .warning : .busy
        }
    }

    func answer(_ wanted: BoardRequest, _ host: SessionHost) async throws {
        switch wanted {
        case .refresh: host.post(.board(try board))
        case .detail(let row): host.post(.boardDetail(row: row, try detail(row)))
        case .command(.attemptsWorktrees, _, _): try await host.openBoard(.worktrees)
        case .command(_, let rows, let isConfirmed):
            let result = try group.result(rows.first.flatMap(Int.init))
            try WorktreesBoard(store).merge(result.worktree, command: .attemptsTake, rows: rows, isConfirmed, host)
        case .search: break
        }
    }

    private func detail(_ row: String) throws -> [StyledLine] {
        let result = try group.result(Int(row))
        let facts = FactLines.lines([
            ("worktree", result.worktree), ("session", result.session), ("model", result.model),
            ("ended by", result.reason ?? ""),
        ])
        let words = result.message.isEmpty ? [] : [.empty] + EntryText.lines([.message(result.message)])
        let diff = (try? store.diff(result.worktree)).map(FactLines.diff) ?? [StyledLine("its worktree is gone", .dim)]
        return facts + words + [.empty] + diff
    }
}

/// The managed worktrees of this repository.
struct WorktreesBoard {
    private let store: WorktreeStore

    init(_ store: WorktreeStore) { self.store = store }

    var board: Board {
        get throws(LockgateError) {
            let rows = store.records.filter { $0.state == .ready }.map { record in
                let changes = (try? store.changes(of: record.name))?.count
                return Board.Row(
                    record.name, record.name,
                    [
                        changes.map { "\($0) changed" } ?? "damaged", "used \(LocalTime.text(store.lastUse(record)))",
                    ], tone: changes == nil ? .bad : changes == 0 ? .dim : .plain)
            }
            return Board(
                .worktrees, title: "Worktrees of \(store.root)", rows: rows,
                commands: [
                    .init(.worktreesMerge, "merges it here"), .init(.worktreesHandOver, "this session goes on there"),
                    .init(.worktreesRemove, "removes it"),
                ],
                emptyText:
                    "There are no worktrees. lockgate exec --worktree \"…\" makes one; h with a name comes with it.")
        }
    }

    func answer(_ wanted: BoardRequest, _ host: SessionHost) async throws {
        switch wanted {
        case .refresh: host.post(.board(try board))
        case .detail(let row): host.post(.boardDetail(row: row, try detail(row)))
        case .command(.worktreesMerge, let rows, let isConfirmed):
            guard let name = rows.first else { return }
            try merge(name, command: .worktreesMerge, rows: rows, isConfirmed, host)
        case .command(.worktreesHandOver, let rows, let isConfirmed):
            guard let name = rows.first else { return }
            guard isConfirmed else {
                let text = "Shall this session go on in the worktree \(name)?"
                let preview = [
                    StyledLine("The uncommitted changes here go along; here they are taken away."),
                    StyledLine("lockgate undo takes that back.", .dim),
                ]
                return host.post(.boardQuestion(.init(text, preview: preview, command: .worktreesHandOver, rows: rows)))
            }
            try await host.handOver(to: name)
        case .command(.worktreesRemove, let rows, let isConfirmed):
            guard let name = rows.first else { return }
            guard isConfirmed else {
                let changes = try store.changes(of: name)
                let preview = changes.map { StyledLine("  \($0.kind.rawValue) \($0.path.shownPath)") }
                let text = "Remove the worktree \(name)? What only it has is archived first."
                return host.post(.boardQuestion(.init(text, preview: preview, command: .worktreesRemove, rows: rows)))
            }
            let removed = try store.remove(name)
            host.post(.board(try board))
            host.post(.boardNotice(WorktreeOptions.line(removed)))
        case .command, .search: break
        }
    }

    private func detail(_ name: String) throws -> [StyledLine] {
        let record = try store.record(name)
        return FactLines.lines([("folder", record.path), ("branch", record.branch)]) + [.empty]
            + FactLines.diff(try store.diff(name))
    }

    /// Shows what a worktree would bring here, and brings it once that is answered with yes.
    func merge(
        _ name: String, command: KeyAction, rows: [String], _ isConfirmed: Bool, _ host: SessionHost
    ) throws {
        let merge = try store.planMerge(name)
        let preview = EntryText.plain(MergeReport(merge, isJSON: false).preview)
        guard !merge.plan.steps.isEmpty || !merge.plan.conflicts.isEmpty else {
            return host.post(.boardNotice("Nothing to take over: all of \(name) is here already."))
        }
        guard merge.plan.conflicts.isEmpty else {
            host.post(.boardDetail(row: rows.first ?? name, preview))
            return host.post(.boardNotice("Both sides changed the same lines: nothing is taken over."))
        }
        guard isConfirmed else {
            let text = "Take the changes of \(name) over into \(store.root)?"
            return host.post(.boardQuestion(.init(text, preview: preview, command: command, rows: rows)))
        }
        let kept = try store.merge(merge)
        let count = merge.plan.steps.count - kept.count
        host.post(
            .boardNotice(
                "\(count) path\(count == 1 ? "" : "s") came over; /undo takes it back\(PlanPreview.kept(kept))"))
    }
}
