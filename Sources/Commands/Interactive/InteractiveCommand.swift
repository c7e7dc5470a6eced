package import ArgumentParser
import Basics
import Wire

/// `lockgate [PROMPT]`: the agent with a screen.
package struct InteractiveCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tui",
        abstract: "Work with the agent in this terminal; what runs when no verb is given.",
        usage: """
            lockgate [OPTIONS] [PROMPT]
            lockgate [OPTIONS] resume [SESSION | --last]
            lockgate [OPTIONS] fork [SESSION | --last] [--at TURN]
            """,
        discussion: "Type / for commands and ? for keys. See docs/tui.md.")

    @Argument(help: ArgumentHelp("What to begin with; quote it.", valueName: "prompt")) var words: [String] = []
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
    @Flag(help: "Own the whole screen instead of writing into the terminal's scrollback.") var altScreen = false
    @Flag(help: "Write plain lines one after the other, for screen readers; tui.screen_reader does it always.")
    var screenReader = false
    @Flag(
        name: [.customLong("dangerously-bypass-approvals-and-sandbox"), .customLong("yolo")],
        help: "Commands run without the sandbox and reach everything you can. Recorded in the journal.")
    var bypass = false

    package init() {}

    package func run() async throws {
        throw ExitCode(await InteractiveRun.main(options))
    }

    var options: InteractiveOptions {
        var options = InteractiveOptions()
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
        options.alternateScreen = altScreen
        options.screenReader = screenReader
        options.bypass = bypass
        return options
    }
}
