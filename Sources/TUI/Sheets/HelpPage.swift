package import Terminal

/// Commands and keys.
package enum HelpPage {
    private static let keys: [(String, [(String, String)])] = [
        (
            "While writing",
            [
                ("Enter", "sends; while the agent works it tells it at once"),
                ("Tab", "keeps the text for when the turn is over"),
                ("Shift-Enter, Alt-Enter, Ctrl-J, \\ Enter", "a new line"),
                ("@", "finds a file"), ("/", "lists commands"), ("!command", "runs a command of yours in the sandbox"),
                ("↑ ↓, Ctrl-R", "what was asked before, and a search in it"),
                ("Ctrl-G", "the text in your editor (VISUAL, EDITOR)"), ("Ctrl-_", "undoes a change of the text"),
                ("Ctrl-A Ctrl-E Alt-B Alt-F", "line and word moves"), ("Ctrl-W Ctrl-U Ctrl-K Ctrl-Y", "cut and paste"),
            ]
        ),
        (
            "At any time",
            [
                ("Esc", "interrupts the turn; twice in peace edits your last message"),
                ("Ctrl-C", "empties the text, interrupts; twice leaves"),
                ("Ctrl-T", "everything so far, with whole outputs"),
                ("Ctrl-L", "draws the screen anew"), ("Ctrl-Z", "suspends; fg comes back"), ("Ctrl-D", "leaves"),
            ]
        ),
        (
            "Questions",
            [
                ("↑ ↓ Enter, 1 to 9", "an answer, as far as it reaches"), ("y, n", "yes this once, no"),
                ("Esc", "no, and the turn ends"), ("PgUp PgDn", "more of the change or the script"),
            ]
        ),
    ]

    package static var lines: [StyledLine] {
        var lines = [StyledLine("Commands", Theme.heading)]
        for command in SlashCommand.allCases { lines.append(row("/" + command.rawValue, command.summary)) }
        for (title, keys) in keys {
            lines += [.empty, StyledLine(title, Theme.heading)]
            for (key, meaning) in keys { lines.append(row(key, meaning)) }
        }
        return lines
    }

    private static func row(_ name: String, _ text: String) -> StyledLine {
        let space = String(repeating: " ", count: max(2, 30 - DisplayWidth.of(name)))
        var line = StyledLine([Span("  \(name)", .bold), Span(space + text)])
        line.hang = 32
        return line
    }
}
