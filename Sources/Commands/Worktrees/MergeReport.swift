import Basics
import Glibc
import Wire
import Workspace

/// A merge for people or as data, and its carrying out.
struct MergeReport {
    let merge: WorktreeMerge
    let isJSON: Bool

    init(_ merge: WorktreeMerge, isJSON: Bool) {
        self.merge = merge
        self.isJSON = isJSON
    }

    /// Shows the merge, asks, and does it; data asks nothing but needs `yes` as well.
    ///
    /// - Returns: what to print at the end.
    /// - Throws: `worktree.conflicts` after the list of them, `workspace.not_confirmed`.
    func carryOut(in store: WorktreeStore, yes: Bool) throws(LockgateError) -> String {
        let plan = merge.plan
        if !isJSON { print(preview) }
        guard plan.conflicts.isEmpty else {
            if isJSON { print(json(isMerged: false).text) }
            fflush(nil)
            // Says why.
            _ = try store.merge(merge)
            return ""
        }
        guard !plan.steps.isEmpty else { return isJSON ? json(isMerged: false).text : "Nothing to merge." }
        guard yes || (!isJSON && Self.asks()) else {
            throw LockgateError(
                "workspace.not_confirmed", "nothing was merged", remedy: "add --yes to do what is listed above")
        }
        let kept = try store.merge(merge)
        if isJSON { return json(isMerged: true, kept: kept).text }
        let lines = kept.map { "  keep \($0.path.shownPath): \($0.reason)" }
        return (["\(plan.steps.count - kept.count) paths came over. Take it back with: lockgate undo"] + lines)
            .joined(separator: "\n")
    }

    var preview: String {
        var lines = ["merge of \(merge.record.name) into \(merge.record.root):"]
        lines += merge.plan.steps.map { "  \($0.verb) \($0.path.shownPath)" }
        lines += merge.plan.conflicts.map { "  conflict \($0.path.shownPath): \($0.reason)" }
        lines += merge.skipped.map { "  left out \($0.shownPath): a repository of its own" }
        lines += merge.sensitive.map { "  look at \($0.path.shownPath): \($0.runner) runs or obeys it" }
        return lines.joined(separator: "\n")
    }

    private func json(isMerged: Bool, kept: [RestorePlan.Conflict] = []) -> JSONValue {
        func list(_ conflicts: [RestorePlan.Conflict]) -> JSONValue {
            .array(conflicts.map { ["path": .string($0.path.shownPath), "reason": .string($0.reason)] })
        }
        return [
            "name": .string(merge.record.name), "root": .string(merge.record.root), "merged": .bool(isMerged),
            "changes": .array(
                merge.plan.steps.map { ["path": .string($0.path.shownPath), "action": .string($0.verb)] }),
            "conflicts": list(merge.plan.conflicts), "kept": list(kept),
            "skipped": .array(merge.skipped.map { .string($0.shownPath) }),
            "sensitive": .array(
                merge.sensitive.map { ["path": .string($0.path.shownPath), "run_by": .string($0.runner)] }),
        ]
    }

    /// Asks on a terminal; anything but yes is no.
    private static func asks() -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
        print("Merge it? [y/N] ", terminator: "")
        fflush(nil)
        return ["y", "yes"].contains(readLine()?.lowercased())
    }
}
