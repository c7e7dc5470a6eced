/// Paths in the text of an answer.
enum MarkdownPath {
    /// Files that have no extension.
    private static let knownNames: Set<String> = [
        "Containerfile", "Dockerfile", "Gemfile", "Justfile", "LICENSE", "Makefile", "README", "Rakefile",
    ]

    /// The path that a line consists of, but for the marks of a heading, emphasis or code around it; nil for any other
    /// line. A word counts as a path if it has a dot within or a slash, or is one of the known names.
    static func bare(_ line: ArraySlice<UInt8>) -> String? {
        let isMark: (UInt8) -> Bool = { byte in
            byte == 0x20 || byte == 0x09
                || [UInt8(ascii: "*"), UInt8(ascii: "#"), UInt8(ascii: ":"), UInt8(ascii: "`")].contains(byte)
        }
        var word = line.trimmed.drop(while: isMark)
        while let last = word.last, isMark(last) { word = word.dropLast() }
        guard !word.isEmpty, word.allSatisfy(isPathByte), word.last != UInt8(ascii: "."),
            word.last != UInt8(ascii: "/")
        else { return nil }
        let text = String(decoding: word, as: UTF8.self)
        // An address is not a path, and a number with a point is not one either.
        guard !text.contains("//"), word.contains(where: isLetter) else { return nil }
        let isPath = word.dropFirst().contains(UInt8(ascii: ".")) || word.contains(UInt8(ascii: "/"))
        guard isPath || knownNames.contains(text) else { return nil }
        return text.hasPrefix("./") ? String(text.dropFirst(2)) : text
    }

    /// The paths between backticks in some lines, each once, in order.
    static func quoted(in lines: ArraySlice<ArraySlice<UInt8>>) -> [String] {
        var found: [String] = []
        for line in lines {
            let parts = line.split(separator: UInt8(ascii: "`"), omittingEmptySubsequences: false)
            // Every second part lies between two backticks, but for one that is never closed.
            for index in stride(from: 1, to: parts.count - 1, by: 2) {
                guard let path = bare(parts[index]), !found.contains(path) else { continue }
                found.append(path)
            }
        }
        return found
    }

    /// The paths with a slash among the plain words of some lines, each once, in order: for prose that names a file
    /// without marks. A bare name such as `a.py` may stand for the subject and not for the file that is meant.
    static func unquoted(in lines: ArraySlice<ArraySlice<UInt8>>) -> [String] {
        let punctuation = Set(",;:!?()[]'\"*".utf8)
        var found: [String] = []
        for line in lines {
            for part in line.split(separator: UInt8(ascii: " ")) {
                var word = part.drop { punctuation.contains($0) }
                // A sentence's full stop is no part of a path.
                while let last = word.last, punctuation.contains(last) || last == UInt8(ascii: ".") {
                    word = word.dropLast()
                }
                guard let path = bare(word), path.contains("/"), !found.contains(path) else { continue }
                found.append(path)
            }
        }
        return found
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "/"), UInt8(ascii: "+"):
            true
        default: isLetter(byte)
        }
    }
}
