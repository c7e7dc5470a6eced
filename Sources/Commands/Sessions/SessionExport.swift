import ArgumentParser
import Audit
import Basics
import Glibc
import Journal
import Sessions
import Wire

extension SessionsCommand {
    /// `lockgate sessions export`.
    struct Export: AsyncParsableCommand {
        enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, html }

        static let configuration = CommandConfiguration(
            abstract: "Write a session as one file: the record itself, or a page for people.",
            discussion: """
                jsonl is the journal byte for byte, so that lockgate-verify still checks it. html is one page without \
                scripts or links to elsewhere. A journal that does not verify is not exported.
                """)

        @Argument(help: "The session.") var session: String
        @Option(name: .shortAndLong, help: "The file to write; standard output without it.") var output: String?
        @Option(help: "jsonl or html.") var format: Format = .jsonl
        @Option(help: "Write a bundle to this file instead, for lockgate sessions import on another machine.")
        var bundle: String?
        @Flag(
            help:
                "Put into the bundle what takes the session's turns back: the files that they changed, before and after."
        )
        var checkpoints = false

        func validate() throws {
            guard !checkpoints || bundle != nil else { throw ValidationError("--checkpoints goes with --bundle") }
            guard bundle == nil || output == nil else { throw ValidationError("give one of --bundle and -o") }
        }

        func run() async throws {
            try await CommandOutput.printing {
                let store = try SessionStore.ofUser()
                let location = try store.resolve(session)
                if let bundle {
                    let path = PathText.absolute(bundle, from: ProcessEnvironment.workingDirectory)
                    guard checkpoints else {
                        try BundleExport(location, version: Version.text).write(to: path)
                        return ""
                    }
                    let file = "\(path).\(getpid()).checkpoints"
                    defer { unlink(file) }
                    let count = try CheckpointTransfer(home: PathText.parent(store.root)).export(location, to: file)
                    try BundleExport(location, version: Version.text, checkpoints: file).write(to: path)
                    return "with the checkpoints of \(count) turn\(count == 1 ? "" : "s")"
                }
                var expectation = Expectation()
                if let own = try? store.keyFile.publicKey() { expectation.keys.insert(own) }
                let report = VerificationRun.report(onFile: location.path, expecting: expectation)
                if let finding = report.findings.first(where: { $0.kind != .torn }) {
                    throw LockgateError(
                        "journal.broken", "session \(location.id) does not verify: \(finding.description)",
                        remedy: "see: lockgate audit verify \(location.id)")
                }
                let bytes = try content(of: location, report)
                guard let output else {
                    try PosixFile.writeAll(STDOUT_FILENO, bytes)
                    return ""
                }
                let path = PathText.absolute(output, from: ProcessEnvironment.workingDirectory)
                do throws(SystemError) {
                    try PosixFile.replace(path, with: bytes)
                } catch {
                    throw LockgateError("output.unwritable", "cannot write the export: \(error)")
                }
                return ""
            }
        }

        private func content(of location: SessionLocation, _ report: JournalReport) throws -> [UInt8] {
            switch format {
            case .jsonl:
                let bytes = try JournalFile.content(location.path)
                return Array(bytes.dropLast(report.tornBytes))
            case .html:
                let records = try JournalReader(path: location.path).records
                return SessionPage(
                    summary: SessionSummary(location), transcript: SessionTranscript(records: records), report: report
                ).bytes
            }
        }
    }
}
