/// The moments at which hooks run. Names are Codex's, which are Claude Code's where both have them.
package enum HookEvent: String, Sendable, Hashable, CaseIterable {
    /// Before an effect: may refuse it, ask about it, or give it other input.
    case preToolUse = "PreToolUse"
    /// Before anybody is asked about an effect: may answer instead.
    case permissionRequest = "PermissionRequest"
    /// After an effect: may replace what the model reads of it.
    case postToolUse = "PostToolUse"
    case preCompact = "PreCompact"
    case postCompact = "PostCompact"
    case sessionStart = "SessionStart"
    case sessionEnd = "SessionEnd"
    case userPromptSubmit = "UserPromptSubmit"
    /// Nothing starts subagents yet, so nothing fires these two.
    case subagentStart = "SubagentStart"
    case subagentStop = "SubagentStop"
    /// Before a turn ends well: may send the model back to work, once.
    case stop = "Stop"
    case interrupt = "Interrupt"

    /// What a hook of this event does about a failure of its own unless its definition says otherwise.
    package var failsClosed: Bool { self == .preToolUse || self == .permissionRequest }

    /// The longest that hooks of this event may take, whatever their definition says; nil for no bound. Somebody waits
    /// for the program to end then.
    package var longest: Duration? {
        switch self {
        case .sessionEnd, .interrupt: .seconds(3)
        default: nil
        }
    }

    /// What a `matcher` is compared with; nil for events that have nothing to match.
    package var matcherSubject: String? {
        switch self {
        case .preToolUse, .permissionRequest, .postToolUse: "the tool's name"
        case .sessionStart: "startup or resume"
        case .sessionEnd: "the reason"
        case .preCompact, .postCompact: "auto or manual"
        case .subagentStart, .subagentStop: "the subagent's type"
        case .userPromptSubmit, .stop, .interrupt: nil
        }
    }

    /// Whether text that is no JSON is context for the model; for others it is a failure.
    package var takesPlainText: Bool {
        self == .sessionStart || self == .userPromptSubmit || self == .subagentStart
    }

    /// Whether there is something that a hook can still keep from happening or undo in the model's eyes.
    package var canBlock: Bool {
        switch self {
        case .preToolUse, .permissionRequest, .postToolUse, .preCompact, .userPromptSubmit, .stop, .subagentStop: true
        case .postCompact, .sessionStart, .sessionEnd, .subagentStart, .interrupt: false
        }
    }
}
