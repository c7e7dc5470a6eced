import Basics
package import Wire

extension CheckpointStore {
    /// Works out how to take single hunks of files back in the workspace, as a turn of its own, which can be taken back.
    ///
    /// What somebody edited since stays where it does not touch the hunk; where it does, the file is left and listed.
    ///
    /// - Parameter hunks: changes with the hunks that are meant, numbered from 1 as `UnifiedDiff` shows them.
    /// - Throws: `workspace.no_hunk`.
    package func planTakingBack(
        _ hunks: [(change: TreeChange, numbers: Set<Int>)]
    ) throws(LockgateError) -> RestorePlan {
        let changes = try locked { () throws(LockgateError) in
            var changes: [OutsideChange] = []
            for (change, numbers) in hunks {
                let wanted = try StageHunks(change.old, change.new, objects).entry(without: numbers, change.path)
                changes.append(
                    OutsideChange(path: change.path, bases: [try version(change.new)], new: try version(wanted)))
            }
            return changes
        }
        let count = hunks.reduce(0) { $0 + $1.numbers.count }
        let names = hunks.map { $0.change.path.shownPath }.joined(separator: ", ")
        return try planChanges(changes, label: "\(count == 1 ? "a hunk" : "\(count) hunks") of \(names) taken back")
    }

    private func version(_ entry: SnapshotEntry?) throws(LockgateError) -> OutsideChange.Version? {
        guard let entry else { return nil }
        return OutsideChange.Version(
            kind: .file, isExecutable: entry.mode & 0o100 != 0, bytes: try objects.read(entry.digest))
    }
}
