import ArgumentParser
import Audit
import Basics
import Journal
import Wire

extension AuditCommand {
    /// `lockgate audit anchor`: proof of how far a journal goes, to be kept elsewhere.
    struct Anchor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a signed line that says how far a session's journal goes, and keep it elsewhere.",
            discussion: """
                Kept elsewhere (another machine, a ticket, a git note), the line proves later that nothing before it was \
                changed or cut off: lockgate audit verify --anchors FILE. Prints the line where no place is given. Fails \
                where it could not be kept in each of the places.
                """)

        @Argument(help: "The session: its id, the beginning of it, or its name.") var session: String
        @Option(name: [.customLong("to"), .customLong("append")], help: "Add the line to this file.")
        var file: String?
        @Option(help: "Send the line to this address, by POST as application/json; an answer from 200 to 299 is yes.")
        var toUrl: String?
        @Option(
            help: "Add the line to the git note of this repository's current commit, in refs/notes/lockgate-anchors.")
        var toGitNote: String?

        func run() async throws {
            try await CommandOutput.printing {
                let store = try SessionStore.ofUser()
                let line = try Self.line(store.resolve(session), key: store.keyFile.load())
                let folder = ProcessEnvironment.workingDirectory
                var places: [AnchorPlace] = []
                if let file { places.append(.file(PathText.absolute(file, from: folder))) }
                if let toUrl { places.append(.url(toUrl)) }
                if let toGitNote { places.append(.gitNote(PathText.absolute(toGitNote, from: folder))) }
                for place in places { try await place.keep(line, environment: ProcessEnvironment.variables) }
                return places.isEmpty ? line : ""
            }
        }

        private static func line(_ session: SessionLocation, key: SealPrivateKey) throws -> String {
            let report = VerificationRun.report(onFile: session.path, expecting: Expectation())
            guard report.isWhole, let head = report.head, let last = report.lastRecord else {
                let reason = report.findings.first?.description ?? "it is empty"
                throw LockgateError("journal.broken", "session \(session.id) does not verify: \(reason)")
            }
            return try Seal(
                session: session.id.text, sequence: last, head: head, time: WallTime.now.rfc3339, by: key
            ).json.text
        }
    }
}
