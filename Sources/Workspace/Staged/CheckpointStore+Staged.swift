import Basics
import Glibc
import Text
package import Wire

/// A stage's changes as they are now.
package struct StagedChanges: Sendable {
    package let record: StageRecord
    /// Against the workspace that the stage began with, what was applied since included. Folders before what they hold.
    package let changes: [TreeChange]
    package let leftOut: [StagedLeftOut]
    /// Who runs or obeys what is only applied when it is named, by path.
    package let held: [[UInt8]: String]
    /// The root object of the tree that the session sees.
    let root: ContentDigest
    let base: ContentDigest

    package var isEmpty: Bool { changes.isEmpty && leftOut.isEmpty }
}

/// What an apply would do, before it does.
package struct ApplyPlan: Sendable {
    package let restore: RestorePlan
    /// Chosen or not, what is staged.
    package let staged: StagedChanges
    /// Paths that are held back in this plan.
    package let held: [[UInt8]]
    let settlement: StageSettlement

    /// Whether nothing stays staged, but for what can be made again.
    package var isWhole: Bool { settlement.isWhole && settlement.kept.isEmpty }
}

extension CheckpointStore {
    /// Records the workspace as what a stage begins with.
    package func stageBase() throws(LockgateError) -> ContentDigest {
        try locked { () throws(LockgateError) in try checkpoint() }
    }

    /// What waits in a stage.
    ///
    /// - Throws: `workspace.stage_empty` before anything ran in it.
    package func staged(_ stage: StageFolder) throws(LockgateError) -> StagedChanges {
        try locked { () throws(LockgateError) in try readStage(stage) }
    }

    func readStage(_ stage: StageFolder) throws(LockgateError) -> StagedChanges {
        guard let record = try stage.read(), let base = record.base, record.state != .applied else {
            throw LockgateError(
                "workspace.stage_empty", "Nothing is staged in \(PathText.name(stage.path))",
                remedy: "See `lockgate apply --list`.")
        }
        let tree = SnapshotTree(store: objects)
        var root: ContentDigest
        var leftOut: [StagedLeftOut]
        switch record.method {
        case .overlay:
            var scanner = UpperScanner(store: objects, tree: tree)
            root = try scanner.scan(stage.upper, base: base)
            leftOut = scanner.leftOut
        case .copy:
            root = try StagedTree(store: objects, tree: tree).scan(stage, base: base)
            leftOut = []
        }
        // What is not covered on either side stays as it is, and is listed where it is known to differ.
        let covered = TreeChoice(objects, tree) { path, old, new throws(LockgateError) in
            guard old?.kind == .omitted || new?.kind == .omitted else { return .new }
            if let reason = new?.omission, old?.omission != reason, reason != .rebuildable {
                leftOut.append(StagedLeftOut(path: path, reason: reason.text, isRebuildable: false))
            }
            return .old
        }
        root = try covered.combine(base, root)
        try flushObjects()
        let changes = try tree.changes(from: base, to: root)
        var held: [[UInt8]: String] = [:]
        var known: [[UInt8]: Bool] = [:]
        for change in changes where change.new != nil {
            let reason = HeldBack.reason(change.path) { path in
                if let answer = known[path] { return answer }
                let entry = (try? tree.entry(path, in: base)) ?? nil
                known[path] = entry != nil
                return entry != nil
            }
            if let reason { held[change.path] = reason }
        }
        return StagedChanges(
            record: record, changes: changes, leftOut: leftOut.sorted { $0.path.lexicographicallyPrecedes($1.path) },
            held: held, root: root, base: base)
    }

    /// What applying some of a stage's changes, or all, would do. Nothing is changed yet.
    ///
    /// - Throws: `workspace.no_hunk` and `workspace.not_staged` for a selection that is not there.
    package func planApply(
        _ stage: StageFolder, _ selection: StageSelection = StageSelection()
    ) throws(LockgateError) -> ApplyPlan {
        try locked { () throws(LockgateError) in
            let current = try checkpoint()
            try closeOpenTurns(current)
            let staged = try readStage(stage)
            let tree = SnapshotTree(store: objects)
            try Self.check(selection, staged)
            var held: [[UInt8]] = []
            func isKnown(_ path: [UInt8]) -> Bool { ((try? tree.entry(path, in: staged.base)) ?? nil) != nil }
            let choice = TreeChoice(objects, tree) { [objects] path, old, new throws(LockgateError) in
                if let numbers = selection.hunks[path] {
                    return .other(try StageHunks(old, new, objects).entry(numbers, path))
                }
                let isMeant =
                    selection.isEverything || selection.paths.contains { path.isWithin($0) }
                guard isMeant else { return .old }
                if staged.held[path] != nil,
                    !selection.paths.contains(where: { HeldBack.isNamed(path, by: $0, isKnown: isKnown) })
                {
                    held.append(path)
                    return .old
                }
                return .new
            }
            let wanted = try choice.combine(staged.base, staged.root)
            var planner = RestorePlanner(
                store: objects, tree: tree, current: current, paths: [], suffix: ".lockgate-staged")
            try planner.takeBack(from: wanted, to: staged.base)
            let plan = try planner.plan(.apply, turns: [], revoked: [])
            try flushObjects()
            // What has no copy beside the later edit is nowhere but in the stage.
            let kept = plan.conflicts.filter { $0.copy == nil }.map(\.path)
            let rest = try tree.changes(from: wanted, to: staged.root)
            let settlement = StageSettlement(
                folder: stage, base: staged.base, wanted: wanted, kept: kept,
                isWhole: rest.isEmpty && staged.leftOut.allSatisfy(\.isRebuildable))
            return ApplyPlan(restore: plan, staged: staged, held: held, settlement: settlement)
        }
    }

    /// Carries out a plan and records it as a turn of its own, which `undo` takes back.
    ///
    /// - Returns: what stayed as it was, because it was edited since, also since the plan was made.
    package func apply(_ plan: ApplyPlan) throws(LockgateError) -> [RestorePlan.Conflict] {
        let kept = try carryOut(
            plan.restore, label: "apply of staged session \(plan.staged.record.session)", stage: plan.settlement)
        if plan.settlement.folder.record?.state == .applied { plan.settlement.folder.empty() }
        return kept
    }

    private static func check(_ selection: StageSelection, _ staged: StagedChanges) throws(LockgateError) {
        for path in selection.paths + selection.hunks.keys {
            guard !staged.changes.contains(where: { $0.path.isWithin(path) }) else { continue }
            throw LockgateError(
                "workspace.not_staged", "Nothing is staged at \(path.shownPath)",
                remedy: "See `lockgate diff --staged --name-only`.", exitCode: 2)
        }
    }

    private func flushObjects() throws(LockgateError) {
        do throws(SystemError) { try objects.flush() } catch { throw .store(error) }
    }
}
