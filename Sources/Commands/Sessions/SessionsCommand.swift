package import ArgumentParser
import Basics
import Glibc
import Journal
import Sessions
import Wire

/// `lockgate sessions`: what was done, and where its record is.
package struct SessionsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "List, search, show, name, export and delete sessions.",
        discussion: "A session is meant by its id, the beginning of the id, or its name.",
        subcommands: [
            List.self, Search.self, Show.self, Rename.self, Archive.self, Export.self, Import.self, Prune.self,
            Delete.self,
        ],
        defaultSubcommand: List.self)

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List sessions of this folder, newest first.",
            discussion: "Reads the beginning and the end of each file only; nothing shown here is verified.")

        @Flag(help: "Those of all folders.") var all = false
        @Flag(help: "Archived ones as well.") var archived = false
        @Option(help: "The newest so many.") var limit: Int?
        @Flag(help: "Print a JSON array.") var json = false
        @Option(name: [.customShort("C"), .customLong("cd")], help: "The folder instead of the current one.")
        var directory: String?

        func run() async throws {
            try await CommandOutput.printing {
                let start = PathText.absolute(directory ?? ".", from: ProcessEnvironment.workingDirectory)
                let folder = all ? nil : PosixFile.canonical(start) ?? start
                let found = try SessionIndex.ofUser().summaries(
                    in: folder, archived: archived, limit: max(0, limit ?? .max))
                if json { return JSONValue.array(found.map(\.json)).text }
                guard !found.isEmpty else {
                    return folder.map { "No session has run in \($0). See all: lockgate sessions list --all" }
                        .map(TerminalStyle.harmless) ?? "There are no sessions yet."
                }
                let style = TerminalStyle(descriptor: STDOUT_FILENO, environment: ProcessEnvironment.variables)
                return SessionTable(found, showsFolder: all, style: style).text
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a session's conversation and what was done in it.")

        @Argument(help: "The session.") var session: String
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await CommandOutput.printing {
                let location = try SessionStore.ofUser().resolve(session)
                let summary = SessionSummary(location, inUse: FileLocks.inodes())
                let transcript = SessionTranscript(records: try JournalReader(path: location.path).records)
                if json {
                    return JSONValue.object([
                        "session": summary.json, "entries": .array(transcript.entries.map(\.json)),
                    ])
                    .text
                }
                let style = TerminalStyle(descriptor: STDOUT_FILENO, environment: ProcessEnvironment.variables)
                return transcript.text(style: style)
            }
        }
    }

    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a session a name; an empty one takes it away.")

        @Argument(help: "The session.") var session: String
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await CommandOutput.printing {
                let store = try SessionStore.ofUser()
                let location = try store.resolve(session)
                var notes = SessionNotes.read(of: location)
                notes.name = name.isEmpty ? nil : try store.checkedName(name, for: location)
                try notes.write(of: location)
                return ""
            }
        }
    }

    struct Archive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put a session away, out of lists; or take it back.")

        @Argument(help: "The session.") var session: String
        @Flag(help: "Take it back.") var undo = false

        func run() async throws {
            try await CommandOutput.printing {
                let location = try SessionStore.ofUser().resolve(session)
                var notes = SessionNotes.read(of: location)
                notes.isArchived = !undo
                try notes.write(of: undo ? SessionArchive.unpack(location) : location)
                return ""
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a session's record, after asking.",
            discussion:
                "What it changed in the workspace stays, and so do its checkpoints. Without --yes nothing is deleted "
                + "unless you agree on a terminal.")

        @Argument(help: "The session.") var session: String
        @Flag(name: .shortAndLong, help: "Do it without asking.") var yes = false

        func run() async throws {
            try await CommandOutput.printing {
                let location = try SessionStore.ofUser().resolve(session)
                let summary = SessionSummary(location)
                let style = TerminalStyle(descriptor: STDOUT_FILENO, environment: ProcessEnvironment.variables)
                print(SessionTable([summary], showsFolder: true, style: style).text)
                guard yes || Self.asks() else {
                    throw LockgateError(
                        "session.not_confirmed", "nothing was deleted", remedy: "add --yes to delete that session")
                }
                fflush(nil)
                try location.delete()
                return ""
            }
        }

        /// Asks on a terminal; anything but yes is no.
        private static func asks() -> Bool {
            guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
            print("Delete it? [y/N] ", terminator: "")
            fflush(nil)
            return ["y", "yes"].contains(readLine()?.lowercased())
        }
    }
}
