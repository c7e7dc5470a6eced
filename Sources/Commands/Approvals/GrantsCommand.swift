package import ArgumentParser
import Basics
import Config
import Engine
import Wire

/// `lockgate grants`: what was approved to run without a question, and how to take it back.
package struct GrantsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "grants", abstract: "Show and take back what runs without a question.",
        discussion: """
            Grants for a project and for you are kept in LOCKGATE_HOME; those of a session end with it. Only an answer to \
            a question makes one. A rule that forbids stands above all of them.
            """, subcommands: [List.self, Revoke.self, Clear.self], defaultSubcommand: List.self)

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the grants that are kept.")

        @OptionGroup var source: ConfigurationArguments
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await CommandOutput.printing {
                let loader = try ConfigurationArguments.loader(directory: source.directory)
                let configuration = try source.load()
                let grants = try GrantStore(home: loader.home).grants()
                let active = Set(try GrantBook(configuration, home: loader.home).active().map(\.id))
                if json {
                    return JSONValue.array(
                        grants.map { grant in
                            var object = grant.json
                            object["counts_here"] = .bool(active.contains(grant.id))
                            return object
                        }
                    ).text
                }
                guard !grants.isEmpty else { return "No grants." }
                return TerminalStyle.harmless(
                    grants.map { Self.text($0, counts: active.contains($0.id)) }.joined(separator: "\n"))
            }
        }

        private static func text(_ grant: Grant, counts: Bool) -> String {
            let place = grant.project.map { " \($0.root)" } ?? ""
            let state = grant.isExpired(at: .now) ? ", expired" : counts ? "" : ", does not count here"
            return "\(grant.id)  \(grant.scope.rawValue)\(place), \(grant.expiry)\(state)\n  \(grant.rule.text)"
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take grants back by their ids.")

        @Flag(help: "Print JSON.") var json = false
        @Argument(help: "Ids, as `lockgate grants list` shows them.") var ids: [String]

        func run() async throws {
            try await CommandOutput.printing {
                let store = GrantStore(home: try ConfigurationArguments.loader(directory: nil).home)
                let known = Set(try store.grants().map(\.id))
                if let unknown = ids.first(where: { !known.contains($0) }) {
                    throw LockgateError(
                        "grants.unknown", "there is no grant \(unknown)",
                        remedy: "`lockgate grants list` shows those that are kept; a session's grants end with it")
                }
                return GrantsCommand.report(try store.revoke { ids.contains($0.id) }, json: json)
            }
        }
    }

    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back all grants of this project, or with --all every grant.")

        @OptionGroup var source: ConfigurationArguments
        @Flag(help: "Those of all projects and the user's as well.") var all = false
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await CommandOutput.printing {
                let loader = try ConfigurationArguments.loader(directory: source.directory)
                let project = try source.load().project
                let root = project.mainRoot ?? project.root
                let taken = try GrantStore(home: loader.home).revoke { all || $0.project?.root == root }
                return GrantsCommand.report(taken, json: json)
            }
        }
    }

    private static func report(_ taken: [Grant], json: Bool) -> String {
        if json { return JSONValue.array(taken.map(\.json)).text }
        guard !taken.isEmpty else { return "Nothing to take back." }
        return TerminalStyle.harmless(
            taken.map { "taken back: \($0.id)  \($0.rule.text)" }.joined(separator: "\n"))
    }
}
