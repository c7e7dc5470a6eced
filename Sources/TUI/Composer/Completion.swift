import Text

/// What could be meant by what stands at the cursor: a command after a slash, a file after an at sign.
package struct Completion: Sendable, Hashable {
    package struct Item: Sendable, Hashable {
        /// What is put in.
        package var text: String
        package var summary: String
        /// Characters of `text` that were typed, as offsets of bytes.
        package var positions: [Int]
    }

    package enum Kind: Sendable, Hashable { case command, file }

    package var kind: Kind
    /// The characters that are replaced.
    package var range: Range<Int>
    package var items: [Item]
    package var selected = 0

    static let limit = 8

    /// - Parameter files: nil while they are still being read; then the list is empty.
    /// - Returns: nil where nothing at the cursor asks for a list.
    init?(_ editor: TextEditor, files: PathIndex?) {
        let text = editor.text
        if text.first == "/", !text[..<editor.cursor].contains(where: \.isWhitespace) {
            let typed = String(text[1..<max(1, editor.cursor)])
            let pattern = Array(typed.lowercased().utf8)
            kind = .command
            range = 0..<editor.cursor
            let found = SlashCommand.allCases.filter { $0.rawValue.contains(typed.lowercased()) || typed.isEmpty }
            // What begins so before what only holds it.
            items = (found.filter { $0.rawValue.hasPrefix(typed) } + found.filter { !$0.rawValue.hasPrefix(typed) }).map
            {
                let match = FuzzyMatch(pattern, in: Array($0.rawValue.utf8))
                return Item(
                    text: "/" + $0.rawValue, summary: $0.summary, positions: (match?.positions ?? []).map { $0 + 1 })
            }
            if items.isEmpty { return nil }
            return
        }
        guard let at = text[..<editor.cursor].lastIndex(of: "@"),
            at == 0 || text[at - 1].isWhitespace || "([\"'".contains(text[at - 1]),
            !text[at..<editor.cursor].contains(where: \.isWhitespace)
        else { return nil }
        kind = .file
        range = at..<editor.cursor
        let typed = String(text[(at + 1)..<editor.cursor])
        items = (files?.best(typed, limit: Self.limit) ?? []).map {
            Item(text: $0.path, summary: "", positions: $0.positions)
        }
    }

    package mutating func move(_ step: Int) {
        guard !items.isEmpty else { return }
        selected = (selected + step + items.count) % items.count
    }
}
