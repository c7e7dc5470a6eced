import Basics
import Journal
import TUI
import Terminal
import Text
import Wire
import Workspace

/// `/review`: what a staged session waits with, or what this session's turns have changed, by file and hunk.
extension SessionHost {
    /// What is looked through.
    private enum Subject {
        case stage(OpenStage, StagedChanges)
        case turns(CheckpointStore, first: Int, [TreeChange])

        var changes: [TreeChange] {
            switch self {
            case .stage(_, let staged): staged.changes
            case .turns(_, _, let changes): changes
            }
        }

        var store: CheckpointStore {
            switch self {
            case .stage(let stage, _): stage.store
            case .turns(let store, _, _): store
            }
        }
    }

    /// The stage of this session, if it has one with something in it.
    func stage() throws -> OpenStage? {
        guard let id, let setup else { return nil }
        let folder = StageFolder(home: setup.home, session: id.text)
        guard folder.record?.state == .open else { return nil }
        return try OpenStage([id.text], in: setup.cwd)
    }

    private func subject() throws -> Subject {
        guard let setup else { throw LockgateError("session.none", "there is no session yet") }
        if let stage = try stage() { return .stage(stage, try stage.store.staged(stage.folder)) }
        let store = try checkpoints(setup)
        let begin = id?.time
        let turns = store.turns().filter { turn in
            turn.kind == .turn && turn.after != nil && turn.after != turn.before
                && (begin.map { turn.began >= $0 } ?? false)
        }
        guard let first = turns.first else {
            throw LockgateError("workspace.nothing", "This session has changed nothing in the workspace.")
        }
        // The first content and the last of each path.
        var order: [[UInt8]] = []
        var ends: [[UInt8]: TreeChange] = [:]
        for change in try turns.flatMap({ try store.changes(of: $0) }) where change.repository == nil {
            if let known = ends[change.path] {
                ends[change.path] = TreeChange(path: change.path, old: known.old, new: change.new)
            } else {
                order.append(change.path)
                ends[change.path] = change
            }
        }
        let changes = order.compactMap { ends[$0] }.filter { $0.old != $0.new }
        return .turns(store, first: first.id, changes.sorted { $0.path.lexicographicallyPrecedes($1.path) })
    }

    private func checkpoints(_ setup: SessionSetup) throws -> CheckpointStore {
        guard let root = CheckpointStore.enclosing(setup.cwd, home: setup.home) else {
            throw LockgateError("workspace.nothing", "This session has changed nothing in the workspace.")
        }
        return try CheckpointStore(home: setup.home, workspace: root)
    }

    // MARK: - The board

    func reviewBoard() throws -> Board {
        let subject = try subject()
        let held: [[UInt8]: String] = if case .stage(_, let staged) = subject { staged.held } else { [:] }
        var rows: [Board.Row] = []
        var folder = ""
        for change in subject.changes where !change.isInRepository {
            let path = change.path.shownPath
            let parent = path.contains("/") ? PathText.parent(path) : ""
            if parent != folder, !parent.isEmpty { rows.append(.init("\(parent)/", "\(parent)/", tone: .dim)) }
            folder = parent
            let depth = parent.isEmpty ? 0 : 1
            let hunks = try StagedReport.hunks(change, subject.store)
            let facts = [StagedReport.verb(change), held[change.path].map { "held back: \($0)" } ?? ""]
            rows.append(
                .init(
                    path, parent.isEmpty ? path : PathText.name(path), facts,
                    tone: held[change.path] == nil ? .plain : .warning, depth: depth, canBeMarked: true))
            guard hunks.count > 1 else { continue }
            for (index, text) in hunks.enumerated() {
                rows.append(.init(Self.hunk(change, index + 1), text, depth: depth + 1, canBeMarked: true))
            }
        }
        let inRepository = subject.changes.count { $0.isInRepository }
        if inRepository > 0 {
            rows.append(
                .init(
                    Self.repository, "the repository (.git)", ["\(inRepository) files"], canBeMarked: isStage(subject)))
        }
        if case .stage(let stage, _) = subject {
            return Board(
                .review, title: "Staged, not yet in \(stage.store.workspace)", rows: rows,
                commands: [
                    .init(.reviewApply, "applies"), .init(.reviewApplyAll, "applies all"), .init(.reviewDrop, "drops"),
                    .init(.reviewDropAll, "drops all"),
                ],
                emptyText: "Nothing is staged.")
        }
        return Board(
            .review, title: "What this session changed in \(subject.store.workspace)", rows: rows,
            commands: [.init(.reviewDrop, "takes it back")], emptyText: "Nothing is changed any more.")
    }

    private static let repository = ".git/"
    /// Names a hunk of what is shown: another change of the same path has other names.
    private static func hunk(_ change: TreeChange, _ number: Int) -> String {
        "\(change.path.shownPath)\0\(number)\0\(mark(change))"
    }
    private static func mark(_ change: TreeChange) -> String {
        "\(change.old?.digest.text ?? "")-\(change.new?.digest.text ?? "")"
    }
    private func isStage(_ subject: Subject) -> Bool { if case .stage = subject { true } else { false } }

    // MARK: - What it does

    func review(_ wanted: BoardRequest) async throws {
        switch wanted {
        case .refresh: post(.board(try reviewBoard()))
        case .detail(let row): post(.boardDetail(row: row, try detail(row)))
        case .command(let key, let rows, let isConfirmed):
            // A session that stands in the stage holds it.
            if isConfirmed { try await rest() }
            switch try subject() {
            case .stage(let stage, let staged): try await settle(key, rows, isConfirmed, stage, staged)
            case .turns(let store, let first, let changes):
                try takeBack(rows, changes, store, first: first, key, isConfirmed)
            }
        case .search: break
        }
    }

    private func detail(_ row: String) throws -> [StyledLine] {
        let subject = try subject()
        if row == Self.repository {
            guard case .stage(let stage, let staged) = subject else {
                return subject.changes.filter(\.isInRepository).map { StyledLine($0.path.shownPath) }
            }
            return EntryText.plain(try StagedReport(staged: staged, store: stage.store).notes().joined(separator: "\n"))
        }
        let parts = row.split(separator: "\0").map(String.init)
        guard let change = subject.changes.first(where: { $0.path.shownPath == parts[0] }) else {
            let below = subject.changes.filter { $0.path.shownPath.hasPrefix(row) }
            return below.map { StyledLine("\(StagedReport.verb($0)) \($0.path.shownPath)") }
        }
        let diff = try DiffCommand.rendered(change, subject.store)
        guard parts.count > 1, let number = Int(parts[1]) else { return FactLines.diff(diff) }
        return FactLines.diff(Self.part(number, of: diff))
    }

    /// One hunk of a diff with the diff's head, so that it has its colours.
    private static func part(_ number: Int, of diff: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var count = 0
        for line in diff.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line.starts(with: "@@ ".utf8) { count += 1 }
            if count == 0 || count == number { kept += line + [0x0A] }
        }
        return kept
    }

    /// - Throws: `review.changed` for a hunk of what is no longer there.
    private func selection(_ rows: [String], _ changes: [TreeChange]) throws(LockgateError) -> StageSelection {
        var selection = StageSelection()
        for row in rows {
            let parts = row.split(separator: "\0").map(String.init)
            if let change = changes.first(where: { $0.path.shownPath == parts[0] }) {
                if parts.count > 2, let number = Int(parts[1]) {
                    guard parts[2] == Self.mark(change) else {
                        throw LockgateError(
                            "review.changed", "\(parts[0]) has changed since it was shown; nothing was done",
                            remedy: "look at it again: /review")
                    }
                    selection.hunks[change.path, default: []].insert(number)
                } else {
                    selection.paths.append(change.path)
                }
            } else {
                // A folder: all that is shown below it.
                selection.paths += changes.filter { $0.path.shownPath.hasPrefix(row) }.map(\.path)
            }
        }
        return selection
    }

    private func settle(
        _ key: KeyAction, _ rows: [String], _ isConfirmed: Bool, _ stage: OpenStage, _ staged: StagedChanges
    ) async throws {
        let selection = key == .reviewApplyAll ? StageSelection() : try selection(rows, staged.changes)
        func ask(_ text: String, _ preview: [StyledLine]) {
            post(.boardQuestion(.init(text, preview: preview, command: key, rows: rows)))
        }
        switch key {
        case .reviewApply, .reviewApplyAll:
            guard key == .reviewApplyAll || !selection.paths.isEmpty || !selection.hunks.isEmpty else { return }
            let plan = try stage.store.planApply(stage.folder, selection)
            guard isConfirmed else {
                let notes = try StagedReport(staged: plan.staged, store: stage.store).notes()
                return ask(
                    "Apply \(key == .reviewApplyAll ? "all that is staged" : "this") to \(stage.store.workspace)?",
                    PlanPreview.lines(plan.restore) + notes.map { StyledLine("  # \($0)", .dim) })
            }
            let lock = try stage.folder.lock()
            defer { withExtendedLifetime(lock) {} }
            let kept = try stage.store.apply(plan)
            try afterwards("\(plan.restore.steps.count) applied; lockgate undo takes it back\(PlanPreview.kept(kept))")
        case .reviewDrop:
            guard !selection.paths.isEmpty || !selection.hunks.isEmpty else { return }
            let plan = try stage.store.planStageDrop(stage.folder, selection)
            guard isConfirmed else {
                return ask("Drop this from the stage? The workspace stays as it is.", PlanPreview.lines(plan.restore))
            }
            let kept = try StagedUndo.carryOut(plan, in: stage)
            try afterwards("\(plan.restore.steps.count) dropped from the stage\(PlanPreview.kept(kept))")
        case .reviewDropAll:
            guard isConfirmed else {
                let preview = staged.changes.prefix(100).map {
                    StyledLine("  \(StagedReport.verb($0)) \($0.path.isEmpty ? "." : $0.path.shownPath)")
                }
                return ask("Drop all that is staged?", Array(preview))
            }
            let lock = try stage.folder.lock()
            defer { withExtendedLifetime(lock) {} }
            try stage.folder.set(.dropped)
            try afterwards(
                "Dropped. Until it expires, lockgate apply \(stage.folder.record?.session ?? "") still applies it.")
        default: return
        }
    }

    private func takeBack(
        _ rows: [String], _ changes: [TreeChange], _ store: CheckpointStore, first: Int, _ key: KeyAction,
        _ isConfirmed: Bool
    ) throws {
        // What was shown when it was asked, to be compared with what would happen now.
        let shown = rows.first.flatMap { $0.hasPrefix(Self.planMark) ? $0 : nil }
        let rows = rows.filter { !$0.hasPrefix(Self.planMark) }
        let selection = try selection(rows, changes)
        let plan: RestorePlan
        if selection.hunks.isEmpty {
            guard !selection.paths.isEmpty else { return }
            plan = try store.planUndo(backTo: first, paths: selection.paths)
        } else {
            guard selection.paths.isEmpty else {
                return post(.boardNotice("Take whole files back, or single hunks: both at once are two steps."))
            }
            plan = try store.planTakingBack(
                changes.compactMap { change in selection.hunks[change.path].map { (change, $0) } })
        }
        let mark = "\(Self.planMark)\(plan.steps.hashValue)"
        guard isConfirmed else {
            guard !plan.steps.isEmpty || selection.hunks.isEmpty else {
                let reasons = plan.conflicts.map { "\($0.path.shownPath): \($0.reason)" }
                return post(
                    .boardNotice("Nothing can be taken back of it: \(reasons.joined(separator: ", "))."))
            }
            return post(
                .boardQuestion(
                    .init(
                        "Take this back to before the session?", preview: PlanPreview.lines(plan), command: key,
                        rows: [mark] + rows)))
        }
        guard shown == mark else {
            throw LockgateError(
                "review.changed", "a file has changed since it was shown; nothing was done",
                remedy: "look at it again: /review")
        }
        let kept = try store.apply(plan)
        try record(plan, selection, keeping: kept)
        try afterwards("\(plan.steps.count) went back; \(undoes(selection))\(PlanPreview.kept(kept))")
    }

    private static let planMark = "plan\0"

    private func undoes(_ selection: StageSelection) -> String {
        selection.hunks.isEmpty ? "lockgate redo brings it again" : "/undo brings it again"
    }

    /// Writes into the session's journal what the person took back of its work.
    private func record(
        _ plan: RestorePlan, _ selection: StageSelection, keeping kept: [RestorePlan.Conflict]
    ) throws(LockgateError) {
        let stayed = Set(kept.map(\.path))
        let steps = plan.steps.filter { !stayed.contains($0.path) }.map { step -> JSONValue in
            [
                "path": .string(step.path.shownPath), "from": .optional(step.from?.digest.text),
                "to": .optional(step.to?.digest.text),
                "hunks": .array((selection.hunks[step.path] ?? []).sorted().map(JSONValue.int)),
            ]
        }
        try journal?.append("workspace.taken_back", ["by": "user", "changes": .array(steps)])
    }

    /// The board as it is now; where nothing is left it goes.
    private func afterwards(_ words: String) throws {
        do {
            post(.board(try reviewBoard()))
            post(.boardNotice(words))
        } catch let error as LockgateError
            where ["workspace.nothing", "workspace.stage_empty"].contains(error.code.name)
        {
            post(.boardClosed)
            post(.note(.init(.approval, words)))
        }
    }
}
