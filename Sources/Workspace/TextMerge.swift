import Text

/// Three-way merge of lines: two changes of one text are both kept where at least one line lies between them.
enum TextMerge {
    /// In bytes; larger texts are conflicts.
    static let limit = 1 << 20

    /// Nil when the changes meet, or for what is not text.
    static func merge(base: [UInt8], mine: [UInt8], theirs: [UInt8]) -> [UInt8]? {
        let versions = [base, mine, theirs]
        guard versions.allSatisfy({ $0.count <= limit && !BinaryDetection.isBinary($0) }) else { return nil }
        let left = LineDiff(old: base, new: mine)
        let right = LineDiff(old: base, new: theirs)
        var changes: [(old: Range<Int>, bytes: ArraySlice<UInt8>)] = []
        for diff in [left, right] {
            for change in diff.changes {
                changes.append((change.old, diff.new.bytes[diff.new.byteRange(change.new)]))
            }
        }
        changes.sort { ($0.old.lowerBound, $0.old.upperBound) < ($1.old.lowerBound, $1.old.upperBound) }
        var merged: [UInt8] = []
        var line = 0
        var last: (old: Range<Int>, bytes: ArraySlice<UInt8>)?
        for change in changes {
            if let last {
                // Both made the same change.
                if last.old == change.old, last.bytes == change.bytes { continue }
                guard last.old.upperBound < change.old.lowerBound else { return nil }
            }
            merged += left.old.bytes[left.old.byteRange(line..<change.old.lowerBound)]
            merged += change.bytes
            line = change.old.upperBound
            last = change
        }
        merged += left.old.bytes[left.old.byteRange(line..<left.old.count)]
        return merged
    }
}
