package import Terminal
package import Wire

/// Commands and keys, as they are now.
package enum HelpPage {
    private static let sections: [(title: String, contexts: [KeyAction.Context])] = [
        ("While writing", [.composer, .editor]), ("At any time", [.chat, .global]),
        ("Questions", [.approval, .confirm]),
        ("Lists", [.list]), ("Pages", [.pager]), ("Boards", [.board]), ("/review", [.review]),
        ("/attempts", [.attempts]), ("/worktrees", [.worktrees]), ("/hooks", [.hooks]), ("/resume", [.sessions]),
        ("/ps", [.terminals]),
    ]

    /// What is typed rather than pressed.
    private static let signs = [
        ("@", "finds a file; an image's path attaches the image"), ("/", "lists commands"),
        ("!command", "runs a command of yours in the sandbox"),
    ]

    /// - Parameters:
    ///   - here: where one is, in words, and the contexts that count there.
    ///   - whole: whether commands and the keys of all other places follow.
    package static func lines(
        _ keymap: Keymap, here: (name: String, contexts: [KeyAction.Context]), whole: Bool
    ) -> [StyledLine] {
        var lines: [StyledLine] = []
        lines += section("Keys \(here.name)", here.contexts, keymap)
        if whole {
            lines += [.empty, StyledLine("Commands", Theme.heading)]
            for command in SlashCommand.allCases {
                lines.append(row("/" + command.rawValue, command.summary, column: 14))
            }
        }
        let others = whole ? sections : [("At any time", [.global])]
        for (title, contexts) in others where Set(contexts).isDisjoint(with: here.contexts) {
            lines += [.empty] + section(title, contexts, keymap)
        }
        lines += [.empty, StyledLine("Other keys: [tui.keymap] in the configuration", Theme.dim)]
        return lines
    }

    private static func section(
        _ title: String, _ contexts: [KeyAction.Context], _ keymap: Keymap
    ) -> [StyledLine] {
        var lines = [StyledLine(title, Theme.heading)]
        if contexts.contains(.composer) { lines += signs.map(row) }
        for context in contexts {
            for action in KeyAction.allCases where action.context == context {
                lines.append(row(keymap.label(action), action.summary))
            }
        }
        return lines
    }

    private static func row(_ name: String, _ text: String) -> StyledLine { row(name, text, column: 30) }

    private static func row(_ name: String, _ text: String, column: Int) -> StyledLine {
        let space = String(repeating: " ", count: max(2, column - DisplayWidth.of(name)))
        var line = StyledLine([Span("  \(name)", .bold), Span(space + text)])
        line.hang = column + 2
        return line
    }
}
