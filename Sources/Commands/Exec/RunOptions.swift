import ArgumentParser

/// What can be said about a session with and without a screen, as plain values; `RunArguments` documents each.
struct RunOptions: Sendable, Hashable {
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
    var bypass = false

    static let flags: Set<String> = ["--last", "--dangerously-bypass-approvals-and-sandbox", "--yolo"]
    static let valued: Set<String> = [
        "-C", "--cd", "-s", "--sandbox", "--network", "-m", "--model", "-p", "--profile", "-c", "--config", "--add-dir",
        "--budget", "--at",
    ]
    /// Other spellings of options.
    static let spellings = [
        "-C": "--cd", "-s": "--sandbox", "-m": "--model", "-p": "--profile", "-c": "--config",
        "--yolo": "--dangerously-bypass-approvals-and-sandbox",
    ]
    static let repeatable: Set<String> = ["--config", "--add-dir"]

    /// Takes a flag by its first spelling.
    mutating func set(_ flag: String) {
        if flag == "--last" { last = true } else { bypass = true }
    }

    /// Takes an option by its first spelling; false for a value that it does not take, and for what is none of these.
    mutating func set(_ option: String, to value: String) -> Bool {
        switch option {
        case "--cd": directory = value
        case "--sandbox": sandbox = value
        case "--network": network = value
        case "--model": model = value
        case "--profile": profile = value
        case "--config": config.append(value)
        case "--add-dir": addedDirectories.append(value)
        case "--budget": budget = value
        case "--at":
            guard let number = Int(value) else { return false }
            turn = number
        default: return false
        }
        return true
    }
}

/// The same for the argument parser.
struct RunArguments: ParsableArguments {
    @Option(name: [.customShort("C"), .customLong("cd")], help: "Work in this directory.") var directory: String?
    @Option(name: [.short, .long], help: "read-only, workspace-write or danger-full-access.") var sandbox: String?
    @Option(help: "off or on: the network of commands.") var network: String?
    @Option(name: [.short, .long], help: "The model.") var model: String?
    @Option(name: [.short, .long], help: "Layer HOME/NAME.config.toml over the configuration.") var profile: String?
    @Option(name: [.short, .long], help: "Set a configuration value: key=value (TOML, else text). Repeatable.")
    var config: [String] = []
    @Option(name: .customLong("add-dir"), help: "Another directory the agent may write. Repeatable.")
    var addedDirectories: [String] = []
    @Option(help: "Hard limits, for example usd=1,tokens=200k,seconds=600.") var budget: String?
    @Flag(help: "With resume or fork: the newest session of this directory.") var last = false
    @Option(name: .customLong("at"), help: "With fork: the last turn that is taken over, counted from 1.")
    var turn: Int?
    @Flag(
        name: [.customLong("dangerously-bypass-approvals-and-sandbox"), .customLong("yolo")],
        help: "Commands run without the sandbox and reach everything you can. Recorded in the journal.")
    var bypass = false

    var options: RunOptions {
        RunOptions(
            directory: directory, sandbox: sandbox, network: network, model: model, profile: profile, config: config,
            addedDirectories: addedDirectories, budget: budget, last: last, turn: turn, bypass: bypass)
    }
}
