import TestSupport
import Testing

@testable import Terminal

@Suite struct LineWrappingTests {
    private func wrapped(_ text: String, _ width: Int, indent: String = "") -> [String] {
        StyledLine(text).wrapped(to: width, indent: StyledLine(indent)).map(\.text)
    }

    @Test func linesBreakBetweenWords() {
        #expect(wrapped("one two three", 8) == ["one two", "three"])
        #expect(wrapped("one two three", 9, indent: "  ") == ["one two", "  three"])
        #expect(wrapped("unbreakable", 4) == ["unbr", "eaka", "ble"])
        #expect(wrapped("漢字漢字", 5) == ["漢字", "漢字"])
        #expect(wrapped("", 5) == [""])
        #expect(wrapped("    code here", 10) == ["    code", "here"])
    }

    @Test func noLineIsWiderAndNothingIsLost() {
        var random = SeededGenerator(seed: 5)
        let words = ["a", "bb", "漢字", "👍🏽", "a-long-word-of-letters", "é", "x"]
        for _ in 0..<2000 {
            var line = StyledLine()
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                line.append(random.pick(words) + (random.oneIn(2) ? " " : ""), random.oneIn(2) ? .bold : .plain)
            }
            let width = Int.random(in: 2...30, using: &random)
            let lines = line.wrapped(to: width)
            #expect(lines.allSatisfy { $0.width <= width }, "\(width): \(lines.map(\.text))")
            #expect(lines.map(\.text).joined().filter { $0 != " " } == line.text.filter { $0 != " " })
        }
    }

    @Test func cuttingKeepsWithinTheWidth() {
        #expect(StyledLine("漢字漢字").cut(to: 4).text == "漢…")
        #expect(StyledLine("abcdef").cut(to: 4).text == "abc…")
        #expect(StyledLine("abc").cut(to: 3).text == "abc")
        #expect(StyledLine("abc").cut(to: 0).text == "")
        #expect(StyledLine("ab").padded(to: 4).text == "ab  ")
    }
}
