import Basics
import Testing

@Suite struct WallTimeReadingTests {
    @Test func readsBackWhatItWrites() {
        var milliseconds: Int64 = -62_135_596_800_000
        while milliseconds < 250_000_000_000_000 {
            let time = WallTime(milliseconds: milliseconds)
            #expect(WallTime(rfc3339: time.rfc3339) == time)
            milliseconds += 86_399_999_987 / 3
        }
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22T08:15:30Z", "2026-13-22T08:15:30.123Z", "2026-02-30T08:15:30.123Z",
        "2026-11-22T24:15:30.123Z", "2026-11-22 08:15:30.123Z", "2026-11-22T08:15:30.123+", "+026-11-22T08:15:30.123Z",
        "2026-11-22T08:15:30,123Z", "2026-00-10T08:15:30.123Z",
    ])
    func refusesEverythingElse(_ text: String) {
        #expect(WallTime(rfc3339: text) == nil)
    }
}
