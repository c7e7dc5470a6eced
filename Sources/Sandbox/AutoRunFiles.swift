/// Files in a project that some program runs or obeys without asking: the way from an agent's edit to code outside the
/// sandbox. What exists is read-only to commands; what appears is reported (`sensitive_changes`).
package enum AutoRunFiles {
    /// Read-only where they exist, relative to the workspace.
    static let protected = [
        ".lockgate", ".agents", ".agent",
        ".codex", ".mcp.json", ".claude/settings.json", ".claude/settings.local.json", ".claude/commands",
        ".claude/agents",
        ".claude/hooks", ".claude/skills", ".claude/plugins", ".gemini", ".cursor/mcp.json", ".cursor/hooks.json",
        ".cursor/rules", ".cursor/environment.json", ".windsurf", ".clinerules", ".continue", ".opencode",
        "opencode.json", ".crush.json", ".goose",
        ".vscode/tasks.json", ".vscode/settings.json", ".vscode/launch.json", ".vscode/extensions.json",
        ".vscode/mcp.json", ".idea/runConfigurations", ".idea/workspace.xml", ".zed/settings.json", ".zed/tasks.json",
        ".nvimrc",
        ".exrc", ".nvim.lua", ".dir-locals.el", ".envrc", ".direnvrc", ".devcontainer", ".devcontainer.json",
    ]

    /// The agent's own configuration: where it is missing it cannot be created either (CVE-2026-25725 is this gap).
    static let reserved = [".lockgate", ".agents", ".agent"]
}
