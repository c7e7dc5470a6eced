import Basics
import Glibc
import Journal
import TestSupport
import Testing
import Wire

@Suite struct SpendLogTests {
    private static func entry(_ tokens: Int, cost: Double?, model: String = "m") -> SpendEntry {
        SpendEntry(
            session: "s", model: model, provider: "p", source: "exec",
            usage: TokenUsage(inputTokens: tokens, outputTokens: 0), cost: cost)
    }

    @Test func sumsAreByDayAndProjectWithReservationsUnderWay() throws {
        try TemporaryFolder.with { folder in
            let day = WallTime(milliseconds: 1_790_000_000_000)
            let here = SpendLog(home: folder.path, project: "/here", now: { day })
            let there = SpendLog(home: folder.path, project: "/there", now: { day })
            try here.settle(nil, Self.entry(100, cost: 0.01))
            let id = try here.reserve(Spend(money: NanoDollars(usd: 0.5), tokens: 50)) { _, _ in true }
            #expect(id != nil)
            let before = try there.totals()
            #expect(before.day == Spend(money: NanoDollars(usd: 0.51), tokens: 150))
            #expect(before.project == Spend())
            #expect(try there.reserve(Spend(tokens: 1)) { day, _ in day.tokens < 150 } == nil)
            try here.settle(id, Self.entry(7, cost: nil))
            let after = try there.totals()
            #expect(after.day == Spend(money: NanoDollars(usd: 0.01), tokens: 107))
            if let other = try there.reserve(Spend(tokens: 1_000), fits: { _, _ in true }) { try there.cancel(other) }
            #expect(try here.totals().day == after.day)
            let tomorrow = SpendLog(
                home: folder.path, project: "/here", now: { WallTime(milliseconds: day.milliseconds + 86_400_000) })
            let next = try tomorrow.totals()
            #expect(next.day == Spend())
            #expect(next.project == Spend(money: NanoDollars(usd: 0.01), tokens: 107))
        }
    }

    @Test func processesThatReserveAtOnceNeverPassALimitTogether() async throws {
        try await TemporaryFolder.with { folder in
            // One moment for all: no two reservations may be taken for one because they were made at the same time.
            let moment = WallTime(milliseconds: 1_790_000_000_000)
            let taken = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        // Each as another process would: its own descriptors, its own sums.
                        let log = SpendLog(home: folder.path, project: "/p", now: { moment })
                        var count = 0
                        for _ in 0..<20
                        where try log.reserve(Spend(tokens: 10), fits: { day, _ in day.tokens + 10 <= 500 }) != nil {
                            count += 1
                        }
                        return count
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(taken == 50)
        }
    }

    @Test func aReportSumsByModelAndSkipsWhatItCannotRead() throws {
        try TemporaryFolder.with { folder in
            let log = SpendLog(home: folder.path, project: "/p", now: { WallTime(milliseconds: 1_790_000_000_000) })
            try log.settle(nil, Self.entry(100, cost: 0.25, model: "dear"))
            try log.settle(nil, Self.entry(10, cost: nil, model: "free"))
            _ = try log.reserve(Spend(tokens: 9)) { _, _ in true }
            let name = try #require(PosixFile.list(log.folder).first { $0.hasSuffix(".jsonl") })
            try folder.write("usage/\(name)", try #require(try folder.text("usage/\(name)")) + "half a li")
            let report = try SpendReport(home: folder.path, by: .model)
            #expect(report.rows.map(\.name) == ["dear", "free"])
            #expect(report.rows.map(\.unpriced) == [0, 1])
            #expect(report.total.requests == 2 && report.total.money == NanoDollars(usd: 0.25))
            #expect(try SpendReport(home: folder.path, by: .day, since: "2030-01-01").rows == [])
        }
    }
}
