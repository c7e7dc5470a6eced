import Wire

/// What can be said after `lockgate` without a verb, as plain values; `InteractiveCommand` documents each.
struct InteractiveOptions: Sendable, Hashable {
    /// The prompt, or `resume` or `fork` with a session.
    var words: [String] = []
    var run = RunOptions()
    var alternateScreen = false
    var screenReader = false

    static let flags = RunOptions.flags.union(["--alt-screen", "--screen-reader"])

    init() {}

    /// Reads what follows the program's name, if it is a plain line without a verb; see `PlainArguments`.
    ///
    /// - Parameter isVerb: whether a word is one of the program's verbs.
    init?(plain arguments: some Collection<String>, isVerb: (String) -> Bool) {
        let all = Array(arguments)
        if let first = all.first, isVerb(first) { return nil }
        guard
            let plain = PlainArguments(
                all[...], flags: Self.flags, options: RunOptions.valued, repeatable: RunOptions.repeatable,
                spellings: RunOptions.spellings)
        else { return nil }
        self.init()
        for token in plain.tokens {
            switch token {
            case .word(let word): words.append(word)
            case .flag("--alt-screen"): alternateScreen = true
            case .flag("--screen-reader"): screenReader = true
            case .flag(let name): run.set(name)
            case .option(let name, let value): guard run.set(name, to: value) else { return nil }
            }
        }
        // A verb behind options is the parser's to judge.
        if let first = words.first, isVerb(first) { return nil }
    }

    /// The same as a request to the engine.
    ///
    /// - Throws: `usage`, exit code 2.
    func request() throws(LockgateError) -> ExecRequest {
        var options = ExecOptions()
        options.words = words
        options.run = run
        // A person is there: who decides questions is the configuration's to say, and a folder without a repository is
        // asked about like any other.
        options.skipGitRepoCheck = true
        var request = try ExecRequest(options)
        request.asks = true
        return request
    }
}
