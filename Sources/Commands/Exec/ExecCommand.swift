package import ArgumentParser
import Basics
import Wire

/// `lockgate exec`: runs the agent without a screen until the work is done.
package struct ExecCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run the agent without a screen, for scripts and CI.",
        usage: """
            lockgate exec [OPTIONS] PROMPT
            lockgate exec [OPTIONS] -            (prompt from standard input)
            lockgate exec [OPTIONS] resume [SESSION | --last] [PROMPT | -]
            lockgate exec [OPTIONS] fork [SESSION | --last] [--at TURN] [PROMPT | -]
            """,
        discussion: """
            The agent's last message goes to standard output, everything else to standard error; with --json every \
            event is a line on standard output.

            Exit codes: 0 done; 1 failed or bad configuration; 2 wrong usage; 3 a budget or time limit was reached; \
            4 done, but effects were refused; 5 refused by trust; 130, 143, 129 ended by SIGINT, SIGTERM, SIGHUP.
            """,
        aliases: ["e"])

    @Argument(help: ArgumentHelp("The task; quote it. `-` reads it from standard input.", valueName: "prompt"))
    var words: [String] = []

    @OptionGroup var common: RunArguments
    @Flag(name: [.customLong("json"), .customLong("experimental-json")], help: "Print events as JSON lines.")
    var json = false
    @Option(name: [.short, .customLong("image")], help: "Attach an image file. Repeatable.")
    var image: [String] = []
    @Option(help: "A command that decides success; a failure goes back to the agent. Repeatable.")
    var check: [String] = []
    @Option(help: "How often the check may fail before the run does.")
    var checkAttempts: Int?
    @Option(help: "A JSON Schema file that the last message has to match.")
    var outputSchema: String?
    @Option(name: [.short, .long], help: "Write the last message to this file.")
    var outputLastMessage: String?
    @Flag(help: "Ask on this terminal where the policy asks; without it such effects are refused.")
    var ask = false
    @Option(
        defaultAsFlag: "",
        help: ArgumentHelp(
            "Work in a new managed worktree: --worktree=NAME, or --worktree for one with a made-up name.",
            valueName: "name"))
    var worktree: String?
    @Flag(help: "With --worktree: begin with the uncommitted and untracked changes of this tree.")
    var carry = false
    @Option(help: "Run so many attempts, each in a worktree of its own, and pick the best by --check.")
    var attempts: Int?
    @Option(help: "With --attempts: models to take in turns, separated by commas.")
    var models: String?
    @Flag(help: "Keep all changes in a stage; `lockgate apply` takes them from there.")
    var stage = false
    @Flag(help: "Keep nothing on disk.")
    var ephemeral = false
    @Flag(help: "Run outside a git repository.")
    var skipGitRepoCheck = false
    @Option(help: "auto, always or never.")
    var color: String = "auto"

    package init() {}

    package func run() async throws {
        let status = await ExecRun.main(try request())
        throw ExitCode(status)
    }

    func request() throws -> ExecRequest {
        do throws(LockgateError) {
            return try ExecRequest(options)
        } catch {
            throw ValidationError(error.description)
        }
    }

    var options: ExecOptions {
        ExecOptions(
            words: words, run: common.options, json: json, image: image, check: check, checkAttempts: checkAttempts,
            outputSchema: outputSchema, outputLastMessage: outputLastMessage, ephemeral: ephemeral, stage: stage,
            ask: ask, skipGitRepoCheck: skipGitRepoCheck, color: color, worktree: worktree, carry: carry,
            attempts: attempts, models: models)
    }
}
