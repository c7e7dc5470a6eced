package import Basics

/// A turn's two checkpoints. Undo and redo are turns too, so they can be undone like any other.
package struct TurnRecord: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case turn, undo, redo
        /// Staged changes were applied; undone like a turn.
        case apply
    }

    /// Counts from 1 within a workspace.
    package let id: Int
    package let kind: Kind
    package let began: WallTime
    /// What the user asked for, or which session; for the list.
    package let label: String
    package let before: ContentDigest
    /// Nil while the turn runs, and after a crash in it.
    package var after: ContentDigest?
    /// The turns that this one took back (undo) or the undo that it took back (redo).
    package let revoked: [Int]

    package init(
        id: Int, kind: Kind, began: WallTime, label: String, before: ContentDigest, after: ContentDigest? = nil,
        revoked: [Int] = []
    ) {
        self.id = id
        self.kind = kind
        self.began = began
        self.label = label
        self.before = before
        self.after = after
        self.revoked = revoked
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "turn": .int(id), "kind": .string(kind.rawValue), "began_ms": .int(Int(began.milliseconds)),
            "label": .string(label), "before": .string(before.text),
        ]
        if let after { object["after"] = .string(after.text) }
        object["revoked"] = .array(revoked.map { .int($0) })
        return .object(object)
    }

    /// Nil for anything but what `json` makes.
    init?(json: JSONValue) {
        guard let id = json["turn"]?.int, let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)),
            let began = json["began_ms"]?.int, let label = json["label"]?.string,
            let before = json["before"]?.string.flatMap(ContentDigest.init(text:))
        else { return nil }
        let after = json["after"]?.string.flatMap(ContentDigest.init(text:))
        self.init(
            id: id, kind: kind, began: WallTime(milliseconds: Int64(began)), label: label, before: before,
            after: after, revoked: (json["revoked"]?.array ?? []).compactMap(\.int))
    }
}

/// Which turns are in effect after all undos and redos.
struct TurnHistory {
    /// Oldest first; those that `undo` takes back from the end.
    private(set) var effective: [Int] = []
    /// Undos that `redo` takes back from the end; a new turn empties it.
    private(set) var undos: [Int] = []

    init(_ turns: [TurnRecord]) {
        var revokedBy: [Int: [Int]] = [:]
        // An undo may outlive what it took back.
        let known = Set(turns.map(\.id))
        for turn in turns {
            switch turn.kind {
            case .turn, .apply:
                // A turn that changed nothing takes no redo away, and undo has nothing to do in it.
                guard turn.after != turn.before else { continue }
                effective.append(turn.id)
                undos = []
            case .undo:
                let revoked = Set(turn.revoked)
                effective.removeAll { revoked.contains($0) }
                revokedBy[turn.id] = turn.revoked
                undos.append(turn.id)
            case .redo:
                for id in turn.revoked {
                    undos.removeAll { $0 == id }
                    effective += (revokedBy[id] ?? []).filter(known.contains)
                }
                effective.sort()
            }
        }
    }
}
