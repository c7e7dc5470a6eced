/// Finds a comment that stands for lines a model was too lazy to write, as in "# ... rest of the code".
///
/// Written into a file it would delete what it stands for.
enum ElidedText {
    /// Whether the new text has such a line that the old one has not.
    static func isElided(_ new: String, old: [UInt8]?) -> Bool {
        // The system prompt's own example.
        if new == "all lines of the file\n" { return true }
        guard let old else { return false }
        let before = Set(old.split(separator: 0x0A).map { $0.trimmed })
        return Array(new.utf8).split(separator: 0x0A).contains { line in
            let text = line.trimmed
            return standsForLines(text) && !before.contains(text)
        }
    }

    private static func standsForLines(_ line: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: line, as: UTF8.self)
        guard let mark = marks.first(where: text.hasPrefix) else { return false }
        let words = text.dropFirst(mark.count).drop(while: \.isWhitespace).lowercased()
        return starts.contains { words.hasPrefix($0) }
    }

    private static let marks = ["#", "//", "/*", "<!--", "--", "%", ";"]
    private static let starts = [
        "...", "…", "existing code", "other code", "rest of the", "same as before", "the rest of the", "unchanged",
    ]
}
