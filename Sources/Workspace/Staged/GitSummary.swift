package import Basics
package import Wire

/// What a stage's changes in a repository's own folder come to, read from its files without running git.
package struct GitSummary: Hashable, Sendable {
    package struct Ref: Hashable, Sendable {
        package let name: String
        /// What it holds: an object's name or `ref: ...`; nil for nothing.
        package let old: String?
        package let new: String?
    }

    /// The `.git` folder.
    package let folder: [UInt8]
    package let refs: [Ref]
    /// New lines of HEAD's log, oldest first: what they say is the session's word.
    package let log: [String]
    package let objectsAdded: Int
    /// Changed files that are none of these, relative to the folder.
    package let others: [String]

    private static let logLimit = 50

    /// One for each repository among the changes.
    static func of(
        _ changes: [TreeChange], _ content: (SnapshotEntry?) throws(LockgateError) -> [UInt8]
    ) throws(LockgateError) -> [GitSummary] {
        var groups: [[UInt8]: [TreeChange]] = [:]
        for change in changes {
            if let folder = GitFolder.containing(change) { groups[folder, default: []].append(change) }
        }
        var summaries: [GitSummary] = []
        for (folder, changes) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            summaries.append(try GitSummary(folder, changes, content))
        }
        return summaries
    }

    private init(
        _ folder: [UInt8], _ changes: [TreeChange], _ content: (SnapshotEntry?) throws(LockgateError) -> [UInt8]
    ) throws(LockgateError) {
        var refs: [String: (old: String?, new: String?)] = [:]
        var log: [String] = []
        var objects = 0
        var others: [String] = []
        for change in changes where [change.old?.kind, change.new?.kind].contains(.file) {
            let name = change.path == folder ? "" : Array(change.path[(folder.count + 1)...]).shownPath
            if name.hasPrefix("objects/") {
                if change.old == nil { objects += 1 }
            } else if name == "HEAD" || name.hasPrefix("refs/") {
                // A loose ref stands before the packed one.
                refs[name] = (Self.line(try content(change.old)) ?? refs[name]?.old, Self.line(try content(change.new)))
            } else if name == "packed-refs" {
                let (old, new) = (Self.packed(try content(change.old)), Self.packed(try content(change.new)))
                for name in Set(old.keys).union(new.keys) where old[name] != new[name] {
                    let loose = refs[name]
                    refs[name] = (loose?.old ?? old[name], loose?.new ?? new[name])
                }
            } else if name == "logs/HEAD" {
                log = Self.added(try content(change.old), try content(change.new))
            } else if name != "index", !name.hasPrefix("logs/"), !GitFolder.isTransient(change.path, in: folder) {
                others.append(name)
            }
        }
        self.folder = folder
        self.refs = refs.map { Ref(name: $0.key, old: $0.value.old, new: $0.value.new) }
            .filter { $0.old != $0.new }.sorted { $0.name < $1.name }
        self.log = log
        objectsAdded = objects
        self.others = others.sorted()
    }

    private static func line(_ bytes: [UInt8]) -> String? {
        let first = bytes.prefix { $0 != UInt8(ascii: "\n") }
        return first.isEmpty ? nil : Array(first.prefix(256)).shownPath
    }

    private static func packed(_ bytes: [UInt8]) -> [String: String] {
        var refs: [String: String] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: UInt8(ascii: " "))
            guard parts.count == 2, line.first != UInt8(ascii: "#"), line.first != UInt8(ascii: "^") else { continue }
            refs[Array(parts[1]).shownPath] = Array(parts[0]).shownPath
        }
        return refs
    }

    /// The messages that a log has gained.
    private static func added(_ old: [UInt8], _ new: [UInt8]) -> [String] {
        guard new.starts(with: old) else { return [] }
        return new[old.count...].split(separator: UInt8(ascii: "\n")).suffix(logLimit).map { line in
            let message = line.split(separator: UInt8(ascii: "\t"), maxSplits: 1).last ?? line
            return Array(message.prefix(200)).shownPath
        }
    }

    package var json: JSONValue {
        [
            "folder": .string(folder.shownPath),
            "refs": .array(
                refs.map { ["name": .string($0.name), "old": .optional($0.old), "new": .optional($0.new)] }),
            "log": .array(log.map { .string($0) }), "objects_added": .int(objectsAdded),
            "others": .array(others.map { .string($0) }),
        ]
    }
}

extension CheckpointStore {
    /// What a stage's changes in repositories come to.
    package func gitSummaries(_ staged: StagedChanges) throws(LockgateError) -> [GitSummary] {
        try locked { () throws(LockgateError) in
            try GitSummary.of(staged.changes) { entry throws(LockgateError) in
                guard let entry, entry.kind == .file, entry.size <= 4 << 20 else { return [] }
                return try content(entry)
            }
        }
    }
}
