package import ArgumentParser
import Audit
import Basics
import Config
import Glibc
import Journal
import Wire
import Workspace

/// `lockgate audit`: what proves a session's record.
package struct AuditCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Verify journals, and keep what proves them elsewhere.",
        subcommands: [Verify.self, Key.self, Anchor.self, Export.self, Measure.self, Redact.self])

    package init() {}

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the hashes, chain, numbers and seals of journals; say where they break.",
            discussion: """
                Takes files, folders, and sessions by id, beginning of an id, or name; without any, all sessions. Needs no \
                network; `lockgate-verify` does the same on a machine without Lockgate. Exits with 0 when all is whole, 1 \
                when something is broken, 2 for wrong usage.
                """)

        @Argument(help: "Files, folders or sessions.") var targets: [String] = []
        @Option(help: "Accept seals by this key only: ed25519:…, or a file that holds it.") var key: [String] = []
        @Option(help: "A hash that has to occur, or a file of anchors.") var expectHead: [String] = []
        @Option(help: "A file of anchors that have to hold, or git-note: and a repository's folder; may be repeated.")
        var anchors: [String] = []
        @Flag(help: "Print one JSON object a journal.") var json = false

        func run() async throws {
            let code = try CommandOutput.reporting { try verify() }
            if code != 0 { throw ExitCode(code) }
        }

        private func verify() throws -> Int32 {
            let store = try SessionStore.ofUser()
            do {
                var expectation = Expectation()
                for text in key { try expectation.require(key: text) }
                for text in expectHead { try expectation.require(head: text) }
                for text in anchors { try require(anchors: text, &expectation) }
                if key.isEmpty, let own = try? store.keyFile.publicKey() { expectation.keys.insert(own) }
                let paths = targets.isEmpty ? [store.root] : try targets.map { try path($0, store) }
                var run = VerificationRun(expecting: expectation, isJSON: json) { text in
                    try PosixFile.writeAll(STDOUT_FILENO, Array((TerminalStyle.harmless(text) + "\n").utf8))
                }
                return try run.verify(paths)
            } catch let fault as AuditFault {
                throw LockgateError("audit.usage", "\(fault)", exitCode: 2)
            }
        }

        private func require(anchors text: String, _ expectation: inout Expectation) throws {
            guard
                case .gitNote(let folder) = try AnchorPlace(
                    text, from: ProcessEnvironment.workingDirectory, home: nil)
            else { return try expectation.require(anchors: text) }
            let notes = try RepositoryNotes(in: folder, search: ProcessEnvironment.variables["PATH"] ?? "")
            let lines = try notes.lines()
            // Nothing to hold would look like all held.
            guard !lines.isEmpty else { throw AuditFault("\(folder) has no notes in \(RepositoryNotes.anchors)") }
            try expectation.add(anchorLines: lines, from: "\(RepositoryNotes.anchors) of \(folder)")
        }

        private func path(_ target: String, _ store: SessionStore) throws -> String {
            let path = PathText.absolute(target, from: ProcessEnvironment.workingDirectory)
            if PosixFile.exists(path) { return path }
            do {
                return try store.resolve(target).path
            } catch {
                throw LockgateError(error.code, "there is neither a file nor a session \(target)", exitCode: 2)
            }
        }
    }

    struct Key: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the public key that this machine's journals are sealed with.",
            discussion: "Makes the key if there is none. Keep what it prints where this machine cannot change it.")

        func run() async throws {
            try await CommandOutput.printing { try SessionStore.ofUser().keyFile.load().publicKey.description }
        }
    }
}

extension SessionStore {
    /// The one of LOCKGATE_HOME.
    static func ofUser() throws(LockgateError) -> SessionStore {
        SessionStore(home: try ConfigurationLoader.home(environment: ProcessEnvironment.variables))
    }
}
