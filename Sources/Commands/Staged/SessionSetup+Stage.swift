import Basics
import Config
import Engine
import Journal
import Policy
import Sandbox
import Wire
import Workspace

/// A session's stage, ready for its commands and file tools.
struct SessionStage: Sendable {
    let workspace: StagedWorkspace
    let standing: SandboxStanding
    let launcher: SandboxLauncher
    /// Held until the end.
    let lock: StageLock

    /// Where file tools find the workspace: as the commands see it.
    var view: FileViewSource {
        { [session = launcher.session] () throws(LockgateError) -> any FileView in try session.view() }
    }

    /// The commands are gone: what holds nothing is removed.
    func finish() async {
        await workspace.finish()
        withExtendedLifetime(lock) {}
    }
}

extension SessionSetup {
    /// Why a session is staged.
    private enum StageWish {
        /// By the command line, the configuration, or an earlier run of the session.
        case asked(Wire.Origin)
        /// Because the project is not trusted.
        case byDefault

        var isDefault: Bool { if case .byDefault = self { true } else { false } }
    }

    /// The session's stage, made or found again; nil for a session that changes the workspace in place or not at all.
    ///
    /// - Parameter policy: becomes that of the stage, in which commands may change the workspace.
    /// - Returns: also the sandbox's level where it was asked for.
    /// - Throws: when a stage is asked for and cannot be had.
    func stage(
        for journal: SessionJournal, isResumed: Bool, policy: inout AccessPolicy,
        progress: @escaping @Sendable (String) -> Void
    ) throws(LockgateError) -> (stage: SessionStage?, standing: SandboxStanding?) {
        let folder = StageFolder(home: home, session: journal.id.text)
        guard let wish = try stageWish(folder, isResumed: isResumed, policy) else { return (nil, nil) }
        let standing = try standing.standing()
        let dropped = policy.writableRoots.dropFirst().map(\.value)
        var staged = policy
        staged.sandboxMode = Sourced(.workspaceWrite, origin(wish))
        staged.writableRoots = [policy.writableRoots[0]]
        do throws(LockgateError) {
            guard standing.level.hasNamespaces else {
                throw LockgateError(
                    "sandbox.stage_unavailable",
                    "A stage needs namespaces, and the sandbox has the level \(standing.level.rawValue) here.",
                    remedy: "`lockgate doctor` says what is missing; -c workspace=direct works in place.")
            }
            let stage = try makeStage(folder, policy: staged, standing: standing, isByDefault: wish.isDefault, progress)
            if !dropped.isEmpty {
                progress(
                    "only the workspace is staged; not writable in this session: \(dropped.joined(separator: ", "))")
            }
            if let outside = StagedWorkspace.repositoryOutside(of: cwd) {
                let remedy = outside.tree.map { "; started in \($0), the session has it in its stage" } ?? ""
                progress("the repository \(outside.folder) is read-only in this session, so commits fail\(remedy)")
            }
            // The mode that is shown and recorded is that of the stage.
            let why = wish.isDefault ? "this project is not trusted, so " : ""
            progress("\(why)changes are staged: nothing of the workspace changes before `lockgate apply`")
            policy = staged
            return (stage, standing)
        } catch {
            // Nobody asked: the session goes on without being able to change anything.
            guard wish.isDefault else { throw error }
            progress("changes cannot be staged here, so this session is read-only: \(error.message)")
            return (nil, standing)
        }
    }

    private func origin(_ wish: StageWish) -> Wire.Origin {
        if case .asked(let origin) = wish { origin } else { .builtIn }
    }

    private func stageWish(
        _ folder: StageFolder, isResumed: Bool, _ policy: AccessPolicy
    ) throws(LockgateError) -> StageWish? {
        let mode = policy.sandboxMode
        let stated = try configuration.resolve("workspace").origin
        switch settings.workspace {
        case .direct: return nil
        case .staged:
            // Where nothing may change, nothing is staged.
            if mode.value == .readOnly, mode.origin.layer != .builtIn {
                guard stated.layer != .flag("--stage") else { throw Self.contradiction(mode, stated) }
                return nil
            }
            guard mode.value != .dangerFullAccess else { throw Self.contradiction(mode, stated) }
            guard !request.isEphemeral else {
                throw LockgateError(
                    "stage.ephemeral",
                    "workspace = \"staged\" (\(stated)) keeps changes on disk, and --ephemeral nothing",
                    remedy: "leave --ephemeral out, or give -c workspace=direct", exitCode: 2)
            }
            return .asked(stated)
        case nil:
            let isDefaultMode = mode.value == .readOnly && mode.origin.layer == .builtIn
            if isResumed, try folder.read()?.state == .open, isDefaultMode || mode.value == .workspaceWrite {
                return .asked(.builtIn)
            }
            guard isDefaultMode, configuration.trust != .trusted, !request.isEphemeral,
                request.addedDirectories.isEmpty, settings.checkpoints.isEnabled
            else { return nil }
            return .byDefault
        }
    }

    private static func contradiction(_ mode: Sourced<SandboxMode>, _ stated: Wire.Origin) -> LockgateError {
        LockgateError(
            "config.contradiction",
            "sandbox_mode = \"\(mode.value.rawValue)\" (\(mode.origin)) contradicts workspace = \"staged\" (\(stated))",
            remedy: "give one of them; -c workspace=direct works in place", exitCode: 2)
    }

    private func makeStage(
        _ folder: StageFolder, policy: AccessPolicy, standing: SandboxStanding, isByDefault: Bool,
        _ progress: @escaping @Sendable (String) -> Void
    ) throws(LockgateError) -> SessionStage {
        let lock = try folder.lock()
        var record = try folder.read()
        if record?.state != .open {
            // Applied or dropped: what comes now is another stage.
            folder.empty()
            record = nil
        }
        let isNew = record == nil
        do throws(LockgateError) {
            let launcher = try preparedLauncher(
                folder, record, policy: policy, standing: standing, isByDefault: isByDefault, progress)
            let workspace = StagedWorkspace(home: home, workspace: cwd, stage: folder) {
                progress("recording the workspace before the first change; the first time reads every file ...")
            }
            return SessionStage(workspace: workspace, standing: standing, launcher: launcher, lock: lock)
        } catch {
            if isNew { folder.remove() }
            throw error
        }
    }

    /// Starts the sandbox in the stage, so that what is refused is known before anything runs.
    private func preparedLauncher(
        _ folder: StageFolder, _ known: StageRecord?, policy: AccessPolicy, standing: SandboxStanding,
        isByDefault: Bool, _ progress: @escaping @Sendable (String) -> Void
    ) throws(LockgateError) -> SandboxLauncher {
        func start(_ stage: SandboxPolicy.Stage) throws(LockgateError) -> SandboxLauncher {
            let launcher = try launcher(policy, level: standing.level, stage: stage)
            _ = try launcher.session.view()
            return launcher
        }
        func overlay() throws(LockgateError) -> SandboxLauncher {
            try start(SandboxPolicy.Stage(kind: .overlay, folder: PosixFile.canonical(folder.path) ?? folder.path))
        }
        func copy() throws(LockgateError) -> SandboxLauncher {
            try start(SandboxPolicy.Stage(kind: .copy, folder: PosixFile.canonical(folder.tree) ?? folder.tree))
        }
        if let known { return try known.method == .overlay ? overlay() : copy() }
        try StageSweep(home: home, days: settings.staged.days, maxBytes: settings.staged.maxBytes).makeRoom()
        let session = PathText.name(folder.path)
        if settings.staged.method != .copy {
            try folder.make(StageRecord(session: session, workspace: cwd, method: .overlay))
            do throws(LockgateError) {
                return try overlay()
            } catch {
                guard error.code == "sandbox.stage_refused", settings.staged.method == .auto, !isByDefault else {
                    throw error
                }
                progress("\(error.message) The session works on a copy.")
                folder.empty()
            }
        }
        var copying = StageCopy(home: home, warn: progress)
        try copying.run(from: cwd, to: folder.tree)
        // Without a record an interrupted copy is no stage.
        try folder.make(StageRecord(session: session, workspace: cwd, method: .copy))
        return try copy()
    }
}
