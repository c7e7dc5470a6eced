/// What can be said after a slash. Names are Codex's where the meaning is the same.
package enum SlashCommand: String, Sendable, Hashable, CaseIterable {
    case help, status, model, permissions, diff, review, undo, attempts, worktrees, hooks, audit, usage, doctor, config
    case explain, plan, resume, rename, new, copy, transcript, quit

    package var summary: String {
        switch self {
        case .help: "all commands and keys"
        case .status: "session, policy with origins, enforcement, usage"
        case .model: "another model for what follows: /model NAME"
        case .permissions: "what the agent may do: read-only, workspace-write, danger-full-access"
        case .diff: "what the agent has changed since the session began"
        case .review: "what is staged or changed, by file and hunk: apply, drop, take back"
        case .attempts: "compare the attempts of exec --attempts, and take one over"
        case .worktrees: "managed worktrees: what changed, merge, hand over, remove"
        case .hooks: "which hooks count, and review of those that wait for it"
        case .audit: "whether this session's record verifies, and what proves it"
        case .usage: "what was spent: session, day, project, model; budgets left"
        case .doctor: "what the sandbox enforces on this machine, and what to mend"
        case .config: "what is configured and where: /config KEY explains one"
        case .undo: "take back what turns changed, with a preview"
        case .explain: "why a command would be allowed or not: /explain COMMAND"
        case .plan: "the agent's plan as it stands"
        case .resume: "go on with an earlier session"
        case .rename: "give this session a name: /rename NAME"
        case .new: "begin a new session in this folder"
        case .copy: "put the agent's last message into the clipboard"
        case .transcript: "everything so far, with whole outputs (Ctrl-T)"
        case .quit: "leave; the session can be resumed"
        }
    }

    /// Other names for the same.
    private static let aliases: [String: SlashCommand] = [
        "exit": .quit, "q": .quit, "clear": .new, "approvals": .permissions, "sessions": .resume,
        "worktree": .worktrees, "debug-config": .config, "keys": .help,
        "?": .help,
    ]

    /// - Parameter line: a whole line that begins with a slash.
    /// - Returns: nil for what is no command: a path, for example, is text for the agent.
    package static func parse(_ line: String) -> (SlashCommand, argument: String)? {
        guard line.hasPrefix("/"), !line.contains("\n") else { return nil }
        let parts = line.dropFirst().split(separator: " ", maxSplits: 1)
        guard let name = parts.first.map(String.init), let command = SlashCommand(rawValue: name) ?? aliases[name]
        else {
            return nil
        }
        return (command, parts.count > 1 ? String(parts[1]).trimmedSpaces : "")
    }

    /// Whether it does something only with words behind it, so that choosing it from the list goes on writing.
    var wantsArgument: Bool { self == .explain || self == .rename }
}

extension String {
    var trimmedSpaces: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
