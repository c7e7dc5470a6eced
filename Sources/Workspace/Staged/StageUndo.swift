import Basics
import CLinux
import Glibc
package import Wire

/// What taking back turns within a stage would do. The workspace has no part in it.
package struct StageUndoPlan: Sendable {
    package let restore: RestorePlan
    /// How many of the stage's turns are left then.
    let left: Int
}

extension CheckpointStore {
    /// Works out how to take a stage back to before its last turns; what was applied counts as its beginning.
    ///
    /// - Throws: `workspace.nothing` where the stage has no turn since.
    package func planStageUndo(_ stage: StageFolder, last count: Int) throws(LockgateError) -> StageUndoPlan {
        try withCheckpoint { _, objects, tree throws(LockgateError) in
            let staged = try readStage(stage)
            var roots = [staged.base] + staged.record.turns
            // What a turn that was killed has left is that turn's.
            if roots.last != staged.root { roots.append(staged.root) }
            guard roots.count > 1 else { throw .nothing("to undo in the stage") }
            let index = max(0, roots.count - 1 - count)
            var planner = RestorePlanner(store: objects, tree: tree, current: staged.root, paths: [])
            try planner.takeBack(from: roots[index], to: staged.root)
            return StageUndoPlan(restore: try planner.plan(.undo, turns: [], revoked: []), left: index)
        }
    }

    /// Works out how to drop some of what is staged: the stage then has there what the workspace had at its beginning.
    ///
    /// - Parameter selection: paths with all below them, and single hunks of others.
    /// - Throws: `workspace.no_hunk`.
    package func planStageDrop(
        _ stage: StageFolder, _ selection: StageSelection
    ) throws(LockgateError) -> StageUndoPlan {
        try withCheckpoint { _, objects, tree throws(LockgateError) in
            let staged = try readStage(stage)
            var planner = RestorePlanner(
                store: objects, tree: tree, current: staged.root, paths: selection.paths)
            if !selection.paths.isEmpty { try planner.takeBack(from: staged.base, to: staged.root) }
            for change in try tree.changes(from: staged.base, to: staged.root) {
                guard let numbers = selection.hunks[change.path],
                    !selection.paths.contains(where: { change.path.isWithin($0) })
                else { continue }
                let rest = try StageHunks(change.old, change.new, objects).entry(without: numbers, change.path)
                try planner.takeBack(TreeChange(path: change.path, old: rest, new: change.new))
            }
            return StageUndoPlan(
                restore: try planner.plan(.undo, turns: [], revoked: []), left: staged.record.turns.count)
        }
    }

    /// Carries it out in the stage. Killed half-way, the same plan made anew completes it.
    ///
    /// - Parameter view: of a session in the stage, through which an overlay is changed; a copy needs none.
    /// - Returns: what stayed as it was.
    package func apply(
        _ plan: StageUndoPlan, in stage: StageFolder, view: (any FileView)?
    ) throws(LockgateError) -> [RestorePlan.Conflict] {
        try locked { () throws(LockgateError) in
            let restorer: TreeRestorer
            if let view {
                let folder = withExtendedLifetime(view) {
                    clinux_openat2(
                        view.descriptor, workspace, O_RDONLY | O_DIRECTORY, 0, clinux_in_root | clinux_no_magic_links)
                }
                guard folder >= 0 else { throw .stage(SystemError("open", workspace, errno: -folder)) }
                restorer = TreeRestorer(folder: FolderHandle(folder), store: objects)
            } else {
                restorer = try TreeRestorer(root: stage.tree, store: objects)
            }
            let problems = restorer.run(plan.restore.steps)
            // Objects of a repository stay, so the stage is not quite what it was before the turn.
            let root = try readStage(stage).root
            try stage.update { record in
                record.turns = Array(record.turns.prefix(plan.left))
                if plan.left > 0, record.turns.count == plan.left { record.turns[plan.left - 1] = root }
            }
            return problems
        }
    }
}
