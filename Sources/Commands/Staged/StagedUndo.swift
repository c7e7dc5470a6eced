import Basics
import Sandbox
import Wire
import Workspace

/// `lockgate undo --staged`: takes back a session's last turns within its stage.
struct StagedUndo {
    let options: RestoreOptions

    /// - Parameter words: a session's id or its beginning, and how many turns.
    func run(_ words: [String]) throws(LockgateError) {
        let stage = try OpenStage(words, in: options.directory)
        let lock = try stage.folder.lock()
        defer { withExtendedLifetime(lock) {} }
        guard case (.last(let count), let rest) = TurnChoice.parse(stage.rest), rest.isEmpty else {
            throw LockgateError(
                "usage", "undo --staged takes a session and how many turns to take back", exitCode: 2)
        }
        let plan = try stage.store.planStageUndo(stage.folder, last: count)
        print("in the stage of \(PathText.name(stage.folder.path)), not in \(stage.store.workspace):")
        try options.carryOut(plan.restore) { _ throws(LockgateError) in
            try Self.changed(plan, in: stage)
        }
    }

    /// Carries a plan out in a stage that nobody works in.
    ///
    /// - Returns: what stayed as it was.
    static func carryOut(_ plan: StageUndoPlan, in stage: OpenStage) throws(LockgateError) -> [RestorePlan.Conflict] {
        let lock = try stage.folder.lock()
        defer { withExtendedLifetime(lock) {} }
        return try changed(plan, in: stage)
    }

    private static func changed(
        _ plan: StageUndoPlan, in stage: OpenStage
    ) throws(LockgateError) -> [RestorePlan.Conflict] {
        guard stage.folder.record?.method == .overlay else {
            return try stage.store.apply(plan, in: stage.folder, view: nil)
        }
        // The kernel alone knows how a layer is written.
        let session = try SandboxSession(policy: try policy(stage), environment: ProcessEnvironment.variables)
        defer { session.end() }
        return try stage.store.apply(plan, in: stage.folder, view: try session.view())
    }

    private static func policy(_ stage: OpenStage) throws(LockgateError) -> SandboxPolicy {
        let home = try OpenStage.home()
        let standing = try SandboxStanding.find(
            mode: .workspaceWrite, network: .off, permissions: .init(), cache: SurveyCache(home: home))
        var policy = SandboxPolicy(
            mode: .workspaceWrite, network: .off, workspace: stage.store.workspace, maskedPaths: [home],
            level: standing.level)
        policy.stage = SandboxPolicy.Stage(
            kind: .overlay, folder: PosixFile.canonical(stage.folder.path) ?? stage.folder.path)
        return policy
    }
}
