package import Terminal

/// Entries and texts as lines for pages, which are cut to the screen later.
package enum EntryText {
    private static let width = 100
    /// Lines of code are broken once, by the page.
    private static let diffWidth = 1000

    package static func lines(_ entries: some Collection<TranscriptEntry>) -> [StyledLine] {
        ScreenView.transcript(Array(entries)[...], width: width, isExpanded: false, folder: "")
    }

    package static func diff(_ diff: String) -> [StyledLine] { DiffView(width: diffWidth).lines(diff) }

    package static func plain(_ text: String) -> [StyledLine] { text.lines.map { StyledLine($0) } }
}
