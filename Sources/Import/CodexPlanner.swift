import Basics
import Config
package import Wire

extension ImportPlan {
    /// Plans an import.
    ///
    /// - Throws: errors of a file, theirs or ours, that is no valid TOML or JSON, with file, line and column.
    package init(_ source: ImportSource, into target: ImportTarget) throws(LockgateError) {
        switch source.agent {
        case .codex: self = try CodexPlanner.plan(source, target)
        case .claude: self = try ClaudePlanner.plan(source, target)
        }
    }
}

/// Codex's `config.toml`, profiles, `hooks.json`, rules and AGENTS.md. Most of it means the same here.
enum CodexPlanner {
    static func plan(_ source: ImportSource, _ target: ImportTarget) throws(LockgateError) -> ImportPlan {
        var builder = PlanBuilder(source, target)
        let prefix = source.isProject ? ".codex/" : ""
        if let file = source.file(prefix + "config.toml") {
            try addSettings(ForeignDocument(toml: file.bytes, file: file.path), &builder)
        }
        for file in source.files where !source.isProject && file.name.hasSuffix(profileSuffix) {
            let name = String(file.name.dropLast(profileSuffix.count))
            try addSettings(
                ForeignDocument(toml: file.bytes, file: file.path), &builder,
                to: ("\(target.folder)/\(file.name)", .profile(name)))
        }
        if let file = source.file(prefix + "hooks.json") {
            try builder.addHooks(ForeignDocument(json: file.bytes, file: file.path), at: ["hooks"])
        }
        for file in source.files where file.name.hasPrefix(prefix + "rules/") {
            builder.copyRules(file, to: "codex-\(PathText.name(file.name))")
        }
        for name in ["AGENTS.md", "AGENTS.override.md"] {
            if let file = source.file(name) { builder.copy(file, to: name, "copy the instructions for all projects") }
        }
        return builder.finished()
    }

    private static let profileSuffix = ".config.toml"

    private static func addSettings(
        _ document: ForeignDocument, _ builder: inout PlanBuilder, to target: (file: String, Origin.Layer)? = nil
    ) throws(LockgateError) {
        for (name, value) in document.root["mcp_servers"]?.object?.members ?? [] where value.object != nil {
            builder.leave(
                "mcp_servers.\(name)", document.place(of: ["mcp_servers", name]),
                "there is no MCP client here yet, so the server was not taken over")
        }
        try builder.addHooks(document, at: ["hooks"])
        let neverAsks = document.root["approval_policy"]?.string == "never"
        let isOpen = document.root["sandbox_mode"]?.string == "danger-full-access"
        var projects: SourcePlace?
        for setting in document.settings() {
            let first = setting.path[0]
            switch first {
            case "mcp_servers", "hooks": continue
            case "projects":
                if projects == nil { projects = document.place(of: ["projects"]) }
                continue
            case "tui":
                builder.leave(
                    setting.key, setting.place, "its keys have other names here: see [tui] in docs/configuration.md")
                continue
            case "notify":
                builder.leave(
                    setting.key, setting.place, "there is no such setting here",
                    "write a Stop hook: docs/hooks.md says how")
                continue
            default: break
            }
            if let danger = danger(setting, neverAsks: neverAsks, isOpen: isOpen) {
                builder.leave(
                    "\(setting.key) = \(TOMLText.inline(setting.value))", setting.place, danger,
                    "if you want it all the same: \(command(setting))")
            } else if isSecret(setting) {
                builder.leave(
                    setting.key, setting.place, "it looks like a key, and keys are never copied",
                    "put it into an environment variable and name that in model_providers.<id>.env_key or env_http_headers"
                )
            } else {
                try builder.set(setting, in: target?.file, layer: target?.1)
            }
        }
        if let projects {
            builder.leave(
                "projects", projects, "trust is not brought over", "review a project here: lockgate trust")
        }
    }

    /// Why a setting that takes protection away is not set silently; nil for all others.
    private static func danger(_ setting: ForeignSetting, neverAsks: Bool, isOpen: Bool) -> String? {
        switch (setting.key, setting.value) {
        case ("sandbox_mode", "danger-full-access"): "it takes the sandbox away"
        case ("approval_policy", "never") where isOpen: "together with danger-full-access nothing would hold commands"
        case ("sandbox_workspace_write.network_access", true): "it opens the whole network to every command"
        case ("shell_environment_policy.ignore_default_excludes", true): "it hands variables with keys to every command"
        default: nil
        }
    }

    private static func command(_ setting: ForeignSetting) -> String {
        let value = setting.value.string ?? setting.value.text
        return "lockgate config set \(setting.key) \(value)"
    }

    private static func isSecret(_ setting: ForeignSetting) -> Bool {
        guard let text = setting.value.string else { return false }
        if SecretShape.firstKey(in: Array(text.utf8)) != nil || SecretShape.holdsPassword(text) { return true }
        let table = setting.path.dropLast().last
        guard
            table == "http_headers" || table == "query_params"
                || setting.path.starts(with: ["shell_environment_policy", "set"])
        else { return false }
        return SecretShape.isSecret(name: setting.path.last ?? "") || SecretShape.isSecret(value: text)
    }
}
