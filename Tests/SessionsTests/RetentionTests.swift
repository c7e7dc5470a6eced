import Audit
import Basics
import Glibc
import Journal
import Sessions
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct RetentionTests {
    private static let day: Int64 = 86_400_000
    private static let now = WallTime(milliseconds: 1_780_000_000_000)

    private func candidate(_ age: Int64, _ bytes: Int, hold: String? = nil, isArchived: Bool = false)
        -> RetentionPlan.Candidate
    {
        let time = WallTime(milliseconds: Self.now.milliseconds - age * Self.day)
        let id = SessionID(now: time)
        return RetentionPlan.Candidate(
            location: SessionLocation(id: id, path: "/s/\(id).jsonl"), bytes: bytes, lastUse: time,
            isArchived: isArchived, hold: hold)
    }

    private func plan(_ candidates: [RetentionPlan.Candidate], _ policy: RetentionPolicy) -> RetentionPlan {
        RetentionPlan(candidates, policy: policy, now: Self.now)
    }

    @Test func theOldestGoFirstAndHeldOnesStay() {
        let all = [
            candidate(5, 100), candidate(40, 100), candidate(20, 100, hold: "it has a name"), candidate(10, 100),
            candidate(90, 100, hold: "it is open"),
        ]
        #expect(plan(all, RetentionPolicy()).isEmpty)
        let byAge = plan(all, RetentionPolicy(maxAgeDays: 15))
        #expect(byAge.deletions.map(\.candidate) == [all[1]])
        #expect(byAge.held == [all[4], all[2]])
        let bySize = plan(all, RetentionPolicy(maxBytes: 350))
        #expect(bySize.deletions.map(\.candidate) == [all[1], all[3]])
        // What is held counts, and is not made up for by what is new beyond need.
        #expect(plan(all, RetentionPolicy(maxBytes: 0)).deletions.map(\.candidate) == [all[1], all[3], all[0]])
        let archived = plan(all + [candidate(50, 1, isArchived: true)], RetentionPolicy(archiveAfterDays: 7))
        #expect(archived.archivings == [all[1], all[3]])
        #expect(archived.deletions.isEmpty)
    }

    @Test func aClockThatWasSetBackDeletesNothing() {
        let future = [candidate(-400, 10), candidate(-1, 10)]
        #expect(plan(future, RetentionPolicy(maxAgeDays: 1, archiveAfterDays: 1)).isEmpty)
        #expect(plan([candidate(1, 10)], RetentionPolicy(maxAgeDays: 1)).isEmpty)
        #expect(plan([candidate(2, 10)], RetentionPolicy(maxAgeDays: 1)).deletions.count == 1)
    }

    @Test func sessionsAreArchivedAndDeletedAndTheRestIsUntouched() throws {
        try SyntheticSessions.with { sessions in
            let old = try sessions.begin(turns: 20)
            let named = try sessions.begin()
            try SessionNotes(name: "keep").write(of: named)
            let waiting = try sessions.begin()
            let open = try sessions.begin()
            let (writer, _) = try SessionJournal.resume(id: open.id, path: open.path)
            let bytes = try PosixFile.read(old.path, limit: 1 << 24)
            let later = WallTime(milliseconds: WallTime.now.milliseconds + 30 * Self.day)
            func pruning(_ policy: RetentionPolicy) -> SessionPruning {
                SessionPruning(home: sessions.home, policy: policy, now: later) { $0 == waiting.id }
            }
            // The clock was looked at the day before.
            let dayBefore = WallTime(milliseconds: later.milliseconds - Self.day)
            let look = SessionPruning(home: sessions.home, policy: RetentionPolicy(maxAgeDays: 1), now: dayBefore) {
                _ in
                false
            }
            #expect(look.begin())
            let index = try SessionIndex(home: sessions.home)
            let before = try index.summaries(in: nil)
            let hits = try index.search(SearchQuery("login")).map(\.json.text).sorted()
            let archiving = pruning(RetentionPolicy(archiveAfterDays: 10))
            #expect(archiving.carryOut(archiving.plan()).isEmpty)
            let archived = try sessions.store.resolve(old.id.text)
            #expect(archived.isArchived)
            #expect(!PosixFile.exists(old.path))
            #expect(try JournalFile.content(archived.path) == bytes)
            #expect(VerificationRun.report(onFile: archived.path, expecting: Expectation()).isWhole)
            #expect(try JournalReader(path: archived.path).records.count == (try verify(bytes)))
            // Lists and searches say the same.
            let after = try index.summaries(in: nil)
            #expect(after.map(\.location.id) == before.map(\.location.id))
            #expect(after.map(\.prompt) == before.map(\.prompt))
            #expect(after.map(\.totals) == before.map(\.totals))
            #expect(try index.search(SearchQuery("login")).map(\.json.text).sorted() == hits)
            // It is gone on with as ever.
            try sessions.goOn(archived)
            #expect(try PosixFile.read(old.path, limit: 1 << 24).starts(with: bytes))
            #expect(!PosixFile.exists(archived.path))
            let deleting = pruning(RetentionPolicy(maxAgeDays: 10))
            #expect(deleting.carryOut(deleting.plan()).isEmpty)
            #expect(Set(try index.summaries(in: nil).map(\.location.id)) == [named.id, waiting.id, open.id])
            withExtendedLifetime(writer) {}
        }
    }

    @Test func aClockThatLeapsAheadIsDoubtedForADay() throws {
        try SyntheticSessions.with { sessions in
            for _ in 0..<3 { _ = try sessions.begin() }
            let real = WallTime.now.milliseconds
            func pruning(day: Int64) -> SessionPruning {
                SessionPruning(
                    home: sessions.home, policy: RetentionPolicy(maxAgeDays: 30),
                    now: WallTime(milliseconds: real + day * Self.day)
                ) { _ in false }
            }
            // Never looked at before, the sessions say what time it is; later the last look does.
            #expect(pruning(day: 400).plan().isEmpty)
            #expect(pruning(day: 0).begin())
            let leap = pruning(day: 400)
            #expect(leap.plan().isEmpty)
            #expect(leap.plan().isBehind(WallTime(milliseconds: real + 400 * Self.day)))
            #expect(leap.begin())
            // Set right again the next day: nothing is lost.
            #expect(pruning(day: 1).plan().isEmpty)
            // A year has really passed: a day after it was first seen.
            #expect(pruning(day: 402).plan().deletions.count == 3)
        }
    }

    private func verify(_ bytes: [UInt8]) throws -> Int {
        var verifier = JournalVerifier()
        verifier.consume(bytes[...])
        return verifier.finish().records
    }

    @Test func aDamagedArchiveIsTold() throws {
        try SyntheticSessions.with { sessions in
            let archived = try SessionArchive.pack(sessions.begin(turns: 5))
            let good = try PosixFile.read(archived.path, limit: 1 << 24)
            for place in stride(from: 0, to: good.count, by: 41) {
                var bad = good
                bad[place] ^= 0x10
                try PosixFile.replace(archived.path, with: bad)
                // Flags of the header mean nothing here, nor do the bits after the last one that is compressed.
                let isWhole = VerificationRun.report(onFile: archived.path, expecting: Expectation()).isWhole
                #expect(!isWhole || place < 10 || place == good.count - 9, "byte \(place) of \(good.count)")
                try PosixFile.replace(archived.path, with: Array(good.prefix(place)))
                #expect(!VerificationRun.report(onFile: archived.path, expecting: Expectation()).isWhole)
            }
            // What cannot be read back is never put in the place of what can.
            #expect(throws: LockgateError.self) { try SessionArchive.unpack(archived) }
            #expect(PosixFile.exists(archived.path))
        }
    }

    @Test func pruningIsDueOnceADay() throws {
        try TemporaryFolder.with { folder in
            let home = folder.path
            try folder.makeFolder("sessions")
            func pruning(_ offset: Int64, _ policy: RetentionPolicy = RetentionPolicy(maxAgeDays: 1)) -> SessionPruning
            {
                let time = WallTime(milliseconds: WallTime.now.milliseconds + offset)
                return SessionPruning(home: home, policy: policy, now: time) { _ in false }
            }
            #expect(!pruning(0, RetentionPolicy()).isDue)
            #expect(pruning(0).begin())
            #expect(!pruning(1000).begin())
            #expect(pruning(Self.day + 60_000).isDue)
            // The clock was set back: the last time is in the future.
            #expect(pruning(-Self.day).isDue)
        }
    }
}
