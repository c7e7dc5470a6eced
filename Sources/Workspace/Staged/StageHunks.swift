import Basics
import Text
import Wire

/// A file's change in parts.
struct StageHunks {
    private let old: SnapshotEntry?
    private let new: SnapshotEntry?
    private let store: ObjectStore

    init(_ old: SnapshotEntry?, _ new: SnapshotEntry?, _ store: ObjectStore) {
        self.old = old
        self.new = new
        self.store = store
    }

    /// The old file with some hunks of the change: numbered from 1, as `UnifiedDiff` shows them.
    ///
    /// - Throws: `workspace.no_hunk`.
    func entry(_ numbers: Set<Int>, _ path: [UInt8]) throws(LockgateError) -> SnapshotEntry? {
        let (diff, hunks, old) = try parts(numbers, path)
        // All of them is the whole change, its mode too.
        if numbers.count == hunks.count { return new }
        return try entry(Self.apply(numbers, of: hunks, in: diff), mode: old.mode)
    }

    /// The new file without some hunks.
    ///
    /// - Throws: `workspace.no_hunk`.
    func entry(without numbers: Set<Int>, _ path: [UInt8]) throws(LockgateError) -> SnapshotEntry? {
        let (diff, hunks, old) = try parts(numbers, path)
        if numbers.count == hunks.count { return old }
        let rest = Set(1...hunks.count).subtracting(numbers)
        return try entry(Self.apply(rest, of: hunks, in: diff), mode: new?.mode ?? old.mode)
    }

    private func entry(_ bytes: [UInt8], mode: UInt32) throws(LockgateError) -> SnapshotEntry {
        do throws(SystemError) {
            return SnapshotEntry(kind: .file, mode: mode, size: UInt64(bytes.count), digest: try store.add(bytes))
        } catch {
            throw .store(error)
        }
    }

    private func parts(
        _ numbers: Set<Int>, _ path: [UInt8]
    ) throws(LockgateError) -> (diff: LineDiff, hunks: [DiffHunk], old: SnapshotEntry) {
        guard let old, let new, old.kind == .file, new.kind == .file else {
            throw Self.missing(path, "it is not a change to a file's text; name the path instead")
        }
        let (before, after) = (try store.read(old.digest), try store.read(new.digest))
        guard !BinaryDetection.isBinary(before), !BinaryDetection.isBinary(after) else {
            throw Self.missing(path, "it is binary; name the path instead")
        }
        let diff = LineDiff(old: before, new: after)
        let hunks = diff.hunks()
        guard let last = numbers.max(), let first = numbers.min(), first >= 1, last <= hunks.count else {
            throw Self.missing(path, "it has \(hunks.count)")
        }
        return (diff, hunks, old)
    }

    static func apply(_ numbers: Set<Int>, of hunks: [DiffHunk], in diff: LineDiff) -> [UInt8] {
        var bytes: [UInt8] = []
        var line = 0
        for (index, hunk) in hunks.enumerated() where numbers.contains(index + 1) {
            for change in hunk.changes {
                bytes += diff.old.bytes[diff.old.byteRange(line..<change.old.lowerBound)]
                bytes += diff.new.bytes[diff.new.byteRange(change.new)]
                line = change.old.upperBound
            }
        }
        return bytes + diff.old.bytes[diff.old.byteRange(line..<diff.old.count)]
    }

    private static func missing(_ path: [UInt8], _ reason: String) -> LockgateError {
        LockgateError(
            "workspace.no_hunk", "\(path.shownPath) has no such hunk: \(reason)",
            remedy: "See `lockgate diff --staged --json`.", exitCode: 2)
    }
}
