import ArgumentParser
import Basics
import Glibc
import Journal
import Telemetry
import Text
import Wire

extension AuditCommand {
    /// `lockgate audit measure`: what the journal costs an effect.
    struct Measure: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure what recording an effect costs.",
            discussion: """
                An effect is a command with 1 KB of output: its request and its outcome, and the item's two events, each \
                redacted, chained and written. Prints medians in microseconds, and what waiting for the disk adds.
                """, shouldDisplay: false)

        @Option(help: "How many effects.") var effects = 2000
        @Option(help: "The folder for the journal, which is removed again.") var folder = "/tmp"

        func validate() throws {
            guard (10...1_000_000).contains(effects) else { throw ValidationError("give from 10 to 1000000 effects") }
        }

        func run() async throws {
            try await CommandOutput.printing {
                let rows = try [
                    measure("written", redacts: false, syncs: false),
                    measure("written, redacted", redacts: true, syncs: false),
                    measure("written, redacted, waited for on the disk twice", redacts: true, syncs: true),
                    measure("written, redacted, handed to telemetry", redacts: true, syncs: false, sends: true),
                ]
                return rows.joined(separator: "\n")
            }
        }

        private static let request: JSONValue = [
            "effect": ["kind": "command", "argv": ["/bin/bash", "-c", "swift test --filter X"], "cwd": "/w/project"],
            "verdict": [
                "decision": "allow", "rule": "sandbox_mode = \"workspace-write\"", "origin": "/home/u/config.toml:3",
            ], "item_id": "item_1",
        ]
        private static let outcome: JSONValue = [
            "outcome": [
                "sandbox": "full", "duration_ms": 123, "output_bytes": 1024, "exit_code": 0, "terminal": nil,
                "denials": [],
            ], "item_id": "item_1",
        ]

        private static func item(_ type: String, _ output: String) -> JSONValue {
            [
                "type": .string(type),
                "item": [
                    "id": "item_1", "type": "command_execution", "command": "swift test --filter X",
                    "aggregated_output": .string(output), "exit_code": 0, "status": "completed", "cwd": "/w/project",
                ],
            ]
        }

        private func measure(
            _ name: String, redacts: Bool, syncs: Bool, sends: Bool = false
        ) throws -> String {
            let id = SessionID()
            let path = "\(folder)/lockgate-measure-\(id)\(syncs ? "-synced" : "").jsonl"
            let journal = try SessionJournal.create(id: id, path: path, keyFile: nil)
            defer { unlink(path) }
            if redacts { journal.redact(with: Redactor(scanner: SecretScanner()) { _ in "0123456789abcdef" }) }
            if sends {
                // With room for all, and never sent: what a session pays, and not what is sent beside it.
                var limits = TelemetryExporter.Limits()
                (limits.items, limits.bytes) = (.max, .max)
                let exporter = TelemetryExporter(
                    SessionTelemetry(session: id.text, start: .now, sendsTexts: true),
                    request: TelemetryRequest(serviceName: "measure", version: "", scope: ""), limits: limits,
                    post: { _, _ in TelemetryAnswer(status: 200) }, warn: { _ in })
                journal.watch { exporter.record(TelemetryRecord($0)) }
            }
            try journal.append("session", ["id": .string(id.text), "format": 1])
            let output = String(repeating: "a line of a test's output, number 12\n", count: 28)
            let (started, completed) = (Self.item("item.started", ""), Self.item("item.completed", output))
            // The disk is slow enough for a few to tell.
            let times = try (0..<(syncs ? min(effects, 300) : effects)).map { _ in
                let begin = ContinuousClock.now
                try journal.append("event", started)
                try journal.append("effect.requested", Self.request)
                if syncs { try journal.sync() }
                try journal.append("effect.finished", Self.outcome)
                try journal.append("event", completed)
                if syncs { try journal.sync() }
                return (ContinuousClock.now - begin).components.attoseconds / 1_000_000_000_000
            }.sorted()
            return "\(name): median \(times[times.count / 2]) us an effect, 95% \(times[times.count * 95 / 100]) us"
        }
    }
}
