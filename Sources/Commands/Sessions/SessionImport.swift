import ArgumentParser
import Audit
import Basics
import Config
import Journal
import Sessions
import Text
import Wire

extension SessionsCommand {
    /// `lockgate sessions import`.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take in a bundle, or sessions of Codex or Claude Code.",
            usage: """
                lockgate sessions import BUNDLE [--key KEY] [-C FOLDER]
                lockgate sessions import --codex|--claude FILE|FOLDER...
                """,
            discussion: """
                A bundle is verified before anything is put in its place; it is gone on with like any other session, \
                but what was granted in it counts for nothing here. With -C its turns can be taken back in that folder, \
                where the bundle has its checkpoints. Sessions of other programs are kept to be read, \
                searched and forked: lockgate exec fork SESSION "...".
                """)

        @Argument(help: "Bundles, or files and folders of the other program.") var paths: [String]
        @Flag(help: "The files are Codex's rollouts.") var codex = false
        @Flag(help: "The files are Claude Code's transcripts.") var claude = false
        @Option(help: "A bundle's seals have to be by this key: ed25519:… or a file that holds it.") var key: String?
        @Option(
            name: .customShort("C"), help: "The folder in which a bundle's turns are to be taken back: lockgate undo.")
        var directory: String?
        @Flag(help: "Print one JSON object a file.") var json = false

        func validate() throws {
            if codex, claude { throw ValidationError("give one of --codex and --claude") }
            if key != nil || directory != nil, codex || claude { throw ValidationError("--key and -C are of bundles") }
        }

        func run() async throws {
            try await CommandOutput.printing {
                let store = try SessionStore.ofUser()
                let paths = paths.map { PathText.absolute($0, from: ProcessEnvironment.workingDirectory) }
                guard codex || claude else {
                    return try paths.map { try bundle($0, store) }.joined(separator: "\n")
                }
                return try history(paths, as: codex ? .codex : .claude, store)
            }
        }

        // MARK: - Bundles

        private func bundle(_ path: String, _ store: SessionStore) throws -> String {
            var expectation = Expectation()
            do throws(AuditFault) {
                if let key { try expectation.require(key: key) }
            } catch {
                throw LockgateError("audit.usage", error.description, exitCode: 2)
            }
            if key == nil, let own = try? store.keyFile.publicKey() { expectation.keys.insert(own) }
            var turns: Int?
            let transfer = CheckpointTransfer(home: PathText.parent(store.root))
            let folder = directory.map { PathText.absolute($0, from: ProcessEnvironment.workingDirectory) }
            let result = try BundleImport(store: store, expecting: expectation)
                .take(path, checkpoints: folder.map { folder in { turns = try transfer.take($0, into: folder) } })
            let report = result.report
            if folder != nil, result.manifest.checkpoints == nil {
                CommandOutput.warn("the bundle holds no checkpoints: export it with --checkpoints")
            }
            if json {
                return JSONValue.object([
                    "session": .string(result.location.id.text), "outcome": .string(result.outcome.rawValue),
                    "name": .optional(result.name), "records": .int(report.records),
                    "keys": .array(report.keys.map { .string("\($0)") }),
                    "warnings": .array(report.warnings.map { .string($0) }),
                    "turns": turns.map { .int($0) } ?? .null,
                ]).text
            }
            var lines: [String] = []
            let id = result.location.id.text.prefix(18)
            switch result.outcome {
            case .imported: lines.append("session \(id): imported, \(report.records) records")
            case .continued: lines.append("session \(id): brought up to \(report.records) records")
            case .known: lines.append("session \(id): here already, nothing changed")
            }
            lines += report.warnings.map { "  warning: \(TerminalStyle.harmless($0))" }
            if let turns {
                lines.append("  \(turns) turn\(turns == 1 ? "" : "s") more can be taken back there: lockgate undo")
            } else if result.manifest.checkpoints != nil {
                lines.append("  it holds checkpoints: give the project's folder with -C to take its turns back there")
            }
            lines.append("  go on with: lockgate exec resume \(id) -C FOLDER \"...\"")
            return lines.joined(separator: "\n")
        }

        // MARK: - Other programs

        private func history(
            _ paths: [String], as agent: ForeignSession.Agent, _ store: SessionStore
        ) throws -> String {
            let loader = try ConfigurationArguments.loader(directory: nil)
            let importer = try HistoryImport(ofUser: store, loader)
            var lines: [String] = []
            var counts: [HistoryImport.Result.Outcome: Int] = [:]
            for path in paths.flatMap(HistoryImport.files) {
                let result = try importer.take(path, as: agent)
                counts[result.outcome, default: 0] += 1
                lines.append(json ? Self.json(result).text : Self.text(of: result))
            }
            guard !json else { return lines.joined(separator: "\n") }
            let words = [
                "\(counts[.imported] ?? 0) imported", "\(counts[.renewed] ?? 0) renewed",
                "\(counts[.known] ?? 0) here already", "\(counts[.empty] ?? 0) without a conversation",
            ]
            return (lines + [words.joined(separator: ", ")]).filter { !$0.isEmpty }.joined(separator: "\n")
        }

        private static func text(of result: HistoryImport.Result) -> String {
            let path = TerminalStyle.harmless(result.path)
            var lines: [String] = []
            if let id = result.id, result.outcome != .known {
                lines.append("session \(id.text.prefix(18)): \(result.session.entries.count) items of \(path)")
            }
            if let first = result.session.unread.first {
                let count = result.session.unread.count
                lines.append(
                    "  \(path): \(count) line\(count == 1 ? "" : "s") could not be read, the first is \(first.line): "
                        + first.reason)
            }
            return lines.joined(separator: "\n")
        }

        private static func json(_ result: HistoryImport.Result) -> JSONValue {
            [
                "path": .string(result.path), "outcome": .string(result.outcome.rawValue),
                "session": .optional(result.id?.text), "items": .int(result.session.entries.count),
                "skipped_lines": .int(result.session.skipped),
                "unread_lines": .array(
                    result.session.unread.map { ["line": .int($0.line), "reason": .string($0.reason)] }),
            ]
        }
    }
}

extension HistoryImport {
    /// With what takes secrets out of another program's record, which holds them in clear, as the user wants it.
    init(ofUser store: SessionStore, _ loader: ConfigurationLoader) throws {
        let settings = try loader.load(trust: .untrusted).settings
        var redactor: Redactor?
        if settings.redaction.isEnabled {
            let key = (try? store.keyFile.load()) ?? SealPrivateKey()
            redactor = Redactor(scanner: SecretScanner(allowed: settings.redaction.allow)) { key.commitment(to: $0) }
        }
        self.init(store: store, redactor: redactor, version: Version.text)
    }
}
