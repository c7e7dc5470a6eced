import Audit
import Basics
import Glibc
import Journal
import TestSupport
import Testing
import Wire

/// Runs that end in the middle: by SIGKILL at random moments, and by a disk that takes no more at each position.
///
/// Each time the journal is whole up to its last complete record, holds all that was shown, and can be gone on with.
/// `LOCKGATE_KILLS=200` and `LOCKGATE_DISK_POSITIONS=all` look everywhere; without them at some places.
@Suite(.timeLimit(.minutes(30))) struct KilledJournalTests {
    private static let round: [ScriptedStep] = [
        ExecFixture.shell("echo one; seq 20"), .call("write_file", ["path": "made", "content": "x\n"]),
        ExecFixture.shell("echo two"), .text("Done."),
    ]

    private static func setting(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// What was shown is on record, and the record is whole but for an end that was cut off.
    private static func check(
        _ path: String, shown: [JSONValue], mayBeTorn: Bool, _ comment: String
    ) throws {
        let report = VerificationRun.report(onFile: path, expecting: Expectation())
        let faults = report.findings.filter { !(mayBeTorn && $0.kind == .torn) }
        #expect(faults == [], "\(comment)")
        var recorded: Set<JSONValue> = []
        for record in try JournalReader(path: path).records where record.type == "event" {
            recorded.insert(record.payload)
        }
        for event in shown where !event.isNull && event["type"] != "turn.failed" {
            var payload = event
            payload["timestamp"] = nil
            #expect(recorded.contains(payload), "\(comment): \(event.text)")
        }
    }

    @Test func aRunThatIsKilledAtAnyMomentLosesNothingThatWasShown() async throws {
        let count = Int(Self.setting("LOCKGATE_KILLS") ?? "") ?? 6
        var random = SystemRandomNumberGenerator()
        var torn = 0
        var kills = 0
        let steps = Array(repeating: Self.round, count: count * 3 + 2).flatMap(\.self)
        try await ExecFixture.with(steps) { fixture in
            _ = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            let whole = try PosixFile.read(try #require(fixture.journals.first), limit: 1 << 24).count
            var before = Set(fixture.journals)
            for number in 0..<count {
                let target = Int.random(in: 0..<whole, using: &random)
                let run = try fixture.start("--json", "-s", "workspace-write", "go")
                let clock = ContinuousClock()
                let end = clock.now + .seconds(20)
                while clock.now < end {
                    let own = fixture.journals.first { !before.contains($0) && $0.hasSuffix(".jsonl") }
                    if let own, Self.size(own) >= target { break }
                    if own == nil, target < 100, Bool.random() { break }
                }
                run.signal(SIGKILL)
                let result = try await run.result()
                if result.status == 128 + SIGKILL { kills += 1 }
                guard let own = fixture.journals.first(where: { !before.contains($0) && $0.hasSuffix(".jsonl") }),
                    Self.size(own) > 0
                else { continue }
                before.formUnion(fixture.journals)
                // The last line of what was shown may be cut as well.
                var shown = result.events
                if result.output.last != 0x0A, !shown.isEmpty { shown.removeLast() }
                if VerificationRun.report(onFile: own, expecting: Expectation()).tornBytes > 0 { torn += 1 }
                guard VerificationRun.report(onFile: own, expecting: Expectation()).records > 0 else { continue }
                try Self.check(own, shown: shown, mayBeTorn: true, "kill \(number) at byte \(target)")
                let id = String(PathText.name(own).dropLast(".jsonl".utf8.count))
                let resumed = try await fixture.exec(["--json", "-s", "workspace-write", "resume", id, "go on"])
                #expect(resumed.status == 0, "kill \(number): \(resumed.errorText)")
                try Self.check(own, shown: resumed.events, mayBeTorn: false, "resume \(number)")
            }
        }
        print("killed \(kills) of \(count) runs; \(torn) journals had a torn end")
        #expect(kills > 0)
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    @Test func aDiskThatIsFullAtAnyWriteLeavesAWholeJournalThatGoesOn() async throws {
        try await ExecFixture.with(Array(repeating: Self.round, count: 200).flatMap(\.self)) { fixture in
            _ = try await fixture.exec(["--json", "-s", "read-only", "go"])
            let first = try #require(fixture.journals.first)
            let lines = try PosixFile.read(first, limit: 1 << 24).split(separator: 0x0A)
            var ends: [Int] = [0]
            for line in lines.dropLast() { ends.append((ends.last ?? 0) + line.count + 1) }
            // Smaller files than the header's are those of the program's own preparation.
            let positions = ends.dropFirst()
            let isAll = Self.setting("LOCKGATE_DISK_POSITIONS") == "all"
            var before = Set(fixture.journals)
            for (number, position) in positions.enumerated() where isAll || number % 7 == 0 {
                // Some bytes of the record that is too much find room, and are taken back.
                let run = try await fixture.exec(
                    ["--json", "-s", "read-only", "go"],
                    wrapper: [
                        "sh", "-c", "trap '' XFSZ; exec prlimit --fsize=\(position + 40) \"$0\" \"$@\"",
                    ])
                #expect(run.status != 0, "position \(number)")
                let own = try #require(
                    fixture.journals.first { !before.contains($0) && $0.hasSuffix(".jsonl") }, "position \(number)")
                before.formUnion(fixture.journals)
                let shown = run.events.filter { $0["type"] != "error" }
                try Self.check(own, shown: shown, mayBeTorn: false, "position \(number)")
                let id = String(PathText.name(own).dropLast(".jsonl".utf8.count))
                let resumed = try await fixture.exec(["--json", "-s", "read-only", "resume", id, "go on"])
                #expect([0, 4].contains(resumed.status), "position \(number): \(resumed.errorText)")
            }
            print("the disk was full at \(isAll ? positions.count : (positions.count + 6) / 7) positions")
        }
    }
}
