/// What the word behind a fence says of its block.
struct CodeLanguage: Sendable, Hashable {
    enum Role: Sendable, Hashable {
        /// A command to run.
        case shell
        /// Output or an example, of no consequence.
        case sample
        /// A file's text.
        case code
    }

    let role: Role
    private let extensions: Set<String>

    init(_ word: String) {
        role =
            Self.shells.contains(word) ? .shell : word.isEmpty || Self.samples.contains(word) ? .sample : .code
        extensions = Self.extensions[word] ?? [word]
    }

    /// Whether a file of this name can hold such code.
    func fits(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else {
            return extensions.contains(name.lowercased())
        }
        return extensions.contains(name[name.index(after: dot)...].lowercased())
    }

    /// The word for a file's fence; empty where none is needed.
    static func word(for path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = name.lastIndex(of: ".") else { return name == "Makefile" ? "makefile" : "" }
        return words[name[name.index(after: dot)...].lowercased()] ?? ""
    }

    private static let shells: Set<String> = ["bash", "sh", "shell", "console", "zsh", "terminal"]
    private static let samples: Set<String> = ["output", "plain", "plaintext", "stdout", "text", "txt"]

    private static let extensions: [String: Set<String>] = [
        "c": ["c", "h"], "c++": ["cpp", "cc", "cxx", "hpp", "h"], "cpp": ["cpp", "cc", "cxx", "hpp", "h"],
        "csharp": ["cs"], "dockerfile": ["dockerfile"], "golang": ["go"], "html": ["html", "htm"],
        "javascript": ["js", "mjs", "cjs", "jsx"], "js": ["js", "mjs", "cjs", "jsx"], "kotlin": ["kt", "kts"],
        "make": ["makefile", "mk"], "makefile": ["makefile", "mk"], "markdown": ["md"], "perl": ["pl", "pm"],
        "py": ["py"], "python": ["py"], "python3": ["py"], "ruby": ["rb"], "rust": ["rs"],
        "ts": ["ts", "tsx"], "typescript": ["ts", "tsx"], "yaml": ["yaml", "yml"], "yml": ["yaml", "yml"],
    ]

    private static let words: [String: String] = [
        "c": "c", "cc": "cpp", "cpp": "cpp", "cs": "csharp", "css": "css", "go": "go", "h": "c", "hpp": "cpp",
        "html": "html", "java": "java", "js": "javascript", "json": "json", "kt": "kotlin", "lua": "lua",
        "md": "markdown", "mjs": "javascript", "php": "php", "pl": "perl", "py": "python", "rb": "ruby", "rs": "rust",
        "sh": "bash", "sql": "sql", "swift": "swift", "toml": "toml", "ts": "typescript", "yaml": "yaml",
        "yml": "yaml",
    ]
}
