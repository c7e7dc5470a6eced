import Basics
import Config
import Engine
import Hooks
import Journal
import Models
import Policy
import Sandbox
import Text
import Tools
import Wire
import Workspace

extension SessionSetup {
    /// Puts the session together.
    ///
    /// - Parameters:
    ///   - given: a budget that several sessions share.
    ///   - model: answers in place of the configured provider's; for replay.
    ///   - progress: told in a line what takes time, such as a local model's start.
    func assemble(
        journal: SessionJournal, events: EventLog, outputSchema: JSONValue?, restored: Conversation?,
        questions: Questions, budget given: BudgetLedger? = nil, model: (any ModelClient)? = nil,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> AssembledSession {
        var policy = try policy()
        let replacement: (client: any ModelClient, shutdown: @Sendable () async -> Void)? = model.map { ($0, {}) }
        let (provider, shutdown) =
            if let replacement { replacement } else { try await modelClient(progress: progress) }
        let redactor = redactor(SealKeyFile(home: home))
        if let redactor { journal.redact(with: redactor) }
        let client = try guarding(provider, redactor)
        let (stage, known) = try stage(for: journal, isResumed: restored != nil, policy: &policy, progress: progress)
        let direct = stage == nil ? checkpoints(policy, progress: progress) : nil
        let checkpoints: (any TurnCheckpoints)? = stage?.workspace ?? direct
        let budget = if let given { given } else { try budgetLedger(restored) }
        let roots = policy.writableRoots.map(\.value)
        // In a stage nothing comes into the reach of other programs before it is applied.
        let sweep = policy.sandboxMode.value == .readOnly || stage != nil ? nil : SensitiveSweep(roots: roots)
        let editor = try FileEditor(
            cwd: cwd, mode: policy.sandboxMode.value, writableRoots: roots, maskedPaths: maskedFiles,
            allowedAutoRun: policy.autoRunGrants.map(\.value), watch: sweep, view: stage?.view, redactor: redactor)
        let engine = try engineSettings(policy, outputSchema: outputSchema)
        // The last moment, but for a stage: until here the machine may be asked beside all this.
        let standing = try known ?? standing.standing()
        let launcher = try stage?.launcher ?? launcher(policy, level: standing.level)
        let hookLauncher = hooks.isEmpty ? nil : hookLauncher(launcher)
        let (approvals, reviewingModel) = try approvals(
            questions, policy: policy, client: client, variables: launcher.plainVariables, journal: journal,
            events: events, budget: budget, launcher: launcher, view: stage?.view)
        let gate = Gate(
            policy: policy, journal: journal, events: events,
            hooks: hookLauncher.map { hookStage($0, policy: policy, journal: journal, events: events) },
            approvals: approvals, budget: budget, checkpoints: checkpoints, canaries: try canaries())
        reviewingModel?.connect(gate)
        let commands = CommandTools(
            settings: CommandTools.Settings(
                cwd: cwd, shell: shell, maximumOutputBytes: settings.toolOutputTokenLimit * 4,
                maximumYield: .milliseconds(settings.backgroundTerminalMaxTimeoutMilliseconds),
                allowsLoginShell: settings.allowLoginShell,
                takesReasons: policy.judgesCommands && hasReviewer, secrets: redactor?.scanner ?? SecretScanner()),
            launcher: launcher, editor: editor, watch: sweep, onOutput: questions.output)
        let files = FileTools(
            editor: editor, commands: commands, offersPatches: !selection.profile.isSmall,
            freeformPatches: selection.profile.supportsFreeformTools && selection.provider.wireAPI == .responses)
        // A replay speaks to nobody, and what a server's tool changes while a plan is made nobody here can tell.
        let servers =
            model == nil && questions.inquirer == nil
            ? try await toolServers(policy, level: standing.level, isStaged: stage != nil) : ToolServers()
        let session = Session(
            settings: engine, client: client,
            tools: commands.tools + files.tools + [UpdatePlanTool()] + servers.tools
                + (questions.inquirer.map { [RequestUserInputTool($0)] } ?? []), gate: gate, events: events,
            journal: journal,
            check: commands, workspace: editor, checkpoints: checkpoints, budget: budget, restored: restored)
        // The last thing that can fail, since it has to be ended; a replay tells nobody.
        let endTelemetry: (@Sendable () async -> Void)?
        do throws(LockgateError) {
            // A place that cannot be one is told before the session, not at its end.
            _ = try anchorPlaces()
            endTelemetry = model == nil ? try telemetry(of: journal, warn: progress) : nil
        } catch {
            await servers.stop()
            throw error
        }
        return AssembledSession(
            session: session, gate: gate, standing: standing, isStaged: stage != nil, warnings: servers.warnings,
            redactor: redactor, commands: commands, servers: servers
        ) {
            await servers.stop()
            await commands.closeAll()
            await hookLauncher?.shutDown()
            await launcher.shutDown()
            await direct?.finish()
            await stage?.finish()
            await shutdown()
            await endTelemetry?()
        }
    }

    /// What makes turns reversible; nil where nothing can be changed, nothing is to be kept, or the user wants none.
    private func checkpoints(
        _ policy: AccessPolicy, progress: @escaping @Sendable (String) -> Void
    ) -> SessionCheckpoints? {
        guard settings.checkpoints.isEnabled, !request.isEphemeral, policy.sandboxMode.value != .readOnly else {
            return nil
        }
        let retention = CheckpointRetention(days: settings.checkpoints.days, maxBytes: settings.checkpoints.maxBytes)
        return SessionCheckpoints(home: home, workspace: cwd, retention: retention) {
            progress(
                "recording the workspace before the first change, so that it can be taken back; the first time reads every file ..."
            )
        }
    }

    /// What the product's own file tools never show: the same secrets that commands do not see.
    private var maskedFiles: [String] {
        let user = environment["HOME"] ?? Paths.home
        let secrets = SecretPaths.existing(home: user, environment: environment).subtracting(allowedReads)
        let denied = settings.denyRead.flatMap { entry in
            Self.isPattern(entry)
                ? Paths.matches(deniedRead(entry), home: user) : [PathText.absolute(entry, from: cwd)]
        }
        return denied + secrets.sorted() + [home]
    }

    /// An entry of `filesystem.deny_read` as the sandbox takes it: relative ones start at the workspace, wherever the
    /// program was started.
    private func deniedRead(_ entry: String) -> String {
        guard !entry.hasPrefix("/") else { return entry }
        let path = "\(cwd)/\(entry)"
        guard Self.isPattern(path) else { return path }
        // The workspace's own name is no pattern, whatever characters are in it.
        let folder = cwd.map { "*?[\\".contains($0) ? "\\\($0)" : String($0) }.joined()
        return "\(folder)/\(entry)"
    }

    private static func isPattern(_ path: String) -> Bool { path.utf8.contains { "*?[".utf8.contains($0) } }

    /// Built-in secrets that the user shows to commands and tools.
    private var allowedReads: [String] {
        settings.allowRead.flatMap { Paths.matches($0, home: environment["HOME"] ?? Paths.home) }
    }

    private var shell: String {
        PosixFile.exists("/bin/bash") ? "/bin/bash" : "/bin/sh"
    }

    func launcher(
        _ policy: AccessPolicy, level: SandboxLevel, stage: SandboxPolicy.Stage? = nil
    ) throws(LockgateError) -> SandboxLauncher {
        var sandbox = SandboxPolicy(
            mode: policy.sandboxMode.value, network: policy.network.value, workspace: cwd,
            writableRoots: policy.writableRoots.dropFirst().map(\.value),
            maskedPaths: settings.denyRead.map(deniedRead) + [home],
            unmaskedPaths: settings.allowRead,
            devices: settings.allowDevices.compactMap(DeviceFamily.init).flatMap(\.nodes), level: level)
        sandbox.stage = stage
        let origins = DenialRules.Origins(
            mode: policy.sandboxMode.origin, network: policy.network.origin,
            deniedReads: try configuration.resolve("filesystem.deny_read").origin)
        let caches = toolchains
        let tools = caches.prepare(&sandbox)
        let shell = settings.shellEnvironmentPolicy
        let variables = CommandEnvironment(
            inherited: environment,
            policy: ShellEnvironmentPolicy(
                inherit: ShellEnvironmentPolicy.Inherit(rawValue: shell.inherit.rawValue) ?? .core,
                exclude: shell.exclude, set: shell.set, includeOnly: shell.includeOnly),
            keyNames: selection.keyNames, tools: tools.merging(worktree?.environment ?? [:]) { $1 })
        return try SandboxLauncher(
            policy: sandbox, origins: origins, variables: variables, caches: tools.isEmpty ? nil : caches,
            environment: environment)
    }

    private func engineSettings(_ policy: AccessPolicy, outputSchema: JSONValue?) throws(LockgateError)
        -> SessionSettings
    {
        let profile = selection.profile
        var context: [String] = []
        let documents = ProjectInstructions(
            home: home, projectRoot: configuration.project.root, cwd: cwd,
            limit: usesPlainText
                ? min(settings.projectDocMaxBytes, Self.smallDocumentBytes) : settings.projectDocMaxBytes,
            fallbacks: settings.projectDocFallbackFilenames)
        if let message = documents.message { context.append(message) }
        if let own = settings.developerInstructions { context.append(own) }
        // A small model is told what it needs of its surroundings with the files.
        if settings.includeEnvironmentContext, !usesPlainText {
            context.append(
                EnvironmentContext(
                    cwd: cwd, shell: PathText.name(shell), sandboxMode: policy.sandboxMode.value,
                    network: policy.network.value, writableRoots: policy.writableRoots.map(\.value)
                ).message)
        }
        var engine = SessionSettings(
            cwd: cwd, model: selection.model, provider: selection.provider.id, instructions: try instructions(),
            context: context.isEmpty ? [] : [ConversationItem(.user(context.map(ContentPart.text)))])
        engine.outputSchema = outputSchema
        engine.maxOutputTokens = settings.modelMaxOutputTokens
        engine.reasoningEffort = settings.modelReasoningEffort
        engine.seed = settings.modelSeed
        engine.refusesRepeats = profile.isSmall
        engine.smallModel = smallModel
        engine.checks = checks(of: request)
        if settings.completion.isVerified { engine.proofLimit = .seconds(settings.completion.timeoutSeconds) }
        if isNewWorktree { engine.setup = settings.worktree.setup }
        if !engine.checks.isEmpty { engine.limits.checkAttempts = request.checkAttempts ?? settings.check.attempts }
        engine.compactionLimit = settings.modelAutoCompactTokenLimit ?? profile.contextWindow * 8 / 10
        engine.outputCeiling = profile.maxOutputTokens
        let prices = selection.prices
        engine.price = { model, usage in prices.cost(model: model, usage: usage) }
        return engine
    }

    /// The commands that decide success.
    func checks(of request: ExecRequest) -> [String] {
        request.checks.isEmpty ? [settings.check.command].compactMap(\.self) + settings.checks : request.checks
    }

    private func instructions() throws(LockgateError) -> String {
        if let path = settings.modelInstructionsFile {
            do {
                return String(decoding: try PosixFile.read(path, limit: 1 << 20), as: UTF8.self)
            } catch {
                throw LockgateError(
                    "config.instructions", "cannot read model_instructions_file: \(error)", remedy: "check the path")
            }
        }
        return settings.instructions ?? (usesPlainText ? SmallModelPrompt.system : BasePrompt.standard)
    }

    /// The client with what closes it; for a local model its server is started first.
    private func modelClient(
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> (client: any ModelClient, shutdown: @Sendable () async -> Void) {
        let profile = selection.profile
        var provider = selection.provider
        guard provider.id == ModelSelection.localProvider else {
            let client = try HTTPModelClient(provider: provider, environment: environment, profile: { _ in profile })
            // The session's own preparations take about as long.
            Task { await client.prepare() }
            return (client, { await client.shutdown() })
        }
        let models = LocalModels(
            home: home, environment: environment, idleSeconds: settings.local.idleMinutes * 60,
            threads: settings.local.threads)
        let server = try await models.ensureRunning(selection.model) { step in
            if case .step(let text) = step { progress(text) }
        }
        provider.baseURL = server.baseURL
        provider.httpHeaders["Authorization"] = "Bearer \(server.key)"
        let client = try HTTPModelClient(provider: provider, environment: environment, profile: { _ in profile })
        return (
            LocalModelClient(models: models, id: selection.model, client: client), { await client.shutdown() }
        )
    }
}
