package import ArgumentParser
import Basics
import Config
import Glibc
import Wire

/// `lockgate trust`: review what a project would execute, and trust exactly that.
package struct TrustCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "trust", abstract: "Review what a project brings to execute, and trust exactly that.",
        discussion: """
            Shows what changed since you last approved the project, or everything the first time, and asks. Trust is \
            bound to the content: hooks, rules, MCP servers, skills, set-up scripts and settings that execute or \
            redirect. When any of it changes, the project is reviewed again. Nothing of it runs before.

            Without a terminal nothing is trusted unless --yes is given: exit code 5.
            """)

    @Option(name: [.customShort("C"), .customLong("cd")], help: "The project, or a directory in it.")
    var directory: String?
    @Flag(help: "Show what would be trusted, and change nothing.") var show = false
    @Flag(help: "Show the hooks alone, and change nothing.") var hooks = false
    @Flag(help: "Show all content, not only what changed since it was approved.") var all = false
    @Flag(help: "Take the trust back and forget what was approved.") var revoke = false
    @Flag(help: "Trust what is shown without asking.") var yes = false
    @Flag(help: "Print JSON; asks nothing.") var json = false

    package init() {}

    package func validate() throws {
        if yes, show || hooks {
            throw ValidationError("--show and --hooks change nothing, so --yes cannot go with them")
        }
        if revoke, show || hooks || all {
            throw ValidationError("--revoke shows nothing, so it cannot go with --show, --hooks or --all")
        }
    }

    package func run() async throws {
        try await CommandOutput.printing {
            let trust = ProjectTrust(try ConfigurationArguments.loader(directory: directory))
            if revoke { return report(try trust.distrust(), { $0.outcome }) }
            let status = try trust.status()
            let review = TrustReview(status)
            if show || hooks { return report(status) { $0.text(all: all, hooksOnly: hooks) } }
            if review.isSettled, !all { return report(status) { $0.outcome } }
            if !json { try PosixFile.writeAll(STDOUT_FILENO, Array((review.text(all: all) + "\n").utf8)) }
            guard yes || (!json && confirms(status)) else { throw review.refusal }
            return report(try trust.trust(showing: status.review.content.digest)) { $0.outcome }
        }
    }

    private func report(_ status: ProjectTrust.Status, _ text: (TrustReview) -> String) -> String {
        json ? status.json.text : text(TrustReview(status))
    }

    /// Asks on a terminal; no terminal is a no.
    private func confirms(_ status: ProjectTrust.Status) -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
        let question = "Trust \(TerminalStyle.harmless(status.project.root)) with exactly this? [y/N] "
        try? PosixFile.writeAll(STDERR_FILENO, Array(question.utf8))
        return readLine()?.lowercased().hasPrefix("y") == true
    }
}
