/// Which files are tests, and whether a task wants one changed.
///
/// A small model that cannot find the bug likes to change the test instead.
enum TestFile {
    /// By the names that test runners look for.
    static func isTest(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard let name = parts.last?.lowercased() else { return false }
        if parts.dropLast().contains(where: {
            ["test", "tests", "__tests__", "spec", "specs"].contains($0.lowercased())
        }) {
            return true
        }
        let words = name.split { "._-".contains($0) }
        // The last word is the extension.
        return words.first == "test"
            || words.dropLast().dropFirst().contains { ["test", "tests", "spec"].contains($0) }
            || ["tests.swift", "test.swift", "test.java", "tests.java", "test.kt", "tests.cs", "test.php"].contains {
                name.hasSuffix($0)
            }
    }

    /// Whether the task speaks of the file in a sentence that is not about running it or about its failing or passing.
    static func isWanted(_ path: String, task: String) -> Bool {
        sentences(task).contains { sentence in
            let words = sentence.split { " \t`\"'()".contains($0) }.map(Self.plain)
            let isVerdict = words.contains { word in ["fail", "pass", "succe"].contains { word.hasPrefix($0) } }
            return !isVerdict
                && words.indices.contains { index in
                    words[index] == path.lowercased() && !(index > 0 && runners.contains(words[index - 1]))
                }
        }
    }

    private static let runners: Set<String> = [
        "bash", "go", "make", "node", "npx", "perl", "php", "pytest", "python", "python3", "ruby", "run", "running",
        "sh",
    ]

    private static func plain(_ word: Substring) -> String {
        var word = word.lowercased()[...]
        while let last = word.last, ".,:!?".contains(last) { word = word.dropLast() }
        return String(word.hasPrefix("./") ? word.dropFirst(2) : word)
    }

    /// Cut at line ends, semicolons, and full stops before a space.
    private static func sentences(_ text: String) -> [Substring] {
        var sentences: [Substring] = []
        var start = text.startIndex
        var index = start
        while index < text.endIndex {
            let after = text.index(after: index)
            let character = text[index]
            let isStop = ".!?".contains(character) && (after == text.endIndex || text[after].isWhitespace)
            if isStop || character.isNewline || character == ";" {
                sentences.append(text[start..<index])
                start = after
            }
            index = after
        }
        sentences.append(text[start...])
        return sentences
    }
}
