import Basics
import Config
import Glibc
import Sandbox
import Wire

/// What can be said after `lockgate sandbox`, as plain values, and the run of it; `SandboxCommandLine` documents each.
struct SandboxOptions: Sendable, Hashable {
    var sandbox: String?
    var network = NetworkMode.off.rawValue
    var directory: String?
    var writable: [String] = []
    var devices: [String] = []
    var measure: Int?
    var command: [String] = []

    static let valued: Set<String> = [
        "-s", "--sandbox", "--network", "-C", "--cd", "--allow-write", "--allow-device", "--measure",
    ]

    /// Nothing was run: the sandbox could not be set up.
    private static let setupFailed: Int32 = 125

    /// - Throws: `usage` for a mode that does not exist.
    func validate() throws(LockgateError) {
        if let sandbox, SandboxMode(rawValue: sandbox) == nil {
            throw LockgateError(
                "usage",
                "there is no sandbox mode \"\(sandbox)\": use \(SandboxMode.allCases.map(\.rawValue).joined(separator: ", "))",
                exitCode: 2)
        }
        if let device = devices.first(where: { DeviceFamily(rawValue: $0) == nil }) {
            throw LockgateError(
                "usage",
                "there are no devices \"\(device)\": use \(DeviceFamily.allCases.map(\.rawValue).joined(separator: ", "))",
                exitCode: 2)
        }
        guard network == "on" || network == "off" else {
            throw LockgateError(
                "usage", "there is no network mode \"\(network)\" here: use off or on", exitCode: 2)
        }
    }

    /// Hands this process over to the command, where all that would be left for it is to wait. Returns where it is not
    /// like that, and where anything is wrong, which `run` finds again and says.
    ///
    /// - Parameter prepared: a helper that makes namespaces already.
    func handOver(to prepared: AdvanceHelper?) {
        guard measure == nil, SandboxFront.isPossible else { return }
        let environment = ProcessEnvironment.variables
        guard let (policy, tools) = try? policy(default: .readOnly, environment: environment),
            let front = SandboxFront(policy: policy, environment: environment)
        else { return }
        try? front.run(
            command, workingDirectory: policy.workspace, tools: tools.variables, prepared: prepared)
    }

    /// Runs the command and returns the exit code for this process.
    func run() async -> Int32 {
        do throws(LockgateError) {
            let environment = ProcessEnvironment.variables
            let (policy, tools) = try policy(default: .readOnly, environment: environment)
            if let warning = policy.level.warning { warn(warning) }
            if let measure {
                try await printMeasurement(count: measure, policy: policy, tools: tools.variables)
                return 0
            }
            let sweep = policy.isOnlyWatched ? SensitiveSweep(roots: policy.roots) : nil
            sweep?.begin()
            let code = try await SandboxRun.run(
                command, policy: policy, workingDirectory: policy.workspace, environment: environment,
                tools: tools.variables)
            for change in sweep?.changes() ?? [] {
                warn(
                    "\(change.path) was \(change.kind.rawValue): \(change.runner) runs or obeys it outside the sandbox")
            }
            return code
        } catch {
            warn("\(error)")
            return Self.setupFailed
        }
    }

    private func warn(_ text: String) {
        try? PosixFile.writeAll(STDERR_FILENO, Array("lockgate: \(text)\n".utf8))
    }

    /// Where the parts of the policy come from.
    var origins: DenialRules.Origins {
        .init(
            mode: sandbox == nil ? .builtIn : Origin(.flag("--sandbox")),
            network: network == NetworkMode.off.rawValue ? .builtIn : Origin(.flag("--network")))
    }

    /// What the options ask for, with the project's caches in it: the variables that lead to them, and what was found.
    func policy(
        default mode: SandboxMode, environment: [String: String]
    ) throws(LockgateError) -> (policy: SandboxPolicy, tools: (variables: [String: String], caches: ToolchainCaches)) {
        let start = ProcessEnvironment.workingDirectory
        let wanted = directory.map { PathText.absolute($0, from: start) } ?? start
        guard let workspace = PosixFile.canonical(wanted), PosixFile.isDirectory(workspace) else {
            throw LockgateError(
                "workspace.missing", "\(wanted) is not a directory", remedy: "give an existing one after -C")
        }
        var policy = SandboxPolicy(
            mode: sandbox.flatMap(SandboxMode.init) ?? mode, network: NetworkMode(rawValue: network) ?? .off,
            workspace: workspace, writableRoots: writable.map { PathText.absolute($0, from: start) },
            devices: devices.compactMap(DeviceFamily.init).flatMap(\.nodes))
        // Without a home there is no place for caches, and a sandbox all the same.
        let home = try? ConfigurationLoader.home(environment: environment)
        let caches = ToolchainCaches(root: workspace, home: home ?? "/", environment: environment)
        let variables = home == nil ? [:] : caches.prepare(&policy)
        if !variables.isEmpty { caches.showUserCaches() }
        policy.level = try level(policy, home: home, environment: environment)
        return (policy, (variables, caches))
    }

    /// The configuration is read only where the machine grants no namespaces: then it has to allow what is left.
    private func level(
        _ policy: SandboxPolicy, home: String?, environment: [String: String]
    ) throws(LockgateError) -> SandboxLevel {
        let cache = home.map(SurveyCache.init(home:))
        func find(_ permissions: SandboxLadder.Permissions) throws(LockgateError) -> SandboxLevel {
            try SandboxStanding.find(
                mode: policy.mode, network: policy.network, permissions: permissions, cache: cache
            ).level
        }
        let level = try? find(.init())
        if let level, level.hasNamespaces || level == .unconfined { return level }
        guard let home else { return try find(.init()) }
        let configuration = try ConfigurationLoader(
            home: home, environment: environment, workingDirectory: policy.workspace
        ).load()
        return try find(.init(configuration.settings))
    }

    private func printMeasurement(
        count: Int, policy: SandboxPolicy, tools: [String: String]
    ) async throws(LockgateError) {
        let environment = ProcessEnvironment.variables
        let variables = CommandEnvironment(inherited: environment, tools: tools)
            .variables(mode: policy.mode, network: policy.network, hasTerminal: false)
        let session = try SandboxSession(policy: policy, environment: environment)
        let result = try await SandboxMeasurement.run(
            SandboxCommand(arguments: command, workingDirectory: policy.workspace, environment: variables),
            in: session, count: max(1, count))
        print("plain    p10 \(Int(result.plain.tenthPercentile)) us, median \(Int(result.plain.median)) us")
        print("session  p10 \(Int(result.sandboxed.tenthPercentile)) us, median \(Int(result.sandboxed.median)) us")
        print("before   \(result.before)")
        print("after    \(result.after)")
    }
}

extension SandboxOptions {
    /// Reads what follows the program's name, if it is a plain `sandbox ... -- CMD` line; see `PlainArguments`.
    init?(plain arguments: some Collection<String>) {
        guard arguments.first == "sandbox",
            let plain = PlainArguments(
                Array(arguments)[1...], flags: [], options: Self.valued,
                repeatable: ["--allow-write", "--allow-device"], takesRest: true),
            let command = plain.rest, !command.isEmpty
        else { return nil }
        self.init()
        self.command = command
        var hasNetwork = false
        for token in plain.tokens {
            guard case .option(let name, let value) = token else { return nil }
            // Two spellings of one option: which wins is the parser's to say.
            switch name {
            case "-s", "--sandbox":
                guard sandbox == nil else { return nil }
                sandbox = value
            case "--network":
                guard !hasNetwork else { return nil }
                hasNetwork = true
                network = value
            case "-C", "--cd":
                guard directory == nil else { return nil }
                directory = value
            case "--allow-write": writable.append(value)
            case "--allow-device": devices.append(value)
            default:
                guard let count = Int(value) else { return nil }
                measure = count
            }
        }
        guard (try? validate()) != nil else { return nil }
    }
}

extension SandboxPolicy {
    /// Whether protected names in writable folders are not locked here, so that somebody has to look.
    fileprivate var isOnlyWatched: Bool { level == .fence && mode == .workspaceWrite }

    /// The writable folders, links resolved.
    fileprivate var roots: [String] { ([workspace] + writableRoots).compactMap(PosixFile.canonical) }
}
