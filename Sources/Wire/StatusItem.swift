/// What the status line can show, in the order in which it is shown. The raw value is what `tui.status_line` lists.
package enum StatusItem: String, Sendable, Hashable, CaseIterable {
    case folder = "current-dir"
    case model, permissions, network, enforcement, tokens, cost
    case context = "context-left"
    case session, keys

    /// What is shown where nobody says otherwise.
    package static let standard: [StatusItem] = [
        .model, .permissions, .network, .enforcement, .tokens, .cost, .context, .keys,
    ]

    package var summary: String {
        switch self {
        case .folder: "the folder that is worked in"
        case .model: "the model"
        case .permissions: "what the agent may do"
        case .network: "whether commands have a network"
        case .enforcement: "what the sandbox enforces here"
        case .tokens: "tokens that the session has used"
        case .cost: "what it has cost, where prices are known"
        case .context: "how much of the model's context is left"
        case .session: "the beginning of the session's id"
        case .keys: "the key that lists keys"
        }
    }
}

/// What the window's title can show. The raw value is what `tui.terminal_title` lists.
package enum TitleItem: String, Sendable, Hashable, CaseIterable {
    case state, project, model, session

    package var summary: String {
        switch self {
        case .state: "whether it works, asks or waits"
        case .project: "the name of the folder"
        case .model: "the model"
        case .session: "the beginning of the session's id"
        }
    }
}
