package import Terminal
import Wire

/// Commands and keys, as they are now.
package enum HelpPage {
    private static let sections: [(title: String, context: [KeyAction.Context])] = [
        ("While writing", [.composer, .editor]), ("At any time", [.chat, .global]), ("Questions", [.approval]),
        ("Lists", [.list]), ("Pages", [.pager]),
    ]

    /// What is typed rather than pressed.
    private static let signs = [
        ("@", "finds a file; an image's path attaches the image"), ("/", "lists commands"),
        ("!command", "runs a command of yours in the sandbox"),
    ]

    package static func lines(_ keymap: Keymap) -> [StyledLine] {
        var lines = [StyledLine("Commands", Theme.heading)]
        for command in SlashCommand.allCases { lines.append(row("/" + command.rawValue, command.summary)) }
        for (title, contexts) in sections {
            lines += [.empty, StyledLine(title, Theme.heading)]
            if contexts.contains(.composer) { lines += signs.map(row) }
            for context in contexts {
                for action in KeyAction.allCases where action.context == context {
                    lines.append(row(keymap.label(action), action.summary))
                }
            }
        }
        lines += [.empty, StyledLine("Other keys: [tui.keymap] in the configuration", Theme.dim)]
        return lines
    }

    private static func row(_ name: String, _ text: String) -> StyledLine {
        let space = String(repeating: " ", count: max(2, 30 - DisplayWidth.of(name)))
        var line = StyledLine([Span("  \(name)", .bold), Span(space + text)])
        line.hang = 32
        return line
    }
}
