/// What in a line of a message may be a file's path, best first. The policy decides later which of them matter.
enum PathCandidates {
    private static let quotes: [(Character, Character)] = [
        ("'", "'"), ("\"", "\""), ("`", "`"), ("‘", "’"), ("“", "”"), ("`", "'"),
    ]
    private static let most = 4
    /// What dash says before a name.
    private static let shellVerb = "cannot create "

    static func all(in line: String) -> [String] {
        var found: [String] = []
        func add(_ text: some StringProtocol) {
            guard found.count < most, let path = cleaned(text), !found.contains(path) else { return }
            found.append(path)
        }
        for text in quoted(in: line) where isPath(text) { add(text) }
        // `prog: NAME: what went wrong`, where names have spaces too.
        if found.isEmpty {
            for part in line.split(separator: ": ").dropFirst() where part.hasPrefix("/") && !part.contains(" /") {
                // `/opt/x (Read-only file system)`
                add(part.firstRange(of: " (").map { part[..<$0.lowerBound] } ?? part)
            }
        }
        // The words of a quoted path are none of their own.
        if !found.contains(where: { $0.hasPrefix("/") }) {
            let words = line.split { " \t(),;=<>[]\"'`‘’“”".contains($0) }.filter(isPathWord)
            // `/bin/sh: 1: cannot create /opt/x`, `/bin/bash: line 1: f: ...`: a program that speaks begins the line. In
            // `/opt/x: Read-only file system` it is the path.
            let isSpeaker =
                words.first.map { $0.startIndex == line.startIndex && $0.hasSuffix(":") } == true
                && (words.count > 1 || line.split(separator: ": ").count > 2)
            for word in isSpeaker ? words.dropFirst() : words[...] { add(word) }
        }
        // Relative names stand alone between colons: `tar: x.tar: Cannot open: ...`.
        if found.isEmpty {
            for part in line.split(separator: ": ").dropFirst().dropLast() {
                let name = part.hasPrefix(shellVerb) ? part.dropFirst(shellVerb.count) : part
                if isBareName(name) { add(name) }
            }
        }
        return found
    }

    private static func isPathWord(_ word: Substring) -> Bool {
        word.hasPrefix("/") || word.hasPrefix("~/") || word.hasPrefix(".") && word.contains("/")
    }

    private static func quoted(in line: String) -> [Substring] {
        var found: [Substring] = []
        for (open, close) in quotes {
            var rest = line[...]
            while found.count < most, let start = rest.firstIndex(of: open) {
                let inner = rest[rest.index(after: start)...]
                guard let end = inner.firstIndex(of: close) else { break }
                if end > inner.startIndex { found.append(inner[..<end]) }
                rest = inner[inner.index(after: end)...]
            }
        }
        return found
    }

    /// A quoted text that can name a file: one word, or one with slashes. Not an error's name, nor a URL.
    private static func isPath(_ text: Substring) -> Bool {
        guard !text.contains("://"), text.utf8.count < 1024 else { return false }
        if text.hasPrefix("/") || text.hasPrefix("~/") { return true }
        let isWord = !text.contains { " :=<>(){}".contains($0) }
        return isWord && !(text.first == "E" && text.allSatisfy { $0.isUppercase || $0 == "_" })
    }

    private static func isBareName(_ text: Substring) -> Bool {
        !text.isEmpty && !text.contains(" ") && text.contains { $0.isLetter } && !text.contains("://")
            && !text.allSatisfy { $0.isUppercase }
    }

    /// Without what a sentence puts around it: a colon, a full stop, line and column.
    private static func cleaned(_ text: some StringProtocol) -> String? {
        var text = text[...]
        while let last = text.last, ":,;.)".contains(last), text.count > 1 {
            if last == ".", text.hasSuffix("..") { break }
            text = text.dropLast()
        }
        // `file.c:12:3`
        while let colon = text.lastIndex(of: ":"), text[text.index(after: colon)...].allSatisfy(\.isNumber) {
            text = text[..<colon]
        }
        return text.isEmpty || text == "/" || text.hasPrefix("//") ? nil : String(text)
    }
}
