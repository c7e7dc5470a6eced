import Basics
import Config
import Engine
import Glibc
import Hooks
import Journal
import Models
import Policy
import Sandbox
import Text
import Tools
import Wire
import Workspace

/// What a session is made of, worked out from the command line, the environment and the configuration, before
/// anything is written or sent.
struct SessionSetup: Sendable {
    let request: ExecRequest
    let environment: [String: String]
    let home: String
    /// Where the command was started; paths on the command line are relative to it.
    let startDirectory: String
    /// The workspace, links resolved.
    let cwd: String
    let configuration: Configuration
    /// What the rule files say; read once, so that a run cannot change its own rules.
    let rules: CommandRules
    /// The user's programs at the gate, read once for the same reason.
    let hooks: HookSet
    let selection: ModelSelection
    /// The sandbox's level on this machine, which may still be asked for.
    var standing: SandboxStanding.Pending
    /// The managed worktree that the session works in; nil for any other folder.
    let worktree: WorktreeRecord?
    /// Whether it was made for this run, and so is to be set up first.
    var isNewWorktree = false
    /// The tools that the project is built with, and where their caches are.
    let toolchains: ToolchainCaches

    var settings: Settings { configuration.settings }
    /// What the configuration says about itself.
    var warnings: [String] {
        configuration.warnings.map(\.message) + ConfiguredHookSet.warnings(hooks, configuration)
            + (settings.sandboxMode != .dangerFullAccess && GitSigning.isWanted(environment: environment)
                ? [GitSigning.notice] : [])
    }

    /// - Throws: every error of configuration, directory, model or key, each with its remedy.
    static func load(_ request: ExecRequest, environment: [String: String]) throws(LockgateError) -> SessionSetup {
        let start = ProcessEnvironment.workingDirectory
        let wanted = request.directory.map { PathText.absolute($0, from: start) } ?? start
        guard let cwd = PosixFile.canonical(wanted), PosixFile.isDirectory(cwd), access(cwd, R_OK | X_OK) == 0 else {
            throw LockgateError(
                "workspace.missing", "\(wanted) is not a directory that can be entered",
                remedy: "give an existing directory after -C")
        }
        let home = try ConfigurationLoader.home(environment: environment)
        var overrides: [ConfigurationOverride] = []
        for override in request.overrides {
            overrides.append(
                override.flag == "-c"
                    ? try ConfigurationOverride(argument: override.key)
                    : ConfigurationOverride(key: override.key, value: .string(override.text), flag: override.flag))
        }
        let loader = ConfigurationLoader(home: home, environment: environment, workingDirectory: cwd)
        let configuration = try loader.load(profile: request.profile, overrides: overrides, trust: request.trust)
        guard configuration.project.hasMarker || request.skipsRepositoryCheck || configuration.trust == .trusted else {
            throw LockgateError(
                "workspace.not_a_repository",
                "\(cwd) is not inside a git repository, so changes could not be reviewed or undone",
                remedy: "run git init there, or give --skip-git-repo-check")
        }
        let standing = try SandboxStanding.begin(settings: configuration.settings, home: home)
        // A run without a screen cannot ask, so a trusted project that changed has to be reviewed first.
        if let review = configuration.review, !review.isApproved { throw review.refusal }
        let rules = try RuleFiles.load(configuration, loader)
        let hooks = try ConfiguredHookSet.load(configuration, loader)
        let selection = try ModelSelection(settings: configuration.settings, environment: environment, home: home)
        return SessionSetup(
            request: request, environment: environment, home: home, startDirectory: start, cwd: cwd,
            configuration: configuration, rules: rules, hooks: hooks, selection: selection, standing: standing,
            worktree: WorktreeStore.record(at: cwd, home: home),
            toolchains: ToolchainCaches(root: configuration.project.root, home: home, environment: environment))
    }

    // MARK: - Policy

    /// The access policy with the place each part was set.
    func policy() throws(LockgateError) -> AccessPolicy {
        var policy = try AccessPolicy(configuration, rules: rules, workspace: cwd)
        for path in request.addedDirectories {
            guard let real = PosixFile.canonical(PathText.absolute(path, from: startDirectory)),
                PosixFile.isDirectory(real)
            else {
                throw LockgateError(
                    "config.writable_root", "--add-dir \(path) is not a directory", remedy: "create it first",
                    exitCode: 2)
            }
            policy.writableRoots.append(Sourced(real, Wire.Origin(.flag("--add-dir"))))
        }
        return policy
    }

    /// The first record of a session.
    func header(
        journal: SessionJournal, policy: AccessPolicy, standing: SandboxStanding, isStaged: Bool,
        fork: SessionFork? = nil
    ) -> JSONValue {
        var header: JSONValue = [
            "id": .string(journal.id.text), "format": .int(JournalRecord.format), "version": .string(Version.text),
            "cwd": .string(cwd), "model": .string(selection.model), "provider": .string(selection.provider.id),
            "policy": policy.json,
            "sandbox": standing.json, "bypass": .bool(request.bypasses),
            "toolchains": .array(toolchains.found.map(\.json)),
            "configuration": .array(configuration.files.map { .string($0.description) }),
        ]
        if let worktreePlace { header["worktree"] = .object(worktreePlace.json) }
        if let fork { header["parent"] = fork.link }
        if isStaged { header["workspace"] = .string(WorkspaceKind.staged.rawValue) }
        return header
    }

    var worktreePlace: WorktreePlace? {
        worktree.map { record in
            WorktreePlace(
                name: record.name, branch: record.branch, path: record.path, root: record.root,
                portBase: record.portBase, isNew: isNewWorktree)
        }
    }

    func turnHeader(policy: AccessPolicy) -> ThreadEvent.TurnHeader {
        ThreadEvent.TurnHeader(
            cwd: cwd, model: selection.model, provider: selection.provider.id, sandboxMode: policy.sandboxMode.value,
            network: policy.network.value, policyDigest: JournalRecord.digest(policy.json.bytes))
    }
}

/// A session ready to run, with what has to be closed after it.
struct AssembledSession: Sendable {
    let session: Session
    let gate: Gate
    /// The sandbox's level on this machine.
    let standing: SandboxStanding
    /// Whether what it changes waits in a stage.
    let isStaged: Bool
    /// What servers could not be started, and the like.
    let warnings: [String]
    /// What keeps secrets out of requests and records; nil where it is switched off.
    let redactor: Redactor?
    /// What runs commands, those in the background included.
    let commands: CommandTools
    let servers: ToolServers
    let close: @Sendable () async -> Void
}
