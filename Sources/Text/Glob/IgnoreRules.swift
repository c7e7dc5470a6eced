/// The rules of one `.gitignore` (or `.git/info/exclude`), as gitignore(5) describes them.
package struct IgnoreRules: Sendable, Hashable {
    private struct Rule: Sendable, Hashable {
        let glob: GlobPath
        /// Matched against the last name alone: the pattern had no slash but at its end.
        let isName: Bool
        let folderOnly: Bool
        let isNegated: Bool
    }

    private let rules: [Rule]

    /// Reads a file's rules.
    ///
    /// Lines that can never match are dropped, as git ignores them too.
    package init(_ bytes: [UInt8]) {
        let text = TextLines(bytes)
        rules = (0..<text.count).compactMap { line in
            var content = text.content(line)
            if line == 0, content.starts(with: [0xEF, 0xBB, 0xBF]) { content = content.dropFirst(3) }
            // git cuts one CR at a line's end, also where the file's last line has no LF.
            if line == text.count - 1, text.lacksFinalNewline, content.last == 0x0D { content = content.dropLast() }
            return Self.rule(content)
        }
    }

    package var isEmpty: Bool { rules.isEmpty }

    /// What the last rule that fits says: true for ignored, false for taken back in by `!`, nil if none fits.
    ///
    /// - Parameters:
    ///   - names: the path from the folder that holds the rules, cut at slashes.
    ///   - isFolder: whether the path is a folder, since rules that end in a slash mean folders only.
    func verdict(_ names: ArraySlice<ArraySlice<UInt8>>, isFolder: Bool) -> Bool? {
        let name = names.suffix(1)
        let last = rules.last { rule in
            (isFolder || !rule.folderOnly) && rule.glob.matches(rule.isName ? name : names)
        }
        return last.map { !$0.isNegated }
    }

    private static func rule(_ line: ArraySlice<UInt8>) -> Rule? {
        if line.first == UInt8(ascii: "#") { return nil }
        var pattern = trimmingSpaces(line)
        let isNegated = pattern.first == UInt8(ascii: "!")
        if isNegated { pattern = pattern.dropFirst() }
        let folderOnly = pattern.last == UInt8(ascii: "/")
        if folderOnly { pattern = pattern.dropLast() }
        let isName = !pattern.contains(UInt8(ascii: "/"))
        if pattern.first == UInt8(ascii: "/") { pattern = pattern.dropFirst() }
        guard !pattern.isEmpty, let glob = GlobPath(pattern) else { return nil }
        return Rule(glob: glob, isName: isName, folderOnly: folderOnly, isNegated: isNegated)
    }

    /// Without spaces at the end, unless a `\` stands before the first of them that would go.
    private static func trimmingSpaces(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = line.startIndex
        var at = line.startIndex
        while at < line.endIndex {
            if line[at] == UInt8(ascii: "\\") {
                at = min(at + 2, line.endIndex)
                end = at
            } else {
                if line[at] != 0x20 { end = at + 1 }
                at += 1
            }
        }
        return line[..<end]
    }
}
