/// The first words of a command that say what it does, where there are such.
///
/// This is a list of what is known, not of what is dangerous: shells, interpreters, wrappers, and programs whose next
/// argument may name any file or code are not in it, and get no prefix. Verbs that run a program of the caller's choice
/// (`cargo run`, `npm exec`, `git bisect`) are left out as well.
enum PrefixWords {
    private static let verbs: [String: Set<String>] = [
        "cargo": [
            "add", "bench", "build", "check", "clean", "clippy", "doc", "fetch", "fmt", "test", "tree", "update",
        ],
        "dotnet": ["build", "clean", "restore", "test"],
        "git": [
            "add", "branch", "checkout", "cherry-pick", "commit", "diff", "fetch", "log", "merge", "mv", "pull", "push",
            "reset", "restore", "revert", "rm", "show", "stash", "status", "switch", "tag",
        ],
        "go": ["build", "fmt", "get", "list", "mod", "test", "vet"],
        "gradle": ["assemble", "build", "check", "clean", "test"],
        "kubectl": ["describe", "get", "logs"],
        "mvn": ["clean", "compile", "install", "package", "test", "verify"],
        "npm": ["ci", "install", "list", "ls", "outdated", "test", "uninstall", "update", "view"],
        "pip": ["check", "download", "freeze", "install", "list", "show", "uninstall"],
        "pip3": ["check", "download", "freeze", "install", "list", "show", "uninstall"],
        "pnpm": ["add", "install", "list", "outdated", "remove", "test", "update", "why"],
        "poetry": ["add", "build", "install", "lock", "remove", "show", "update"],
        "swift": ["build", "test"],
        "terraform": ["fmt", "init", "plan", "validate"],
        "uv": ["add", "lock", "remove", "sync", "tree"],
        "yarn": ["add", "install", "list", "outdated", "remove", "test", "why"],
    ]

    /// Nil where only the whole command line says what it does.
    static func of(_ argv: [String]) -> [String]? {
        guard argv.count > 1, verbs[argv[0]]?.contains(argv[1]) == true else { return nil }
        return Array(argv.prefix(2))
    }
}
