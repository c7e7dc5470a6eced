/// Changes that lie close together, with the common lines around them.
package struct DiffHunk: Sendable, Hashable {
    /// What stands in front of a line in a unified diff.
    package enum LineKind: UInt8, Sendable, Hashable {
        case context = 0x20
        case removed = 0x2D
        case added = 0x2B
    }

    /// Lines covered on either side, counted from 0.
    package let old: Range<Int>
    package let new: Range<Int>
    /// Never empty; in order.
    package let changes: [LineDiff.Change]

    /// Calls `body` for each line in the order of a unified diff, with its index in its own text: the new one for
    /// added lines, else the old one.
    package func forEachLine(_ body: (LineKind, Int) -> Void) {
        var line = old.lowerBound
        for change in changes {
            while line < change.old.lowerBound {
                body(.context, line)
                line += 1
            }
            for removed in change.old { body(.removed, removed) }
            for added in change.new { body(.added, added) }
            line = change.old.upperBound
        }
        while line < old.upperBound {
            body(.context, line)
            line += 1
        }
    }
}

extension LineDiff {
    /// Groups the changes: two of them share a hunk if at most `2 * context` common lines lie between them.
    ///
    /// - Parameter context: common lines shown before and after; a negative number counts as 0.
    package func hunks(context: Int = 3) -> [DiffHunk] {
        // No text has that many lines; the bound keeps the sums below from overflowing.
        let context = min(max(0, context), Int(Int32.max))
        var hunks: [DiffHunk] = []
        var pending: [Change] = []
        for change in changes {
            if let last = pending.last, change.old.lowerBound - last.old.upperBound > 2 * context {
                hunks.append(hunk(pending, context))
                pending = []
            }
            pending.append(change)
        }
        if !pending.isEmpty { hunks.append(hunk(pending, context)) }
        return hunks
    }

    private func hunk(_ changes: [Change], _ context: Int) -> DiffHunk {
        let first = changes[0]
        let last = changes[changes.count - 1]
        let before = min(context, first.old.lowerBound)
        let after = min(context, old.count - last.old.upperBound)
        return DiffHunk(
            old: first.old.lowerBound - before..<last.old.upperBound + after,
            new: first.new.lowerBound - before..<last.new.upperBound + after, changes: changes)
    }
}
