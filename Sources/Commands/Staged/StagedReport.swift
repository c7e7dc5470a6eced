import Basics
import Text
import Wire
import Workspace

/// A stage's changes as text and as JSON.
struct StagedReport {
    let staged: StagedChanges
    let store: CheckpointStore

    // MARK: JSON

    var json: JSONValue {
        get throws(LockgateError) {
            var changes: [JSONValue] = []
            for change in staged.changes { changes.append(try Self.json(change, staged.held[change.path], store)) }
            return [
                "session": .string(staged.record.session), "workspace": .string(staged.record.workspace),
                "method": .string(staged.record.method.rawValue), "state": .string(staged.record.state.rawValue),
                "changes": .array(changes), "repositories": .array(try store.gitSummaries(staged).map(\.json)),
                "left_out": .array(
                    staged.leftOut.map { ["path": .string($0.path.shownPath), "reason": .string($0.reason)] }),
            ]
        }
    }

    private static func json(
        _ change: TreeChange, _ held: String?, _ store: CheckpointStore
    ) throws(LockgateError) -> JSONValue {
        var object: JSONObject = [
            "path": .string(change.path.isEmpty ? "." : change.path.shownPath), "change": .string(verb(change)),
        ]
        if let old = change.old { object["old"] = side(old) }
        if let new = change.new { object["new"] = side(new) }
        if let held { object["held"] = .string(held) }
        if !change.isInRepository {
            let hunks = try hunks(change, store)
            if !hunks.isEmpty { object["hunks"] = .array(hunks.map { .string($0) }) }
        }
        return .object(object)
    }

    private static func side(_ entry: SnapshotEntry) -> JSONValue {
        let kind =
            switch entry.kind {
            case .file: "file"
            case .link: "link"
            case .folder: "folder"
            case .omitted: "omitted"
            }
        return ["kind": .string(kind), "mode": .string(String(entry.mode, radix: 8)), "size": .int(Int(entry.size))]
    }

    static func verb(_ change: TreeChange) -> String {
        guard let old = change.old else { return "add" }
        guard let new = change.new else { return "delete" }
        if old.kind != new.kind { return "type" }
        return old.digest == new.digest ? "mode" : "modify"
    }

    // MARK: Text

    /// The `@@` lines of a file's change, in the order of their numbers; none for what has no parts.
    static func hunks(_ change: TreeChange, _ store: CheckpointStore) throws(LockgateError) -> [String] {
        guard let old = change.old, let new = change.new, old.kind == .file, new.kind == .file,
            max(old.size, new.size) <= 1 << 20
        else { return [] }
        let (before, after) = (try store.content(old), try store.content(new))
        guard !BinaryDetection.isBinary(before), !BinaryDetection.isBinary(after) else { return [] }
        return LineDiff(old: before, new: after).hunks().map { hunk in
            "@@ -\(hunk.old.lowerBound + 1),\(hunk.old.count) +\(hunk.new.lowerBound + 1),\(hunk.new.count) @@"
        }
    }

    /// What the changes in repositories come to, and what is not applied by itself, each line after a `#`.
    func notes() throws(LockgateError) -> [String] {
        var lines: [String] = []
        for git in try store.gitSummaries(staged) {
            let folder = git.folder.shownPath
            for ref in git.refs {
                lines.append("\(folder): \(ref.name) \(Self.short(ref.old)) -> \(Self.short(ref.new))")
            }
            for message in git.log { lines.append("\(folder): \(message)") }
            if git.objectsAdded > 0 { lines.append("\(folder): \(git.objectsAdded) objects and packs added") }
            for other in git.others { lines.append("\(folder): \(other) changed") }
        }
        for (path, reason) in staged.held.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            lines.append("held back until it is named: \(path.shownPath) (\(reason))")
        }
        for left in staged.leftOut { lines.append("not applied: \(left.path.shownPath) (\(left.reason))") }
        return lines
    }

    private static func short(_ value: String?) -> String {
        guard let value else { return "(none)" }
        return value.utf8.count >= 40 && value.allSatisfy(\.isHexDigit) ? String(value.prefix(12)) : value
    }
}
