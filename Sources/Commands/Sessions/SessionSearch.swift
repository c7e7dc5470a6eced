import ArgumentParser
import Basics
import Config
import Glibc
import Journal
import Sessions
import Wire

extension SessionsCommand {
    /// `lockgate sessions search`.
    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find words in prompts, messages, commands and their results.",
            discussion: """
                All words have to occur in one record; one that ends with * finds all that begin so. --raw takes an \
                expression of SQLite's FTS5 instead: "a OR b", NEAR(a b). The index is made from the journals and brought \
                up to date first; nothing shown here is verified.
                """)

        @Argument(help: "Words.") var query: [String]
        @Flag(help: "The query is an FTS5 expression.") var raw = false
        @Option(help: "From this moment on: 2026-11-26, 2026-11-26T08:00:00Z, or 7d.") var since: String?
        @Option(help: "Only sessions that ran in this folder.") var cwd: String?
        @Flag(help: "Archived ones as well.") var archived = false
        @Option(help: "So many hits at most.") var limit = 20
        @Flag(help: "Print a JSON array.") var json = false
        @Flag(help: "Make the index anew first.") var rebuild = false

        func run() async throws {
            try await CommandOutput.printing {
                guard limit > 0 else {
                    throw LockgateError(
                        "index.query", "--limit \(limit): at least 1", remedy: "--limit 20", exitCode: 2)
                }
                var wanted = SearchQuery(query.joined(separator: " "))
                wanted.isRaw = raw
                wanted.since = try since.map { try AuditCommand.Export.moment($0, now: .now) }
                wanted.directory = cwd.map {
                    let path = PathText.absolute($0, from: ProcessEnvironment.workingDirectory)
                    return PosixFile.canonical(path) ?? path
                }
                wanted.includesArchived = archived
                wanted.limit = limit
                let hits = try SessionIndex.ofUser(anew: rebuild).search(wanted)
                if json { return JSONValue.array(hits.map(\.json)).text }
                guard !hits.isEmpty else { return "Nothing was found." }
                let style = TerminalStyle(descriptor: STDOUT_FILENO, environment: ProcessEnvironment.variables)
                return hits.map { Self.text(of: $0, style) }.joined(separator: "\n")
            }
        }

        /// Where it is, and the words around it.
        private static func text(of hit: SearchHit, _ style: TerminalStyle) -> String {
            let time = SessionID(hit.session).map { LocalTime.text($0.time) } ?? hit.time
            let label = hit.name.map { "[\($0)]" } ?? SessionTable.short(hit.prompt ?? "", 60)
            let place = TerminalStyle.harmless(
                "\(hit.session.prefix(18))  \(time)  record \(hit.sequence), \(hit.kind)")
            let words = hit.snippet.map { span in
                let text = TerminalStyle.harmless(span.text)
                return span.isMatch ? style.bold(text) : text
            }
            let around = words.joined().split(whereSeparator: \.isWhitespace).joined(separator: " ")
            return "\(style.dim(place))  \(TerminalStyle.harmless(label))\n    \(around)"
        }
    }
}

extension SessionIndex {
    /// The one of LOCKGATE_HOME.
    static func ofUser(anew: Bool = false) throws(LockgateError) -> SessionIndex {
        try SessionIndex(
            home: try ConfigurationLoader.home(environment: ProcessEnvironment.variables), anew: anew)
    }
}
