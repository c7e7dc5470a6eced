package import Basics
package import Wire

/// A value with the place it was set.
package struct Sourced<Value: Sendable & Hashable>: Sendable, Hashable {
    package var value: Value
    package var origin: Origin

    package init(_ value: Value, _ origin: Origin = Origin(.builtIn)) {
        self.value = value
        self.origin = origin
    }
}

/// What a session may do, each part with its origin. Deciding is a pure function of this value and the effect.
///
/// The policy classifies and explains; it does not contain. The sandbox and the file layer hold even where this
/// judges a path by its name alone.
package struct AccessPolicy: Sendable, Hashable {
    package var sandboxMode: Sourced<SandboxMode>
    package var network: Sourced<NetworkMode>
    /// The workspace first, then added roots. Absolute, links resolved.
    package var writableRoots: [Sourced<String>]

    /// Files and folders that file tools may change although something runs them by itself. Absolute.
    package var autoRunGrants: [Sourced<String>]

    /// Whether and when a person is asked.
    package var approvalPolicy: Sourced<ApprovalPolicy>
    /// What rule files say about commands.
    package var rules: CommandRules
    /// How far each MCP server is trusted; those that are not in it are asked about.
    package var toolServers: [String: Sourced<ToolApprovalMode>] = [:]
    /// The grants that count at this moment: neither expired nor for another project, and with unchanged files.
    package var grants: [Grant] = []

    package init(
        sandboxMode: Sourced<SandboxMode>, network: Sourced<NetworkMode>, writableRoots: [Sourced<String>],
        autoRunGrants: [Sourced<String>] = [], approvalPolicy: Sourced<ApprovalPolicy> = Sourced(.onRequest),
        rules: CommandRules = CommandRules()
    ) {
        self.approvalPolicy = approvalPolicy
        self.rules = rules
        self.autoRunGrants = autoRunGrants
        self.sandboxMode = sandboxMode
        self.network = network
        self.writableRoots = writableRoots
    }

    /// Names that configure git, agents or editors and run as the user later: never changed by a file tool.
    package static let protectedNames: Set<String> = [
        ".git", ".lockgate", ".codex", ".claude", ".agents", ".vscode", ".idea", ".envrc", ".mcp.json",
    ]

    /// The gate's answer on an effect.
    package func verdict(on effect: Effect) -> Verdict {
        switch effect {
        case .runCommand(let argv, _, let cwd):
            guard judgesCommands else { return allowed }
            return decision(onCommand: argv, in: cwd).verdict
        case .writeInput(let terminal, let bytes):
            return verdict(onInput: bytes, terminal)
        case .readFile:
            return Verdict(.allow, rule: "filesystem: reads", origin: Origin(.builtIn))
        case .access:
            return Verdict(
                .deny, rule: "sandbox", origin: Origin(.builtIn),
                reason: "what a running command touches is the sandbox's to decide", grant: nil)
        case .callTool(let call):
            return decision(onToolCall: call).verdict
        case .askModel:
            return Verdict(.allow, rule: "model requests", origin: Origin(.builtIn))
        case .changeFiles(let changes):
            return decision(onChanges: changes).verdict
        }
    }

    /// Whether commands have to be read at all: without a rule, and with the sandbox as the only judge, there is
    /// nothing to be read for.
    package var judgesCommands: Bool { !rules.prefixes.isEmpty || approvalPolicy.value == .untrusted }

    /// What is typed into a shell or an interpreter is a command of its own. Waiting for output types nothing.
    private func verdict(onInput bytes: Int, _ terminal: Int) -> Verdict {
        guard approvalPolicy.value == .untrusted, bytes > 0 else { return allowed }
        return Verdict(
            .ask, rule: "approval_policy = \"untrusted\"", origin: approvalPolicy.origin,
            reason: "\(bytes) bytes would be typed into terminal \(terminal)", grant: "-c approval_policy=on-request")
    }

    /// What the sandbox alone holds.
    package var allowed: Verdict { Verdict(.allow, rule: modeRule, origin: sandboxMode.origin) }

    private var modeRule: String { "sandbox_mode = \"\(sandboxMode.value.rawValue)\"" }

    func refusal(ofChangeTo path: String) -> Verdict? {
        switch sandboxMode.value {
        case .dangerFullAccess:
            return nil
        case .readOnly:
            return Verdict(
                .deny, rule: modeRule, origin: sandboxMode.origin,
                reason: "\(path) cannot be changed: the session is read-only",
                grant: "-s workspace-write")
        case .workspaceWrite:
            guard let root = writableRoots.first(where: { PathText.isWithin(path, $0.value) }) else {
                return Verdict(
                    .deny, rule: modeRule, origin: sandboxMode.origin,
                    reason: "\(path) lies outside the writable roots", grant: "--add-dir \(PathText.parent(path))")
            }
            let names = PathText.relative(path, to: root.value).split(separator: "/").map(String.init)
            return refusal(ofAutoRunFile: path, names: names)
        }
    }

    /// Names that no grant opens: what git runs, and what decides about grants themselves.
    private static let neverGranted: Set<String> = [".git", ".lockgate"]

    private func refusal(ofAutoRunFile path: String, names: [String]) -> Verdict? {
        let listed = AutoRunFile.matching(names).flatMap { $0.isProtected ? $0 : nil }
        guard let name = names.first(where: Self.protectedNames.contains) ?? listed?.path else { return nil }
        let isGrantable = Self.neverGranted.isDisjoint(with: names.map { $0.lowercased() })
        if isGrantable, autoRunGrants.contains(where: { PathText.isWithin(path, $0.value) }) { return nil }
        let runner = listed?.runner ?? "git, an agent or an editor"
        return Verdict(
            .deny, rule: "protected: \(name)", origin: Origin(.builtIn),
            reason: "\(path) would be run or obeyed by \(runner) outside the sandbox",
            grant: isGrantable
                ? "-c 'filesystem.allow_auto_run=[\"\(path)\"]'"
                : "change it yourself, or run with -s danger-full-access")
    }

    /// The policy as JSON, for the journal and its digest.
    package var json: JSONValue {
        func list(_ paths: [Sourced<String>]) -> JSONValue {
            .array(paths.map { ["path": .string($0.value), "origin": .string($0.origin.description)] })
        }
        var object: JSONObject = [
            "sandbox_mode": .string(sandboxMode.value.rawValue),
            "sandbox_mode_origin": .string(sandboxMode.origin.description),
            "network": .string(network.value.rawValue), "network_origin": .string(network.origin.description),
            "writable_roots": list(writableRoots),
        ]
        if !autoRunGrants.isEmpty { object["allow_auto_run"] = list(autoRunGrants) }
        object["approval_policy"] = .string(approvalPolicy.value.rawValue)
        object["approval_policy_origin"] = .string(approvalPolicy.origin.description)
        if !rules.prefixes.isEmpty {
            object["rules"] = .array(
                rules.prefixes.map { ["rule": .string($0.text), "origin": .string($0.origin.description)] })
        }
        if !toolServers.isEmpty {
            object["mcp_servers"] = .object(
                JSONObject(
                    toolServers.sorted { $0.key < $1.key }.map { name, mode in
                        (
                            name,
                            ["approval_mode": .string(mode.value.rawValue), "origin": .string(mode.origin.description)]
                        )
                    }))
        }
        if !grants.isEmpty { object["grants"] = .array(grants.map(\.json)) }
        return .object(object)
    }
}
