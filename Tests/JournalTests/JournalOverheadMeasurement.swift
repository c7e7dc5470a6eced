import Basics
import Glibc
import Journal
import TestSupport
import Testing
import Text

/// What the journal costs an effect: its request and outcome, and the item's two events, redacted and written.
///
/// Prints and asserts nothing: `LOCKGATE_MEASURE=1 swift test --filter JournalOverheadMeasurement`. A debug build is an
/// upper bound.
@Suite(.enabled(if: getenv("LOCKGATE_MEASURE") != nil)) struct JournalOverheadMeasurement {
    private static let effect: JSONValue = [
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

    private static func measure(_ name: String, _ output: String, redacts: Bool, syncs: Bool) throws {
        try TemporaryFolder.with { folder in
            let journal = try SessionJournal.create(in: SessionStore(home: folder.path))
            if redacts { journal.redact(with: Redactor(scanner: SecretScanner()) { _ in "0123456789abcdef" }) }
            try journal.append("session", ["id": .string(journal.id.text), "format": 1])
            var times: [Duration] = []
            for _ in 0..<(syncs ? 100 : 500) {
                let begin = ContinuousClock.now
                try journal.append("event", item("item.started", ""))
                try journal.append("effect.requested", effect)
                if syncs { try journal.sync() }
                try journal.append("effect.finished", outcome)
                try journal.append("event", item("item.completed", output))
                if syncs { try journal.sync() }
                times.append(ContinuousClock.now - begin)
            }
            times.sort()
            func microseconds(_ place: Int) -> Int64 { times[place].components.attoseconds / 1_000_000_000_000 }
            print(
                "\(name): median \(microseconds(times.count / 2)) us an effect, 95% \(microseconds(times.count * 95 / 100)) us"
            )
        }
    }

    @Test func anEffectsFourRecords() throws {
        let output = String(repeating: "a line of a test's output, number 12\n", count: 28)
        try Self.measure("written, no redaction", output, redacts: false, syncs: false)
        try Self.measure("written, redacted", output, redacts: true, syncs: false)
        try Self.measure("written, redacted, waited for on the disk twice", output, redacts: true, syncs: true)
    }
}
