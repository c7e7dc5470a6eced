/// A file or folder in a project that some program runs or obeys without asking: the way from an agent's edit to code
/// outside the sandbox.
///
/// Commands find what exists of it read-only, file tools refuse to write it, and what changes anyway is reported.
package struct AutoRunFile: Sendable, Hashable {
    /// Relative to the folder of the project, or of a part of it.
    package let path: String
    /// Who would run or obey it, for a sentence.
    package let runner: String
    /// Whether it stays as it is; else a change is only reported, since editing it is ordinary work too.
    package let isProtected: Bool

    private init(_ path: String, _ runner: String, isProtected: Bool = true) {
        self.path = path
        self.runner = runner
        self.isProtected = isProtected
    }

    package static let all: [AutoRunFile] =
        of("lockgate", [".lockgate"])
        + of("agents that share settings", [".agents", ".agent", ".mcp.json"])
        + of("Codex", [".codex"])
        + of(
            "Claude Code",
            [
                ".claude/settings.json", ".claude/settings.local.json", ".claude/commands", ".claude/agents",
                ".claude/hooks", ".claude/skills", ".claude/plugins",
            ])
        + of("Gemini CLI", [".gemini"])
        + of("Cursor", [".cursor/mcp.json", ".cursor/hooks.json", ".cursor/rules", ".cursor/environment.json"])
        + of("Windsurf", [".windsurf"]) + of("Cline", [".clinerules"]) + of("Continue", [".continue"])
        + of("opencode", [".opencode", "opencode.json"]) + of("Crush", [".crush.json"]) + of("Goose", [".goose"])
        + of(
            "VS Code",
            [
                ".vscode/tasks.json", ".vscode/settings.json", ".vscode/launch.json", ".vscode/extensions.json",
                ".vscode/mcp.json",
            ])
        + of("JetBrains IDEs", [".idea/runConfigurations", ".idea/workspace.xml"])
        + of("Zed", [".zed/settings.json", ".zed/tasks.json"])
        + of("Vim and Neovim", [".nvimrc", ".exrc", ".nvim.lua"]) + of("Emacs", [".dir-locals.el"])
        + of("direnv", [".envrc", ".direnvrc"]) + of("dev containers", [".devcontainer", ".devcontainer.json"])
        + of(
            "git hooks", [".husky", ".pre-commit-config.yaml", "lefthook.yml", ".lefthook.yml"], isProtected: false)

    private static func of(_ runner: String, _ paths: [String], isProtected: Bool = true) -> [AutoRunFile] {
        paths.map { AutoRunFile($0, runner, isProtected: isProtected) }
    }

    /// By the first name of the path, in lower case: some file systems know no case.
    private static let byFirstName: [String: [(names: [String], file: AutoRunFile)]] = Dictionary(
        grouping: all.map { ($0.path.split(separator: "/").map(String.init), $0) }, by: { $0.0[0] })

    /// The names that a listing is searched for.
    package static let firstNames = Set(byFirstName.keys)

    /// The entries whose path begins with this name.
    package static func entries(under name: String) -> [AutoRunFile] {
        byFirstName[name.lowercased(), default: []].map(\.file)
    }

    /// What these names of a path, from a root on, belong to at any depth. `.git` is judged by `GitFile`.
    package static func matching(_ names: some Collection<String>) -> AutoRunFile? {
        var rest = names[...]
        while let first = rest.first {
            let lower = first.lowercased()
            if let candidates = byFirstName[lower] {
                let below = rest.map { $0.lowercased() }
                if let match = candidates.first(where: { below.starts(with: $0.names) }) { return match.file }
            }
            rest = rest.dropFirst()
        }
        return nil
    }
}

/// The parts of a git folder from which git runs programs, or is led to where it does.
package enum GitFile {
    private static let guarded: Set<String> = [
        "hooks", "config", "config.worktree", "commondir", "gitdir",
    ]

    /// The guarded part that these names of a path lie in, such as `.git/hooks`; nil for the rest of a git folder.
    package static func guarded(_ names: some Collection<String>) -> String? {
        guard let git = names.firstIndex(where: { $0.lowercased() == ".git" }) else { return nil }
        let inside = names[names.index(after: git)...]
        guard !inside.isEmpty else { return ".git" }
        let isNested = ["modules", "worktrees"].contains(inside.first ?? "")
        guard let name = isNested ? inside.first(where: guarded.contains) : inside.first(where: { _ in true }),
            guarded.contains(name)
        else { return nil }
        return ".git/\(name)"
    }
}
