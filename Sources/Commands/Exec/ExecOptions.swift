/// What can be said after `lockgate exec`, as plain values; `ExecCommand` documents each.
struct ExecOptions: Sendable, Hashable {
    var words: [String] = []
    var run = RunOptions()
    var json = false
    var image: [String] = []
    var check: [String] = []
    var checkAttempts: Int?
    var outputSchema: String?
    var outputLastMessage: String?
    var ephemeral = false
    var stage = false
    var ask = false
    var skipGitRepoCheck = false
    var color = "auto"
    /// Empty for one without a name of its own.
    var worktree: String?
    var carry = false
    var attempts: Int?
    var models: String?
}

extension ExecOptions {
    static let flags = RunOptions.flags.union([
        "--json", "--experimental-json", "--ephemeral", "--stage", "--ask", "--skip-git-repo-check", "--carry",
    ])
    static let valued = RunOptions.valued.union([
        "-i", "--image", "--check", "--check-attempts", "--output-schema", "-o", "--output-last-message", "--color",
        "--attempts", "--models", "--worktree",
    ])
    private static let spellings = RunOptions.spellings.merging([
        "-i": "--image", "-o": "--output-last-message", "--experimental-json": "--json",
    ]) { $1 }
    private static let repeatable = RunOptions.repeatable.union(["--image", "--check"])

    /// Reads what follows the program's name, if it is a plain `exec` line; see `PlainArguments`.
    init?(plain arguments: some Collection<String>) {
        guard let verb = arguments.first, verb == "exec" || verb == "e",
            let plain = PlainArguments(
                Array(arguments)[1...], flags: Self.flags, options: Self.valued, repeatable: Self.repeatable,
                spellings: Self.spellings)
        else { return nil }
        self.init()
        for token in plain.tokens {
            switch token {
            case .word(let word): words.append(word)
            case .flag(let name): set(name)
            case .option(let name, let value): guard set(name, to: value) else { return nil }
            }
        }
    }

    private mutating func set(_ flag: String) {
        switch flag {
        case "--json": json = true
        case "--ephemeral": ephemeral = true
        case "--stage": stage = true
        case "--ask": ask = true
        case "--skip-git-repo-check": skipGitRepoCheck = true
        case "--carry": carry = true
        default: run.set(flag)
        }
    }

    /// - Returns: false for a value that it does not take.
    private mutating func set(_ option: String, to value: String) -> Bool {
        switch option {
        case "--image": image.append(value)
        case "--check": check.append(value)
        case "--check-attempts": return set(\.checkAttempts, value)
        case "--attempts": return set(\.attempts, value)
        case "--models": models = value
        case "--worktree": worktree = value
        case "--output-schema": outputSchema = value
        case "--output-last-message": outputLastMessage = value
        case "--color": color = value
        default: return run.set(option, to: value)
        }
        return true
    }

    private mutating func set(_ field: WritableKeyPath<ExecOptions, Int?>, _ text: String) -> Bool {
        guard let number = Int(text) else { return false }
        self[keyPath: field] = number
        return true
    }
}
