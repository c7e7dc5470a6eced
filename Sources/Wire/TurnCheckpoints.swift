/// The engine's side of undo: the workspace is recorded around each turn that may change it.
///
/// Calls come from one session, in the order `open`, any number of `secure`, `close`.
package protocol TurnCheckpoints: Sendable {
    /// A turn begins. Nothing is read yet, since most questions change nothing.
    ///
    /// - Parameter label: what the user asked for, for the list of turns.
    func open(_ label: String)

    /// Starts recording beside whatever else goes on; what fails is told by `secure`.
    func prepare()

    /// Returns when the workspace is recorded as it is before the turn's first effect; later calls return at once.
    ///
    /// - Throws: `workspace.*`, after which the effect must not run; `CancellationError` when the task is cancelled.
    func secure() async throws

    /// Records the workspace after the turn.
    ///
    /// - Returns: nil for a turn that was never secured: it changed nothing.
    func close() async throws(LockgateError) -> TurnCheckpoint?

    /// The files that a turn changed, with their contents on both sides.
    ///
    /// - Parameter concerns: which paths; the workspace's own form.
    func changedFiles(
        of checkpoint: TurnCheckpoint, where concerns: @escaping @Sendable (String) -> Bool
    ) async throws(LockgateError) -> [ChangedFile]

    /// What waits in the session's stage after the turn; nil without a stage, or where nothing does.
    func staged() async throws(LockgateError) -> StagedSummary?
}

extension TurnCheckpoints {
    package func changedFiles(
        of checkpoint: TurnCheckpoint, where concerns: @escaping @Sendable (String) -> Bool
    ) async throws(LockgateError) -> [ChangedFile] { [] }

    package func staged() async throws(LockgateError) -> StagedSummary? { nil }
}

/// A turn's two checkpoints and what lies between them.
package struct TurnCheckpoint: Sendable, Hashable {
    package struct Change: Sendable, Hashable {
        /// Relative to the workspace; unprintable bytes escaped.
        package var path: String
        package var kind: FileChangeSummary.Kind

        package init(path: String, kind: FileChangeSummary.Kind) {
            self.path = path
            self.kind = kind
        }
    }

    /// The turn's number in its workspace, as `lockgate undo` takes it.
    package var turn: Int
    /// Digests of the trees before and after.
    package var before: String
    package var after: String
    /// Files and links that differ, the repository's own and folders that came or went left out; the first `shownChanges` of them.
    package var changes: [Change]
    /// How many differ in all.
    package var changed: Int
    /// Whether the repository itself (`.git`) differs.
    package var repositoryChanged: Bool
    /// What both checkpoints cost, in milliseconds.
    package var durationMilliseconds: Int
    /// What the turn took away that was not its own; nil where there is nothing out of the ordinary.
    package var losses: TurnLosses?
    /// Files that the turn changed or removed and that no checkpoint keeps, such as very large ones: `lockgate undo` cannot
    /// bring them back. The first `shownChanges`.
    package var notKept: [String]

    /// More would make an event that nobody reads; `lockgate diff` has them all.
    package static let shownChanges = 200

    package init(
        turn: Int, before: String, after: String, changes: [Change], changed: Int, repositoryChanged: Bool,
        durationMilliseconds: Int, losses: TurnLosses? = nil, notKept: [String] = []
    ) {
        self.losses = losses
        self.notKept = notKept
        self.turn = turn
        self.before = before
        self.after = after
        self.changes = changes
        self.changed = changed
        self.repositoryChanged = repositoryChanged
        self.durationMilliseconds = durationMilliseconds
    }

    /// Words for what cannot come back; nil where everything can.
    package var notKeptText: String? {
        guard let first = notKept.first else { return nil }
        let more = notKept.count > 1 ? " and \(notKept.count - 1) more" : ""
        return "changed or removed what checkpoints do not keep (docs/undo.md): \(first)\(more)"
    }

    /// Whether there is anything to take back.
    package var isUnchanged: Bool { before == after }
}
