import Basics
import Config
import Wire

/// Claude Code's settings, permissions, hooks and CLAUDE.md. Little of it has the same names here, so each piece is
/// translated only where the meaning stays.
enum ClaudePlanner {
    static func plan(_ source: ImportSource, _ target: ImportTarget) throws(LockgateError) -> ImportPlan {
        var builder = PlanBuilder(source, target)
        let prefix = source.isProject ? ".claude/" : ""
        if let file = source.file(prefix + "settings.json") {
            let document = try ForeignDocument(json: file.bytes, file: file.path)
            try addSettings(document, &builder, isProject: source.isProject)
            try builder.addHooks(document, at: ["hooks"])
        }
        for name in [".claude.json", ".mcp.json"] {
            guard let file = source.file(name) else { continue }
            addServers(try ForeignDocument(json: file.bytes, file: file.path), &builder)
        }
        if let file = source.file("CLAUDE.md") { try addInstructions(file, source, &builder) }
        return builder.finished()
    }

    // MARK: Settings

    private static func addSettings(
        _ document: ForeignDocument, _ builder: inout PlanBuilder, isProject: Bool
    ) throws(LockgateError) {
        for (name, value) in document.root.members {
            let place = document.place(of: [name])
            switch name {
            case "hooks", "$schema": continue
            case "permissions": try addPermissions(value, document, &builder, isProject: isProject)
            case "env": try addEnvironment(value, document, &builder)
            case "model":
                guard let model = value.string, model.hasPrefix("claude-") else {
                    builder.leave(
                        name, place, "it is a short name that no provider here knows",
                        "set the model by its full name: lockgate config set model claude-...")
                    continue
                }
                try builder.set(ForeignSetting(path: ["model"], value: value, place: place))
            case "apiKeyHelper", "awsCredentialExport", "awsAuthRefresh", "otelHeadersHelper":
                builder.leave(name, place, "keys come from environment variables here, not from programs")
            case "enableAllProjectMcpServers", "enabledMcpjsonServers", "disabledMcpjsonServers", "mcpServers":
                builder.leave(name, place, "there is no MCP client here yet")
            case "sandbox":
                builder.leave(
                    name, place, "the sandbox here is always on, and has settings of its own",
                    "see docs/sandbox.md and `lockgate explain sandbox_mode`")
            case "enabledPlugins", "extraKnownMarketplaces":
                builder.leave(name, place, "there are no plugins here")
            default:
                builder.leave(name, place, "there is no such setting here")
            }
        }
    }

    private static func addEnvironment(
        _ value: JSONValue, _ document: ForeignDocument, _ builder: inout PlanBuilder
    ) throws(LockgateError) {
        for (name, value) in value.object?.members ?? [] {
            let place = document.place(of: ["env", name])
            let key = "env.\(name)"
            if agentPrefixes.contains(where: name.hasPrefix) {
                builder.leave(key, place, "it is a setting of the other agent or its provider, not of commands")
            } else if SecretShape.isSecret(name: name) || SecretShape.isSecret(value: value.string ?? "") {
                builder.leave(
                    key, place, "it looks like a key, and keys are never copied; commands here get none",
                    "if commands need it: lockgate config set shell_environment_policy.set.\(name) ...")
            } else if loaders.contains(where: name.hasPrefix) {
                builder.leave(
                    key, place, "it makes every shell or program run or load code",
                    "if you want it all the same: lockgate config set shell_environment_policy.set.\(name) ...")
            } else {
                try builder.set(
                    ForeignSetting(path: ["shell_environment_policy", "set", name], value: value, place: place))
            }
        }
    }

    private static let agentPrefixes = [
        "ANTHROPIC_", "CLAUDE_", "DISABLE_", "MAX_THINKING_TOKENS", "MAX_MCP_", "MCP_", "BASH_DEFAULT_", "BASH_MAX_",
        "OTEL_", "AWS_", "VERTEX_", "CLOUD_ML_",
    ]
    private static let loaders = [
        "LD_", "DYLD_", "BASH_ENV", "ENV", "PROMPT_COMMAND", "NODE_OPTIONS", "PYTHONSTARTUP", "PERL5OPT", "RUBYOPT",
        "GIT_SSH", "GIT_EXTERNAL", "GIT_CONFIG",
    ]

    // MARK: Permissions

    private static func addPermissions(
        _ value: JSONValue, _ document: ForeignDocument, _ builder: inout PlanBuilder, isProject: Bool
    ) throws(LockgateError) {
        var rules: [Rule] = []
        for (name, value) in value.object?.members ?? [] {
            let path = ["permissions", name]
            let place = document.place(of: path)
            if let list = ClaudePermission.List(rawValue: name) {
                for (index, pattern) in (value.array ?? []).enumerated() {
                    let place = document.place(of: path + [String(index)])
                    guard let text = pattern.string else {
                        builder.leave("permissions.\(name)", place, "expected text")
                        continue
                    }
                    try addPattern(text, list, place, &builder, &rules, isProject: isProject)
                }
                continue
            }
            switch name {
            case "additionalDirectories": try addFolders(value, document, &builder)
            case "defaultMode": addMode(value.string ?? "", place, &builder)
            case "disableBypassPermissionsMode":
                builder.leave(
                    "permissions.\(name)", place, "here it is the administrator's to say",
                    "set allow_bypass = false in /etc/lockgate/requirements.toml")
            default: builder.leave("permissions.\(name)", place, "there is no such setting here")
            }
        }
        guard let first = rules.first else { return }
        let lines = rules.map(\.line) + [""]
        builder.write(
            "rules/claude.rules", Array(lines.joined(separator: "\n").utf8), from: first.place,
            rules.count == 1 ? "write 1 rule" : "write \(rules.count) rules")
    }

    /// A line of the rule file.
    private struct Rule {
        var line: String
        var place: SourcePlace
    }

    private static func addPattern(
        _ text: String, _ list: ClaudePermission.List, _ place: SourcePlace, _ builder: inout PlanBuilder,
        _ rules: inout [Rule], isProject: Bool
    ) throws(LockgateError) {
        // Patterns for single command lines are where keys end up that somebody once allowed.
        guard SecretShape.firstKey(in: Array(text.utf8)) == nil, !SecretShape.holdsPassword(text) else {
            return builder.leave(
                "permissions.\(list.rawValue)", place, "it holds what looks like a key, and keys are never copied")
        }
        let what = "permissions.\(list.rawValue) \(text)"
        switch ClaudePermission(text, in: list, isProject: isProject) {
        case .command(let words, _):
            let decision =
                switch list {
                case .allow: "allow"
                case .ask: "prompt"
                case .deny: "forbidden"
                }
            let line = "prefix_rule(pattern=\(ClaudePermission.list(words)), decision=\"\(decision)\")"
            if !rules.contains(where: { $0.line == line }) { rules.append(Rule(line: line, place: place)) }
        case .hidden(let path, let isDeeper):
            try builder.set(ForeignSetting(path: ["filesystem", "deny_read"], value: [.string(path)], place: place))
            if isDeeper {
                builder.leave(
                    "\(what), in folders below", place,
                    "filesystem.deny_read does not look for names in every folder; \(path) itself was taken over",
                    "name the folders: lockgate config set filesystem.deny_read '[\"\(path)\", \"*/\(path)\"]'")
            }
        case .none(let reason, let remedy): builder.leave(what, place, reason, remedy)
        }
    }

    private static func addFolders(
        _ value: JSONValue, _ document: ForeignDocument, _ builder: inout PlanBuilder
    ) throws(LockgateError) {
        let path = ["permissions", "additionalDirectories"]
        var folders: [JSONValue] = []
        for (index, folder) in (value.array ?? []).enumerated() {
            if let text = folder.string, text.hasPrefix("/") || text.hasPrefix("~/") {
                folders.append(folder)
            } else {
                builder.leave(
                    "permissions.additionalDirectories", document.place(of: path + [String(index)]),
                    "a relative folder means another one in each project")
            }
        }
        guard !folders.isEmpty else { return }
        try builder.set(
            ForeignSetting(
                path: ["sandbox_workspace_write", "writable_roots"], value: .array(folders),
                place: document.place(of: path)))
    }

    private static func addMode(_ mode: String, _ place: SourcePlace, _ builder: inout PlanBuilder) {
        let (reason, remedy): (String, String?) =
            switch mode {
            case "default": ("the defaults here are a trusted project's: workspace-write and on-request", nil)
            case "acceptEdits": ("changes in the workspace are not asked about here in any case", nil)
            case "plan": ("there is no such mode here", "lockgate config set sandbox_mode read-only")
            case "dontAsk":
                ("what would be asked is refused", "if you want it: lockgate config set approval_policy never")
            case "bypassPermissions":
                (
                    "it takes all protection away",
                    "if you want it all the same: lockgate config set sandbox_mode danger-full-access"
                )
            default: ("there is no such mode here", nil)
            }
        builder.leave("permissions.defaultMode = \(mode)", place, reason, remedy)
    }

    // MARK: Servers and instructions

    private static func addServers(_ document: ForeignDocument, _ builder: inout PlanBuilder) {
        let reason = "there is no MCP client here yet, so the server was not taken over"
        for (name, _) in document.root["mcpServers"]?.object?.members ?? [] {
            builder.leave("mcpServers.\(name)", document.place(of: ["mcpServers", name]), reason)
        }
        guard let projects = document.root["projects"]?.object, !projects.isEmpty else { return }
        let servers = projects.members.flatMap { $0.value["mcpServers"]?.object?.keys ?? [] }
        builder.leave(
            "projects", document.place(of: ["projects"]),
            "trust is not brought over"
                + (servers.isEmpty ? "" : ", and neither are the MCP servers \(servers.joined(separator: ", "))"),
            "review a project here: lockgate trust")
    }

    /// A project's CLAUDE.md is read where it stands; the user's is copied, for there is no other place to name it.
    private static func addInstructions(
        _ file: ImportSource.File, _ source: ImportSource, _ builder: inout PlanBuilder
    ) throws(LockgateError) {
        addReferences(file, &builder)
        guard source.isProject else {
            return builder.copy(file, to: "AGENTS.md", "copy the instructions for all projects")
        }
        if source.file("AGENTS.md") != nil {
            return builder.leave(
                "CLAUDE.md", file.place, "the project has an AGENTS.md, which is read in its place",
                "put what is missing there into AGENTS.md")
        }
        try builder.set(
            ForeignSetting(
                path: ["project_doc_fallback_filenames"], value: ["CLAUDE.md"], place: file.place))
    }

    /// `@path` in CLAUDE.md takes another file in; here it is only text.
    private static func addReferences(_ file: ImportSource.File, _ builder: inout PlanBuilder) {
        let lines = file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where line.first == UInt8(ascii: "@") && line.count > 1 {
            builder.leave(
                String(decoding: line.prefix(100), as: UTF8.self), SourcePlace(file: file.path, line: index + 1),
                "files that instructions name are not read with them", "put their text into AGENTS.md")
        }
    }
}
