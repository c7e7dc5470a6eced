import Basics
import Config
import Wire
import Workspace

/// What a command line asks for, checked as far as it can be without looking at the machine.
struct ExecRequest: Sendable {
    enum Prompt: Sendable, Hashable {
        case text(String)
        /// `-`: all of standard input.
        case standardInput
        /// No argument: standard input if something is piped in, else an error.
        case unspecified
    }

    enum Origin: Sendable, Hashable {
        case new
        case resume(SessionID)
        case resumeLast
        /// By the beginning of its id, or its name.
        case resumeNamed(String)
        /// A new session that begins with the conversation of another, up to the end of a turn or all of it.
        case fork(Parent, turn: Int?)

        enum Parent: Sendable, Hashable {
            case session(SessionID)
            case named(String)
            case last
        }

        /// Whether a session begins that was not there before.
        var isNew: Bool {
            switch self {
            case .new, .fork: true
            case .resume, .resumeLast, .resumeNamed: false
            }
        }
    }

    /// A configuration value from the command line; `-c` keeps its text whole, since its key may be quoted.
    struct Override: Sendable, Hashable {
        var key: String
        var text: String
        var flag: String
    }

    var origin = Origin.new
    var prompt: Prompt
    var isJSON: Bool
    var directory: String?
    var profile: String?
    /// `key=value` texts and flags in the order of their strength, weakest first.
    var overrides: [Override]
    var addedDirectories: [String]
    var images: [String]
    var budget: [String: Double]
    var checks: [String]
    var checkAttempts: Int?
    var outputSchema: String?
    var outputLastMessage: String?
    var isEphemeral: Bool
    /// Whether a person at the terminal answers questions.
    var asks: Bool
    var skipsRepositoryCheck: Bool
    var colour: TerminalStyle.Choice
    var bypasses: Bool
    /// A new worktree to work in; its name may still have to be made up.
    var worktree: NewWorktree?
    var attempts: Attempts?
    /// Whether the uncommitted changes come along; nil leaves it to the configuration.
    var carries: Bool?

    struct NewWorktree: Sendable, Hashable {
        var name: String?
        /// nil leaves it to the configuration.
        var carries: Bool?
    }

    struct Attempts: Sendable, Hashable {
        var count: Int
        /// Taken in turns; empty for the configured one.
        var models: [String]
    }
    /// A decision about the project for this run alone; nil for the recorded one.
    var trust: TrustLevel?

    init(_ options: ExecOptions) throws(LockgateError) {
        var words = options.words[...]
        origin = try Self.origin(&words, options)
        guard words.count <= 1 else {
            throw Self.usage(
                "the prompt has \(words.count) words that are not quoted together",
                "lockgate exec \"\(words.joined(separator: " "))\"")
        }
        let (newWorktree, swallowed) = try Self.worktree(options, hasPrompt: !words.isEmpty, isNew: origin.isNew)
        worktree = newWorktree
        carries = options.carry ? true : nil
        attempts = try Self.attempts(options, isNew: origin == .new)
        if let swallowed { words = [swallowed] }
        switch words.first {
        case "-": prompt = .standardInput
        case let text?: prompt = .text(text)
        case nil: prompt = .unspecified
        }
        isJSON = options.json
        directory = options.run.directory
        profile = options.run.profile
        overrides = []
        for setting in options.run.config {
            guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
                throw Self.usage("-c \(setting): expected key=value", "for example -c sandbox_mode=read-only")
            }
            overrides.append(Override(key: setting, text: "", flag: "-c"))
        }
        if options.run.bypass, let sandbox = options.run.sandbox, sandbox != SandboxMode.dangerFullAccess.rawValue {
            throw Self.usage(
                "-s \(sandbox) and --dangerously-bypass-approvals-and-sandbox contradict each other", "give one of them"
            )
        }
        if let sandbox = options.run.bypass ? SandboxMode.dangerFullAccess.rawValue : options.run.sandbox {
            guard SandboxMode(rawValue: sandbox) != nil else {
                throw Self.usage(
                    "there is no sandbox mode \"\(sandbox)\"",
                    "use one of: \(SandboxMode.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            overrides.append(
                Override(
                    key: "sandbox_mode", text: sandbox,
                    flag: options.run.bypass ? "--dangerously-bypass-approvals-and-sandbox" : "--sandbox"))
        }
        if let network = options.run.network {
            guard NetworkMode(rawValue: network) != nil else {
                throw Self.usage("there is no network mode \"\(network)\"", "use off or on")
            }
            overrides.append(Override(key: "network.mode", text: network, flag: "--network"))
        }
        if let model = options.run.model { overrides.append(Override(key: "model", text: model, flag: "--model")) }
        addedDirectories = options.run.addedDirectories
        images = options.image
        budget = try Self.budget(options.run.budget)
        checks = options.check
        checkAttempts = options.checkAttempts
        if let attempts = checkAttempts, attempts < 1 {
            throw Self.usage("--check-attempts \(attempts): at least 1", "--check-attempts 3")
        }
        outputSchema = options.outputSchema
        outputLastMessage = options.outputLastMessage
        isEphemeral = options.ephemeral
        asks = options.ask
        if asks {
            overrides.append(
                Override(key: "approvals_reviewer", text: ApprovalsReviewer.user.rawValue, flag: "--ask"))
        }
        skipsRepositoryCheck = options.skipGitRepoCheck
        guard let colour = TerminalStyle.Choice(rawValue: options.color) else {
            throw Self.usage("there is no colour mode \"\(options.color)\"", "use auto, always or never")
        }
        self.colour = colour
        bypasses = options.run.bypass
        if options.stage {
            guard !isEphemeral else {
                throw Self.usage("--stage cannot go with --ephemeral", "a stage is kept on disk; leave one of them out")
            }
            guard addedDirectories.isEmpty else {
                throw Self.usage(
                    "--stage cannot go with --add-dir", "only the workspace is staged; leave one of them out")
            }
            overrides.append(Override(key: "workspace", text: WorkspaceKind.staged.rawValue, flag: "--stage"))
        }
        if isEphemeral, origin != .new {
            throw Self.usage("--ephemeral cannot go with resume or fork", "leave one of them out")
        }
    }

    /// The session that is meant by the words' beginning, which is taken from them.
    private static func origin(
        _ words: inout ArraySlice<String>, _ options: ExecOptions
    ) throws(LockgateError) -> Origin {
        let verb = words.first ?? ""
        guard verb == "resume" || verb == "fork" else {
            guard !options.run.last else {
                throw usage("--last goes with resume or fork", "lockgate exec resume --last \"go on\"")
            }
            guard options.run.turn == nil else {
                throw usage("--at goes with fork", "lockgate exec fork SESSION --at 2 \"another way\"")
            }
            return .new
        }
        words = words.dropFirst()
        if let turn = options.run.turn {
            guard verb == "fork" else { throw usage("--at goes with fork", "a session is resumed at its end") }
            guard turn > 0 else { throw usage("--at \(turn): turns count from 1", "--at 1") }
        }
        if options.run.last { return verb == "fork" ? .fork(.last, turn: options.run.turn) : .resumeLast }
        guard let text = words.popFirst() else {
            throw usage("\(verb) needs a session or --last", "lockgate exec \(verb) --last \"go on\"")
        }
        let id = SessionID(text)
        guard verb == "fork" else { return id.map { .resume($0) } ?? .resumeNamed(text) }
        return .fork(id.map { .session($0) } ?? .named(text), turn: options.run.turn)
    }

    /// The worktree that is asked for. What follows a bare `--worktree` and is no name is the prompt.
    private static func worktree(
        _ options: ExecOptions, hasPrompt: Bool, isNew: Bool
    ) throws(LockgateError) -> (NewWorktree?, prompt: String?) {
        guard let text = options.worktree else {
            guard !options.carry || options.attempts != nil else {
                throw usage("--carry goes with --worktree or --attempts", "lockgate exec --worktree --carry \"...\"")
            }
            return (nil, nil)
        }
        guard isNew else {
            throw usage(
                "--worktree makes a new one; a session that began in a worktree goes on there by itself",
                "to move a session: lockgate worktree handoff SESSION")
        }
        let carries = options.carry ? true : nil
        if text.isEmpty { return (NewWorktree(carries: carries), nil) }
        guard WorktreeRecord.isName(text) else {
            guard !hasPrompt else {
                throw usage("\"\(text)\" is no name for a worktree", "use letters, digits, '-', '_' and '.'")
            }
            return (NewWorktree(carries: carries), text)
        }
        return (NewWorktree(name: text, carries: carries), nil)
    }

    /// No more attempts than can be compared.
    static let maximumAttempts = 32

    private static func attempts(_ options: ExecOptions, isNew: Bool) throws(LockgateError) -> Attempts? {
        guard let count = options.attempts else {
            guard options.models == nil else {
                throw usage("--models goes with --attempts", "--attempts 4 --models a,b")
            }
            return nil
        }
        guard (1...maximumAttempts).contains(count) else {
            throw usage("--attempts \(count): from 1 to \(maximumAttempts)", "--attempts 4")
        }
        guard isNew, options.worktree == nil || options.worktree?.isEmpty == true, !options.ephemeral, !options.ask
        else {
            throw usage(
                "--attempts makes worktrees and sessions of its own: without resume, --worktree, --ephemeral and --ask",
                "leave the other out")
        }
        guard options.image.isEmpty, options.outputSchema == nil, options.outputLastMessage == nil else {
            throw usage("--attempts does not go with -i, --output-schema and -o", "leave them out")
        }
        let models = (options.models ?? "").split(separator: ",").map { String($0) }
        return Attempts(count: count, models: models)
    }

    /// `usd=1,tokens=200k,seconds=600,day.usd=5`; `k` and `m` multiply.
    static func budget(_ text: String?) throws(LockgateError) -> [String: Double] {
        guard let text else { return [:] }
        var limits: [String: Double] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pair[0])
            guard pair.count == 2, budgetNames.contains(name) else {
                throw usage(
                    "--budget \(text): \"\(part)\" is not NAME=N with one of \(budgetNames.joined(separator: ", "))",
                    "--budget usd=1,tokens=200k,seconds=600")
            }
            var digits = pair[1]
            var factor = 1.0
            switch digits.last {
            case "k", "K": factor = 1000
            case "m", "M": factor = 1_000_000
            default: break
            }
            if factor > 1 { digits = digits.dropLast() }
            guard let value = Double(digits), value.isFinite, value > 0 else {
                throw usage(
                    "--budget \(text): \"\(pair[1])\" is not a positive number",
                    "--budget usd=1,tokens=200k,seconds=600")
            }
            limits[name] = value * factor
        }
        return limits
    }

    /// As in the configuration, without `budget.`.
    static let budgetNames = [
        "usd", "tokens", "seconds", "commands", "bytes_written", "bytes_sent", "turn.usd", "turn.tokens",
        "turn.seconds",
        "turn.commands", "turn.bytes_written", "turn.bytes_sent", "day.usd", "day.tokens", "project.usd",
        "project.tokens",
    ]

    private static func usage(_ message: String, _ remedy: String) -> LockgateError {
        LockgateError("usage", message, remedy: remedy, exitCode: 2)
    }
}
