package import ArgumentParser
import Basics
import Engine
import Glibc
import Wire
import Workspace

/// `lockgate attempts`: what `exec --attempts` has left, and taking one over.
package struct AttemptsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "attempts", abstract: "Compare the attempts of `exec --attempts`, and take one over.",
        subcommands: [Show.self, Apply.self], defaultSubcommand: Show.self)

    package init() {}

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the newest attempts, or those of a group.")

        @Argument(help: "The group; the newest if not given.") var group: String?
        @OptionGroup var place: WorktreeOptions

        func run() async throws {
            try await CommandOutput.printing {
                let store = try place.store()
                let group = try AttemptGroup.load(group, in: store).measured(in: store)
                if place.json { return JSONValue.object(group.json).text }
                let style = TerminalStyle(descriptor: STDOUT_FILENO, environment: ProcessEnvironment.variables)
                return group.table(style)
            }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an attempt's changes over into the local tree, after showing them.",
            discussion:
                "The same as `lockgate apply --attempt K`. As `lockgate worktree merge` does. The worktrees stay until they are removed."
        )

        @Argument(help: "Which attempt; the picked one if not given.") var attempt: Int?
        @Option(help: "The group; the newest if not given.") var group: String?
        @Flag(name: .shortAndLong, help: "Do it without asking.") var yes = false
        @OptionGroup var place: WorktreeOptions

        func run() async throws {
            try await CommandOutput.printing {
                try AttemptsCommand.take(attempt, of: group, in: place, yes: yes)
            }
        }
    }

    /// Shows an attempt's changes, asks, and takes them over.
    ///
    /// - Returns: what to print at the end.
    static func take(
        _ attempt: Int?, of group: String?, in place: WorktreeOptions, yes: Bool
    ) throws(LockgateError) -> String {
        let store = try place.store()
        let result = try AttemptGroup.load(group, in: store).result(attempt)
        let merge = try store.planMerge(result.worktree)
        return try MergeReport(merge, isJSON: place.json).carryOut(in: store, yes: yes)
    }
}
