import Testing

@testable import Engine

/// Which attempt is picked.
struct AttemptChoiceTests {
    private static func result(
        _ number: Int, _ standing: AttemptResult.Standing, lines: Int, cost: Double? = 1, files: Int = 1
    ) -> AttemptResult {
        var result = AttemptResult(number: number, worktree: "w\(number)", session: "s", model: "m", checks: 1)
        result.standing = standing
        result.changedLines = lines
        result.changedFiles = files
        result.cost = cost
        return result
    }

    @Test func checksComeFirstThenTheSizeThenTheCost() {
        let cases: [([AttemptResult], Int?)] = [
            ([], nil), ([Self.result(1, .failed, lines: 1)], nil), ([Self.result(1, .stopped, lines: 1)], nil),
            ([Self.result(1, .failed, lines: 1), Self.result(2, .passed, lines: 90)], 2),
            ([Self.result(1, .passed, lines: 5), Self.result(2, .passed, lines: 4, cost: 9)], 2),
            ([Self.result(1, .passed, lines: 4, cost: 2), Self.result(2, .passed, lines: 4, cost: 1)], 2),
            ([Self.result(1, .passed, lines: 4, cost: nil), Self.result(2, .passed, lines: 4, cost: 9)], 2),
            ([Self.result(2, .passed, lines: 4), Self.result(1, .passed, lines: 4)], 1),
            ([Self.result(1, .passed, lines: 0, files: 0), Self.result(2, .passed, lines: 4)], 2),
            ([Self.result(1, .passed, lines: 0, files: 0)], 1),
        ]
        for (results, picked) in cases { #expect(AttemptChoice.pick(results)?.number == picked) }
    }

    @Test func resultsAreReadAsTheyAreWritten() {
        var result = Self.result(3, .failed, lines: 7)
        result.reason = "why"
        result.message = "words"
        #expect(AttemptResult(json: result.json) == result)
    }

    @Test func asManyRunAtOnceAsThereAreCoresAndMemory() {
        let gigabyte = 1 << 30
        let cases = [
            (8, 2, 64 * gigabyte, 2), (8, 16, 3 * gigabyte, 3), (2, 16, 64 * gigabyte, 2), (8, 4, 0, 1),
            (1, 4, gigabyte, 1),
        ]
        for (count, cores, memory, expected) in cases {
            #expect(AttemptChoice.concurrency(count, cores: cores, freeMemory: memory) == expected)
        }
    }
}
