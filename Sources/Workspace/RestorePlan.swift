import Basics

/// What an undo or a redo would change, before it does.
package struct RestorePlan: Hashable, Sendable {
    /// One path's change.
    package struct Step: Hashable, Sendable {
        package let path: [UInt8]
        /// What has to be there; anything else is somebody's later edit and stays.
        package let from: SnapshotEntry?
        package let to: SnapshotEntry?
        /// Both the user's later edit and the undo are in `to`.
        package var isMerged = false

        /// `create`, `delete`, `change` or `merge`.
        package var verb: String {
            if isMerged { return "merge" }
            return from == nil ? "create" : to == nil ? "delete" : "change"
        }
    }

    /// A path that was edited since, and so keeps its content.
    package struct Conflict: Hashable, Sendable {
        package let path: [UInt8]
        package let reason: String
        /// Where the earlier content goes instead, if there is one.
        package let copy: [UInt8]?
    }

    package let kind: TurnRecord.Kind
    /// The turns that are taken back, newest first.
    package let turns: [Int]
    /// Those of them that are wholly taken back; none when only some paths are.
    let revoked: [Int]
    /// The workspace that the plan was made for.
    let current: ContentDigest
    /// Sorted by path, folders before what they hold.
    package let steps: [Step]
    package let conflicts: [Conflict]
    /// What a checkpoint did not keep and so cannot be brought back.
    package let lost: [[UInt8]]
    /// For the list of turns; nil to say which turns it takes back.
    var label: String?
    /// Refs that others have moved during the turn in a repository that they share: theirs, and left alone.
    package var left: [Conflict] = []

    package var isEmpty: Bool { steps.isEmpty && conflicts.isEmpty }
}

extension SnapshotEntry {
    var json: JSONValue {
        [
            "kind": .int(Int(kind.rawValue)), "mode": .int(Int(mode)), "size": .int(Int(size)),
            "digest": .string(digest.text),
        ]
    }

    init?(json: JSONValue) {
        guard let kind = json["kind"]?.int.flatMap(UInt8.init(exactly:)).flatMap(Kind.init(rawValue:)),
            let mode = json["mode"]?.int.flatMap(UInt32.init(exactly:)),
            let size = json["size"]?.int.flatMap(UInt64.init(exactly:)),
            let digest = json["digest"]?.string.flatMap(ContentDigest.init(text:))
        else { return nil }
        self.init(kind: kind, mode: mode, size: size, digest: digest)
    }
}

extension RestorePlan.Step {
    func moved(to path: [UInt8]) -> RestorePlan.Step {
        RestorePlan.Step(path: path, from: from, to: to, isMerged: isMerged)
    }

    var json: JSONValue {
        ["path": .string(Hexadecimal.text(of: path)), "from": from?.json ?? .null, "to": to?.json ?? .null]
    }

    init?(json: JSONValue) {
        guard let path = json["path"]?.string.flatMap({ Hexadecimal.bytes($0) }), let from = json["from"],
            let to = json["to"]
        else { return nil }
        self.init(path: path, from: SnapshotEntry(json: from), to: SnapshotEntry(json: to))
    }
}
