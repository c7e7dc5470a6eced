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
    @OptionGroup var common: RunArguments
    @Flag(help: "Own the whole screen instead of writing into the terminal's scrollback.") var altScreen = false
    @Flag(help: "Write plain lines one after the other, for screen readers; tui.screen_reader does it always.")
    var screenReader = false

    package init() {}

    package func run() async throws {
        throw ExitCode(await InteractiveRun.main(options))
    }

    var options: InteractiveOptions {
        var options = InteractiveOptions()
        options.words = words
        options.run = common.options
        options.alternateScreen = altScreen
        options.screenReader = screenReader
        return options
    }
}
