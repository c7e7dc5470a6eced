package import Basics
package import Wire

/// The effective configuration as typed values. Field by field it mirrors the option table, whose entries document
/// meaning, unit and default; nil and empty mean that nobody set the option.
package struct Settings: Sendable, Hashable {
    // MARK: Model
    package var model: String?
    package var modelProvider: String?
    package var providers: [String: ProviderSettings] = [:]
    package var modelContextWindow: Int?
    package var modelMaxOutputTokens: Int?
    package var modelAutoCompactTokenLimit: Int?
    package var modelReasoningEffort: String?
    package var modelSeed: Int?
    package var toolMode: ConfiguredToolMode?
    package var instructions: String?
    package var developerInstructions: String?
    /// Absolute.
    package var modelInstructionsFile: String?
    package var prices: [String: PriceSettings] = [:]

    // MARK: Safety
    package var sandboxMode: SandboxMode = .readOnly
    package var approvalPolicy: ApprovalPolicy = .onRequest
    package var approvalsReviewer: ApprovalsReviewer = .never
    package var approvals = ApprovalSettings()
    package var sandboxWorkspaceWrite = WorkspaceWriteSettings()
    package var networkMode: NetworkMode = .off
    /// Where changes to the workspace go; nil where nobody says.
    package var workspace: WorkspaceKind?
    package var staged = StagedSettings()
    package var shellEnvironmentPolicy = ShellEnvironmentSettings()
    /// Absolute paths, and globs as they were written.
    package var denyRead: [String] = []
    /// Absolute paths, and globs as they were written.
    package var allowRead: [String] = []
    /// Names of `DeviceFamily`.
    package var allowDevices: [String] = []
    /// Absolute.
    package var allowAutoRun: [String] = []
    package var outerSandbox: OuterSandbox = .none
    package var allowDegradedSandbox = false
    package var allowLoginShell = false
    /// Decisions by project path, as written; `Configuration.trustLevel(of:)` looks them up.
    package var projects: [String: ProjectSettings] = [:]
    package var toolServers: [String: ToolServerSettings] = [:]
    package var budget = BudgetSettings()
    /// The permission profile that the strongest layer names; its values are in the fields already.
    package var defaultPermissions: String?

    // MARK: Context
    package var projectDocMaxBytes = 0
    package var projectDocFallbackFilenames: [String] = []
    package var projectRootMarkers: [String] = []
    package var includeEnvironmentContext = false

    // MARK: Run
    package var toolOutputTokenLimit = 0
    package var backgroundTerminalMaxTimeoutMilliseconds = 0
    package var check = CheckSettings()
    package var checks: [String] = []
    package var completion = CompletionSettings()
    package var checkpoints = CheckpointSettings()
    package var redaction = RedactionSettings()
    package var otel = TelemetrySettings()
    package var audit = AuditSettings()
    package var history = HistorySettings()
    package var retention = RetentionSettings()
    package var local = LocalModelSettings()
    package var worktree = WorktreeSettings()
    package var tui = ScreenSettings()
    /// The lists of all layers, by event; `hookSources` has them with their places, and those of `hooks.json`.
    package var hooks: JSONObject = [:]

    /// Empty values, not the built-in ones; see `builtIn(isTrusted:)`.
    init() {}

    /// What counts where nobody set anything.
    package static func builtIn(isTrusted: Bool) -> Settings {
        MergedSettings(isTrusted: isTrusted).settings()
    }
}

/// `[model_providers.<id>]`. What is nil comes from the preset of that id, if there is one.
package struct ProviderSettings: Sendable, Hashable {
    package var name: String?
    package var baseURL: String?
    /// The environment variable that holds the key.
    package var envKey: String?
    package var envKeyInstructions: String?
    package var wireAPI: WireDialect?
    package var queryParameters: [String: String] = [:]
    package var httpHeaders: [String: String] = [:]
    /// Header name to the environment variable that holds its value.
    package var envHTTPHeaders: [String: String] = [:]
    package var requestMaxRetries: Int?
    package var streamMaxRetries: Int?
    package var streamIdleTimeoutMilliseconds: Int?

    package init() {}
}

/// `[prices."<model>"]`, in USD per million tokens.
package struct PriceSettings: Sendable, Hashable {
    package var input: Double?
    package var cachedInput: Double?
    package var cacheWrite: Double?
    package var output: Double?

    package init() {}
}

/// `[projects."<path>"]`.
package struct ProjectSettings: Sendable, Hashable {
    package var trustLevel: TrustLevel?

    package init() {}
}

/// `[sandbox_workspace_write]`.
package struct WorkspaceWriteSettings: Sendable, Hashable {
    /// Absolute.
    package var writableRoots: [String] = []
    package var networkAccess = false
    package var excludeTmpdirEnvVar = false
    package var excludeSlashTmp = false
}

/// `[shell_environment_policy]`.
package struct ShellEnvironmentSettings: Sendable, Hashable {
    package var inherit: EnvironmentInheritance = .none
    package var ignoreDefaultExcludes = false
    /// Globs over variable names.
    package var exclude: [String] = []
    package var set: [String: String] = [:]
    /// Globs over variable names; empty means all.
    package var includeOnly: [String] = []
}

/// `[budget]`: what may be used; nil is no limit. The limits that stand in it directly are a session's.
package struct BudgetSettings: Sendable, Hashable {
    package var usd: Double?
    package var tokens: Int?
    package var seconds: Int?
    package var commands: Int?
    package var bytesWritten: Int?
    package var bytesSent: Int?
    package var turn = TurnBudget()
    package var day = SharedBudget()
    package var project = SharedBudget()
    package var warnAt: Double?
    package var lowerEffortAt: Double?
    package var cheaperModelAt: Double?
    package var cheaperModel: String?

    /// `[budget.turn]`.
    package struct TurnBudget: Sendable, Hashable {
        package var usd: Double?
        package var tokens: Int?
        package var seconds: Int?
        package var commands: Int?
        package var bytesWritten: Int?
        package var bytesSent: Int?
    }

    /// `[budget.day]` and `[budget.project]`: over all sessions.
    package struct SharedBudget: Sendable, Hashable {
        package var usd: Double?
        package var tokens: Int?
    }
}

/// `[checkpoints]`: what makes turns reversible.
package struct CheckpointSettings: Sendable, Hashable {
    package var isEnabled = false
    package var days = 0
    package var maxBytes = 0
}

/// `[redaction]`: what keeps secrets out of requests and journals.
package struct RedactionSettings: Sendable, Hashable {
    package var isEnabled = false
    /// Values that are no secrets.
    package var allow: [String] = []
    /// Texts that end a session when they are about to be sent.
    package var canaries: [String] = []
}

/// `[otel]`: what is sent to an OpenTelemetry collector.
package struct TelemetrySettings: Sendable, Hashable {
    /// The collector's address without `/v1/...`; nil for none, and then nothing is collected.
    package var endpoint: String?
    package var headers: [String: String] = [:]
    /// Header name to the environment variable that holds its value.
    package var envHeaders: [String: String] = [:]
    /// Whether log records carry texts: prompts, answers, commands, outputs.
    package var sendsPrompts = false
    package var serviceName = ""
    /// A file of counts for Prometheus; nil for none.
    package var prometheusFile: String?
}

/// `[audit]`: what proves a session's record elsewhere.
package struct AuditSettings: Sendable, Hashable {
    /// Where each session's end is anchored: files, addresses, repositories' notes.
    package var anchor: [String] = []
}

/// `[approvals]`: how the reviewers work.
package struct ApprovalSettings: Sendable, Hashable {
    /// A program with its arguments.
    package var command: [String] = []
    package var timeoutSeconds = 0
    /// How long a grant for a project or the user counts.
    package var grantDays = 0
}

/// `[check]`: the command that decides success.
package struct CheckSettings: Sendable, Hashable {
    package var command: String?
    package var attempts = 0
}

/// `[completion]`: what becomes of claims in the last message.
package struct CompletionSettings: Sendable, Hashable {
    package var isVerified = false
    package var timeoutSeconds = 0
}

/// `[worktree]`: what a new worktree gets.
package struct WorktreeSettings: Sendable, Hashable {
    package var carries = false
    /// Relative to the project.
    package var copies: [String] = []
    /// Relative to the project.
    package var links: [String] = []
    package var setup: String?
    /// Without a session, before it is collected.
    package var days = 0
}

/// `[history]`.
package struct HistorySettings: Sendable, Hashable {
    package var persistence: HistoryPersistence = .saveAll
    package var maxBytes: Int?
}

/// `[retention]`: how long sessions are kept; nil for no limit.
package struct RetentionSettings: Sendable, Hashable {
    package var maxAgeDays: Int?
    package var maxBytes: Int?
    package var archiveAfterDays: Int?
}

/// `[local]`: the embedded model's server.
package struct LocalModelSettings: Sendable, Hashable {
    package var idleMinutes = 0
    package var threads: Int?
}

/// How a configured model's actions arrive; nil in the settings leaves it to the model's profile.
package enum ConfiguredToolMode: String, Sendable, Hashable, CaseIterable {
    case native, schema, grammar, text
}

/// What around the agent counts as the sandbox where none of its own can be had.
package enum OuterSandbox: String, Sendable, Hashable, CaseIterable {
    case none, container
}

/// Which of the caller's variables a command starts from.
package enum EnvironmentInheritance: String, Sendable, Hashable, CaseIterable {
    case all, core, none
}

/// Whether sessions are kept.
package enum HistoryPersistence: String, Sendable, Hashable, CaseIterable {
    case saveAll = "save-all"
    case none
}

/// Where changes to the workspace go.
package enum WorkspaceKind: String, Sendable, Hashable, CaseIterable {
    /// In place.
    case direct
    /// Into a stage, from where `lockgate apply` takes them.
    case staged
}

/// `[staged]`: how stages are made and kept.
package struct StagedSettings: Sendable, Hashable {
    package var method: StagingMethod = .auto
    package var days = 0
    package var maxBytes = 0
}

/// What a stage is made of.
package enum StagingMethod: String, Sendable, Hashable, CaseIterable {
    case auto, overlay, copy
}
