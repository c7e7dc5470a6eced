import Wire

/// What can be said after `lockgate` without a verb, as plain values; `InteractiveCommand` documents each.
struct InteractiveOptions: Sendable, Hashable {
    /// The prompt, or `resume` or `fork` with a session.
    var words: [String] = []
    var directory: String?
    var sandbox: String?
    var network: String?
    var model: String?
    var profile: String?
    var config: [String] = []
    var addedDirectories: [String] = []
    var budget: String?
    var last = false
    /// The last turn that a fork takes over.
    var turn: Int?
    var alternateScreen = false
    var screenReader = false
    var bypass = false

    static let flags: Set<String> = [
        "--last", "--alt-screen", "--screen-reader", "--dangerously-bypass-approvals-and-sandbox", "--yolo",
    ]
    static let valued: Set<String> = [
        "-C", "--cd", "-s", "--sandbox", "--network", "-m", "--model", "-p", "--profile", "-c", "--config", "--add-dir",
        "--budget", "--at",
    ]
    private static let repeatable: Set<String> = ["-c", "--config", "--add-dir"]

    init() {}

    /// Reads what follows the program's name, if it is a plain line without a verb; see `PlainArguments`.
    ///
    /// - Parameter isVerb: whether a word is one of the program's verbs.
    init?(plain arguments: some Collection<String>, isVerb: (String) -> Bool) {
        let all = Array(arguments)
        if let first = all.first, isVerb(first) { return nil }
        guard
            let plain = PlainArguments(
                all[...], flags: Self.flags, options: Self.valued, repeatable: Self.repeatable)
        else { return nil }
        self.init()
        for token in plain.tokens {
            switch token {
            case .word(let word): words.append(word)
            case .flag("--last"): last = true
            case .flag("--alt-screen"): alternateScreen = true
            case .flag("--screen-reader"): screenReader = true
            case .flag: bypass = true
            case .option("--at", let value):
                guard let number = Int(value) else { return nil }
                turn = number
            case .option(let name, let value): set(name, to: value)
            }
        }
        // A verb behind options is the parser's to judge.
        if let first = words.first, isVerb(first) { return nil }
    }

    private mutating func set(_ option: String, to value: String) {
        switch option {
        case "-C", "--cd": directory = value
        case "-s", "--sandbox": sandbox = value
        case "--network": network = value
        case "-m", "--model": model = value
        case "-p", "--profile": profile = value
        case "-c", "--config": config.append(value)
        case "--add-dir": addedDirectories.append(value)
        default: budget = value
        }
    }

    /// The same as a request to the engine.
    ///
    /// - Throws: `usage`, exit code 2.
    func request() throws(LockgateError) -> ExecRequest {
        var options = ExecOptions()
        options.words = words
        options.directory = directory
        options.sandbox = sandbox
        options.network = network
        options.model = model
        options.profile = profile
        options.config = config
        options.addedDirectories = addedDirectories
        options.budget = budget
        options.last = last
        options.turn = turn
        options.bypass = bypass
        // A person is there: who decides questions is the configuration's to say, and a folder without a repository is
        // asked about like any other.
        options.skipGitRepoCheck = true
        var request = try ExecRequest(options)
        request.asks = true
        return request
    }
}
