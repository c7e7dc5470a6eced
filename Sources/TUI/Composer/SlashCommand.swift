/// What can be said after a slash. Names are Codex's where the meaning is the same.
package enum SlashCommand: String, Sendable, Hashable, CaseIterable {
    case help, status, model, permissions, plan, diff, review, undo, rewind, explain, todo, attempts, worktrees, hooks,
        mcp, ps, stop
    case audit, usage, recap, doctor, config, resume, fork, rename, new, compact
    case initialise = "init"
    case importSetup = "import"
    case mention, copy, export, theme, statusline, title, vim, archive, delete, transcript, quit

    package var summary: String {
        switch self {
        case .help: "all commands and keys"
        case .status: "session, policy with origins, enforcement, usage"
        case .model: "another model for what follows: /model NAME"
        case .permissions: "what the agent may do from here: /permissions MODE"
        case .diff: "what the agent has changed since the session began"
        case .review: "what is staged or changed: apply, drop, take back"
        case .attempts: "compare the attempts of exec --attempts, and take one over"
        case .worktrees: "managed worktrees: what changed, merge, hand over, remove"
        case .hooks: "which hooks count, and review of those that wait for it"
        case .mcp: "MCP servers: which run, their tools, what is asked about them"
        case .ps: "commands that run in the background, and stopping them"
        case .stop: "stop the commands in the background: /stop [NUMBER]"
        case .audit: "whether this session's record verifies, and what proves it"
        case .usage: "what was spent: session, day, project, model; budgets left"
        case .recap: "what happened since you last wrote, from the record"
        case .statusline: "choose what the line beneath the composer shows"
        case .title: "choose what the window's title shows"
        case .importSetup: "bring over settings and sessions of Codex or Claude Code"
        case .doctor: "what the sandbox enforces on this machine, and what to mend"
        case .config: "what is configured and where: /config KEY explains one"
        case .undo: "take back what turns changed, with a preview"
        case .rewind: "go on from before an earlier message of yours (Esc Esc)"
        case .explain: "why a command would be allowed or not: /explain COMMAND"
        case .plan: "plan mode and back (Shift-Tab), or /plan WHAT"
        case .todo: "the agent's list as it stands"
        case .resume: "go on with an earlier session"
        case .fork: "go on in a new session; this one stays as it is"
        case .compact: "sum the conversation up, so that it takes less room"
        case .initialise: "have AGENTS.md written for this folder"
        case .mention: "name a file (@)"
        case .export: "write this session as a page: /export [FILE]"
        case .theme: "other colours, with a preview"
        case .vim: "vim's keys in the composer, and back"
        case .archive: "put this session away, compressed, and begin a new one"
        case .delete: "delete this session for good, and begin a new one"
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
