package import ArgumentParser
import Basics
import Glibc
import Wire
import Workspace

/// `lockgate apply`: take what a session has staged into the workspace.
package struct ApplyCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Apply what a session has staged, all or some of it, after showing it.",
        discussion: """
            Without a session the newest stage of this folder is meant; with --attempt an attempt of `exec --attempts`, all \
            of it. What you have edited since stays: texts are \
            merged, and where that is not possible the staged content is put beside yours as NAME.lockgate-staged. What \
            git, agents or editors run by themselves, and new repositories, are applied only when they are named. An \
            apply is a turn: `lockgate undo` takes it back.

            Without --yes nothing changes unless you agree on a terminal. Exits with 0 when all that was meant is \
            applied, 4 when something stayed because it was edited since, 1 when nothing was done.
            """)

    @Argument(help: "A session's id or its beginning; then paths, all below them included.")
    var arguments: [String] = []
    @Option(help: "One part of a file's change, as FILE:N; `--json` and the preview number them. Repeatable.")
    var hunk: [String] = []
    @Option(help: "Instead of a stage: an attempt of the newest `exec --attempts`.") var attempt: Int?
    @Flag(help: "List the stages that wait instead.") var list = false
    @Flag(help: "Discard what is not applied: with paths or hunks the rest, without them everything.") var drop = false
    @Flag(help: "Print one JSON object: the plan, or with --yes what was done.") var json = false
    @Flag(name: .shortAndLong, help: "Do it without asking.") var yes = false
    @Option(name: [.customShort("C"), .customLong("cd")], help: "The workspace, or a folder in it.")
    var directory: String?

    package init() {}

    package func run() throws {
        try RestoreOptions.reporting { () throws(LockgateError) in
            if let attempt { return try take(attempt) }
            if list { return try StageList.show(json: json) }
            let stage = try OpenStage(arguments, in: directory)
            let lock = try stage.folder.lock()
            defer { withExtendedLifetime(lock) {} }
            let selection = try selection(stage)
            if drop, selection == StageSelection() { return try discard(stage) }
            try apply(try stage.store.planApply(stage.folder, selection), stage)
        }
    }

    private func take(_ attempt: Int) throws(LockgateError) {
        guard arguments.isEmpty, hunk.isEmpty, !list, !drop else {
            throw LockgateError(
                "usage", "--attempt takes an attempt over as a whole",
                remedy: "leave paths, --hunk, --list and --drop out; lockgate undo 1 PATH takes paths back", exitCode: 2
            )
        }
        var place = WorktreeOptions()
        (place.directory, place.json) = (directory, json)
        print(try AttemptsCommand.take(attempt, of: nil, in: place, yes: yes))
    }

    private func selection(_ stage: OpenStage) throws(LockgateError) -> StageSelection {
        var selection = StageSelection()
        for path in stage.rest { selection.paths.append(try stage.relative(path)) }
        for text in hunk {
            guard let colon = text.lastIndex(of: ":"), let number = Int(text[text.index(after: colon)...]) else {
                throw LockgateError(
                    "usage", "--hunk \(text) is not FILE:N", remedy: "For example --hunk src/main.c:2.", exitCode: 2)
            }
            selection.hunks[try stage.relative(String(text[..<colon])), default: []].insert(number)
        }
        return selection
    }

    // MARK: Applying

    private func apply(_ plan: ApplyPlan, _ stage: OpenStage) throws(LockgateError) {
        if !json { try show(plan, stage) }
        guard !plan.restore.steps.isEmpty || !plan.restore.conflicts.isEmpty || plan.isWhole else {
            if json { print(json(plan, kept: [], isDone: false).text) } else { print("Nothing would change.") }
            return
        }
        guard yes || (!json && Self.asks("Apply it?")) else {
            if json { return print(json(plan, kept: [], isDone: false).text) }
            throw LockgateError(
                "workspace.not_confirmed", "Nothing was changed", remedy: "Add --yes to do what is listed above.")
        }
        let kept = try stage.store.apply(plan)
        if drop { try stage.folder.set(.dropped) }
        if json {
            print(json(plan, kept: kept, isDone: true).text)
        } else {
            print("\(plan.restore.steps.count) paths applied, \(kept.count) stayed.")
            for conflict in kept where !plan.restore.conflicts.contains(conflict) { print(Self.line(conflict)) }
            switch stage.folder.record?.state {
            case .applied: print("Nothing is staged any more. Take it back: lockgate undo")
            case .dropped: print("The rest is dropped. Take it back: lockgate undo")
            default: print("The rest stays staged: \(stage.folder.record?.session ?? ""). Take it back: lockgate undo")
            }
        }
        guard kept.isEmpty else {
            throw LockgateError(
                "workspace.conflicts", "Some paths were edited since and stay as they are",
                remedy: "Compare them with the .lockgate-staged files beside them, or with what is still staged.",
                exitCode: 4)
        }
    }

    private func show(_ plan: ApplyPlan, _ stage: OpenStage) throws(LockgateError) {
        let record = plan.staged.record
        print("apply of session \(record.session) to \(record.workspace):")
        for step in plan.restore.steps {
            print("  \(step.verb) \(step.path.isEmpty ? "." : step.path.shownPath)")
            guard let change = plan.staged.changes.first(where: { $0.path == step.path }), !change.isInRepository
            else { continue }
            let hunks = try StagedReport.hunks(change, stage.store)
            guard hunks.count > 1 else { continue }
            for (index, text) in hunks.enumerated() { print("      hunk \(index + 1) \(text)") }
        }
        for conflict in plan.restore.conflicts { print(Self.line(conflict)) }
        for note in try StagedReport(staged: plan.staged, store: stage.store).notes() { print("  # \(note)") }
    }

    private func json(_ plan: ApplyPlan, kept: [RestorePlan.Conflict], isDone: Bool) -> JSONValue {
        func list(_ conflicts: [RestorePlan.Conflict]) -> JSONValue {
            .array(
                conflicts.map {
                    [
                        "path": .string($0.path.shownPath), "reason": .string($0.reason),
                        "copy": .optional($0.copy?.shownPath),
                    ]
                })
        }
        return [
            "session": .string(plan.staged.record.session), "workspace": .string(plan.staged.record.workspace),
            "applied": .bool(isDone),
            "steps": .array(
                plan.restore.steps.map { ["path": .string($0.path.shownPath), "change": .string($0.verb)] }),
            "conflicts": list(isDone ? kept : plan.restore.conflicts),
            "held": .array(plan.held.map { .string($0.shownPath) }), "complete": .bool(plan.isWhole),
        ]
    }

    private static func line(_ conflict: RestorePlan.Conflict) -> String {
        let copy = conflict.copy.map { "; the staged one goes to \($0.shownPath)" } ?? "; it stays staged"
        return "  keep \(conflict.path.shownPath): \(conflict.reason)\(copy)"
    }

    // MARK: Dropping

    private func discard(_ stage: OpenStage) throws(LockgateError) {
        let staged = try stage.store.staged(stage.folder)
        if !json {
            print("drop of session \(staged.record.session), \(staged.changes.count) staged paths:")
            for change in staged.changes.prefix(50) {
                print("  \(StagedReport.verb(change)) \(change.path.isEmpty ? "." : change.path.shownPath)")
            }
            if staged.changes.count > 50 { print("  and \(staged.changes.count - 50) more") }
        }
        guard yes || (!json && Self.asks("Discard all of it?")) else {
            throw LockgateError(
                "workspace.not_confirmed", "Nothing was dropped", remedy: "Add --yes to discard what is staged.")
        }
        try stage.folder.set(.dropped)
        if json {
            print(
                JSONValue.object(["session": .string(staged.record.session), "dropped": .int(staged.changes.count)])
                    .text)
        } else {
            print("Dropped. Until it expires (staged.days) it can still be applied by its session's id.")
        }
    }

    /// Asks on a terminal; anything but yes is no.
    private static func asks(_ question: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
        print("\(question) [y/N] ", terminator: "")
        fflush(nil)
        return ["y", "yes"].contains(readLine()?.lowercased())
    }
}
