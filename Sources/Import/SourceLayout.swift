/// Where an agent keeps its setup: names below the source's folder.
package struct SourceLayout: Sendable, Hashable {
    /// Files that are read if they are there.
    package var files: [String]
    /// Folders whose files with a suffix are read.
    package var folders: [Folder]
    /// What is only reported: name, why it stays behind, and what to do.
    package var unread: [Unread]

    package struct Folder: Sendable, Hashable {
        /// Empty for the source's own folder.
        package var name: String
        package var suffix: String
    }

    package struct Unread: Sendable, Hashable {
        package var name: String
        package var reason: String
        package var remedy: String?
    }

    /// The user's setup lies in the agent's own folder; a project's is spread over the project, whose root is the source.
    package static func of(_ agent: ImportedAgent, isProject: Bool) -> SourceLayout {
        switch (agent, isProject) {
        case (.codex, false):
            SourceLayout(
                files: ["config.toml", "hooks.json", "AGENTS.md", "AGENTS.override.md"],
                folders: [Folder(name: "", suffix: ".config.toml"), Folder(name: "rules", suffix: ".rules")],
                unread: [
                    login("auth.json"), login(".credentials.json"), skills("skills"), sessions("sessions"),
                    Unread(name: "prompts", reason: "there are no prompts of one's own here"),
                    Unread(name: "memories", reason: "there are no memories here"),
                ])
        case (.codex, true):
            SourceLayout(
                files: [".codex/config.toml", ".codex/hooks.json"],
                folders: [Folder(name: ".codex/rules", suffix: ".rules")],
                unread: [skills(".codex/skills"), skills(".agents/skills")])
        case (.claude, false):
            SourceLayout(
                files: ["settings.json", ".claude.json", "CLAUDE.md"], folders: [],
                unread: [
                    login(".credentials.json"), skills("skills"), sessions("projects"), commands("commands"),
                    agents("agents"), plugins("plugins"), rules("rules"), local("settings.local.json"),
                ])
        case (.claude, true):
            SourceLayout(
                files: [".claude/settings.json", ".mcp.json", "CLAUDE.md", "AGENTS.md"], folders: [],
                unread: [
                    skills(".claude/skills"), commands(".claude/commands"), agents(".claude/agents"),
                    rules(".claude/rules"), local(".claude/settings.local.json"), local("CLAUDE.local.md"),
                    Unread(
                        name: ".claude/CLAUDE.md", reason: "instructions are read beside the code, not from there",
                        remedy: "move it to AGENTS.md or CLAUDE.md in the project's root"),
                ])
        }
    }

    private static func skills(_ name: String) -> Unread { Unread(name: name, reason: "there are no skills here yet") }

    private static func commands(_ name: String) -> Unread {
        Unread(name: name, reason: "there are no commands of one's own here")
    }

    private static func agents(_ name: String) -> Unread {
        Unread(name: name, reason: "there are no subagents here yet")
    }

    private static func plugins(_ name: String) -> Unread { Unread(name: name, reason: "there are no plugins here") }

    private static func rules(_ name: String) -> Unread {
        Unread(name: name, reason: "instructions by path are not read here", remedy: "put what matters into AGENTS.md")
    }

    private static func sessions(_ name: String) -> Unread {
        Unread(name: name, reason: "conversations are not brought over")
    }

    private static func login(_ name: String) -> Unread {
        Unread(
            name: name, reason: "keys and log-ins are never copied, and the file was not opened",
            remedy: "put the key into the environment variable that the provider's env_key names")
    }

    private static func local(_ name: String) -> Unread {
        Unread(
            name: name,
            reason: "it is personal, and the place it would go to is not that of one project and one person",
            remedy: "set what you need with `lockgate config set`")
    }
}
