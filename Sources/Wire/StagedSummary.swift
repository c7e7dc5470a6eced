package import Basics

/// What waits in a session's stage: changes that were made there and are not applied to the workspace.
package struct StagedSummary: Sendable, Hashable {
    package var session: String
    /// `overlay` or `copy`.
    package var method: String
    /// Files and links that differ, the repository's own left out; the first `TurnCheckpoint.shownChanges` of them.
    package var changes: [TurnCheckpoint.Change]
    /// How many differ in all.
    package var changed: Int
    /// Whether the repository itself (`.git`) differs.
    package var repositoryChanged: Bool
    /// Paths that are only applied when they are named, because something runs or obeys them by itself.
    package var held: [String]
    /// What cannot be applied, as "path: reason".
    package var leftOut: [String]

    package init(
        session: String, method: String, changes: [TurnCheckpoint.Change], changed: Int, repositoryChanged: Bool,
        held: [String], leftOut: [String]
    ) {
        self.session = session
        self.method = method
        self.changes = changes
        self.changed = changed
        self.repositoryChanged = repositoryChanged
        self.held = held
        self.leftOut = leftOut
    }

    package var isEmpty: Bool { changed == 0 && !repositoryChanged && held.isEmpty && leftOut.isEmpty }

    package var diffCommand: String { "lockgate diff --staged \(session)" }
    package var applyCommand: String { "lockgate apply \(session)" }

    /// The members of its event.
    package var json: JSONObject {
        [
            "session": .string(session), "method": .string(method), "changed": .int(changed),
            "changes": .array(changes.map { ["path": .string($0.path), "kind": .string($0.kind.rawValue)] }),
            "repository_changed": .bool(repositoryChanged), "held": .array(held.map { .string($0) }),
            "left_out": .array(leftOut.map { .string($0) }), "diff_command": .string(diffCommand),
            "apply_command": .string(applyCommand),
        ]
    }
}
