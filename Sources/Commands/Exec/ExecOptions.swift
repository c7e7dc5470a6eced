/// What can be said after `lockgate exec`, as plain values; `ExecCommand` documents each.
struct ExecOptions: Sendable, Hashable {
    var words: [String] = []
    var json = false
    var directory: String?
    var sandbox: String?
    var network: String?
    var model: String?
    var profile: String?
    var config: [String] = []
    var addedDirectories: [String] = []
    var image: [String] = []
    var budget: String?
    var check: [String] = []
    var checkAttempts: Int?
    var outputSchema: String?
    var outputLastMessage: String?
    var ephemeral = false
    var stage = false
    var ask = false
    var skipGitRepoCheck = false
    var last = false
    /// The last turn that a fork takes over.
    var turn: Int?
    var color = "auto"
    var bypass = false
    /// Empty for one without a name of its own.
    var worktree: String?
    var carry = false
    var attempts: Int?
    var models: String?
}

extension ExecOptions {
    static let flags: Set<String> = [
        "--json", "--experimental-json", "--ephemeral", "--stage", "--ask", "--skip-git-repo-check", "--last",
        "--carry",
        "--dangerously-bypass-approvals-and-sandbox", "--yolo",
    ]
    static let valued: Set<String> = [
        "-C", "--cd", "-s", "--sandbox", "--network", "-m", "--model", "-p", "--profile", "-c", "--config", "--add-dir",
        "-i", "--image", "--budget", "--check", "--check-attempts", "--output-schema", "-o", "--output-last-message",
        "--color", "--at", "--attempts", "--models", "--worktree",
    ]
    private static let repeatable: Set<String> = ["-c", "--config", "--add-dir", "-i", "--image", "--check"]

    /// Reads what follows the program's name, if it is a plain `exec` line; see `PlainArguments`.
    init?(plain arguments: some Collection<String>) {
        guard let verb = arguments.first, verb == "exec" || verb == "e",
            let plain = PlainArguments(
                Array(arguments)[1...], flags: Self.flags, options: Self.valued, repeatable: Self.repeatable)
        else { return nil }
        self.init()
        var named: Set<WritableField> = []
        for token in plain.tokens {
            switch token {
            case .word(let word): words.append(word)
            case .flag(let name): set(name)
            case .option(let name, let value):
                guard let field = set(name, to: value) else { return nil }
                // Two spellings of one option: which wins is the parser's to say.
                guard named.insert(field).inserted || field == .list else { return nil }
            }
        }
    }

    private mutating func set(_ flag: String) {
        switch flag {
        case "--json", "--experimental-json": json = true
        case "--ephemeral": ephemeral = true
        case "--stage": stage = true
        case "--ask": ask = true
        case "--skip-git-repo-check": skipGitRepoCheck = true
        case "--last": last = true
        case "--carry": carry = true
        default: bypass = true
        }
    }

    private enum WritableField: Hashable {
        case directory, sandbox, network, model, profile, budget, checkAttempts, attempts, models, worktree, schema,
            output, color, turn
        case list
    }

    /// The field that the option is about; nil for a value that it does not take.
    private mutating func set(_ option: String, to value: String) -> WritableField? {
        switch option {
        case "-C", "--cd":
            directory = value
            return .directory
        case "-s", "--sandbox":
            sandbox = value
            return .sandbox
        case "--network":
            network = value
            return .network
        case "-m", "--model":
            model = value
            return .model
        case "-p", "--profile":
            profile = value
            return .profile
        case "-c", "--config":
            config.append(value)
            return .list
        case "--add-dir":
            addedDirectories.append(value)
            return .list
        case "-i", "--image":
            image.append(value)
            return .list
        case "--budget":
            budget = value
            return .budget
        case "--check":
            check.append(value)
            return .list
        case "--check-attempts":
            guard let number = Int(value) else { return nil }
            checkAttempts = number
            return .checkAttempts
        case "--attempts":
            guard let number = Int(value) else { return nil }
            attempts = number
            return .attempts
        case "--at":
            guard let number = Int(value) else { return nil }
            turn = number
            return .turn
        case "--models":
            models = value
            return .models
        case "--worktree":
            worktree = value
            return .worktree
        case "--output-schema":
            outputSchema = value
            return .schema
        case "-o", "--output-last-message":
            outputLastMessage = value
            return .output
        case "--color":
            color = value
            return .color
        default: return nil
        }
    }
}
