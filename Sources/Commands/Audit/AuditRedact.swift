import ArgumentParser
import Basics
import Journal
import Sessions
import Wire

extension AuditCommand {
    /// `lockgate audit redact`.
    struct Redact: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a text out of records that are written already; the journal stays verifiable.",
            discussion: """
                A mark stands in its place, and a sealed record says what was redacted and why. Copies of the file, the \
                checkpoints and what a provider was sent are not touched: a secret that got there has to be changed.
                """)

        @Argument(help: "The session: its id, the beginning of it, or its name.") var session: String
        @Option(help: "Only this record, by its number.") var record: Int?
        @Option(help: "The member to take out: $.payload.parts[0].text. Needs --record.") var path: String?
        @Option(help: "The text to take out wherever it stands; - reads it from standard input.") var text: String?
        @Option(help: "Why, for the record that accounts for it; in clear text.") var reason = ""

        func validate() throws {
            guard (path == nil) != (text == nil) else { throw ValidationError("give either --path or --text") }
            if path != nil, record == nil { throw ValidationError("--path needs --record") }
        }

        func run() async throws {
            try await CommandOutput.printing {
                let store = try SessionStore.ofUser()
                let location = try store.resolve(session)
                let target: JournalRedaction.Target
                if let path {
                    target = .path(path)
                } else if text == "-" {
                    let bytes = try PosixFile.readAll(0, limit: 1 << 20)
                    let line = String(decoding: bytes, as: UTF8.self)
                    target = .text(line.hasSuffix("\n") ? String(line.dropLast()) : line)
                } else {
                    target = .text(text ?? "")
                }
                let changed = try JournalRedaction.apply(
                    target, record: record, reason: reason, to: location, keyFile: store.keyFile)
                guard !changed.isEmpty else {
                    throw LockgateError("audit.redact", "no record of session \(location.id) holds it")
                }
                // The index holds the words of records; one that other processes have open cannot be made anew.
                let rest =
                    try SessionIndex.ofUser(anew: true).isOnDisk
                    ? ""
                    : "\nThe search index may still hold it: when nothing else has it open, run: lockgate sessions search --rebuild x"
                return "redacted: record\(changed.count == 1 ? "" : "s") "
                    + changed.map(String.init).joined(separator: ", ") + rest
            }
        }
    }
}
