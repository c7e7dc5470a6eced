import TestSupport
import Testing

@testable import Terminal

@Suite struct ScreenWriterTests {
    private static let words = ["a", "bc", "漢", "👍🏽", "é", "  ", "x-y", "🇩🇪", "…", "long-word", "e\u{301}"]

    private func line(_ random: inout SeededGenerator, width: Int) -> StyledLine {
        var line = StyledLine()
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            line.append(random.pick(Self.words), CellStyle(random.pick([.standard, .red, .rgb(1, 2, 3)])))
        }
        return line.prefix(width)
    }

    private func trimmed(_ lines: [StyledLine]) -> [String] {
        var texts = lines.map { line in
            var text = line.text
            while text.last == " " { text.removeLast() }
            return text
        }
        while texts.last == "" { texts.removeLast() }
        return texts
    }

    @Test(arguments: [(12, 4), (20, 6), (40, 10)]) func everyFrameIsShownAsItIs(width: Int, height: Int) {
        var random = SeededGenerator(seed: UInt64(width))
        for _ in 0..<12 {
            var writer = ScreenWriter(width: width, height: height, depth: .palette)
            var terminal = VirtualTerminal(width: width, height: height)
            var printed: [StyledLine] = []
            var live: [StyledLine] = []
            for _ in 0..<25 {
                if random.oneIn(3) {
                    live = (0..<Int.random(in: 0...height, using: &random)).map { _ in line(&random, width: width) }
                } else if !live.isEmpty {
                    live[Int.random(in: live.indices, using: &random)] = line(&random, width: width)
                }
                let above = random.oneIn(3) ? (0..<2).map { _ in line(&random, width: width) } : []
                printed += above
                let cursor = live.isEmpty ? nil : Frame.Position(row: live.count - 1, column: 0)
                terminal.feed(writer.show(Frame(live, cursor: cursor), above: above))
                #expect(terminal.violations == [])
                #expect(terminal.everything == trimmed(printed + live))
                if cursor != nil { #expect(terminal.cursorLine == trimmed(live.suffix(1)).first ?? "") }
            }
        }
    }

    @Test func anUnchangedFrameWritesNothing() {
        var writer = ScreenWriter(width: 40, height: 5, depth: .full)
        let frame = Frame([StyledLine("one"), StyledLine("two")], cursor: Frame.Position(row: 1, column: 2))
        #expect(!writer.show(frame).isEmpty)
        #expect(writer.show(frame).isEmpty)
    }

    @Test func onlyWhatChangedIsDrawnInOneSynchronizedUpdate() {
        var writer = ScreenWriter(width: 40, height: 5, depth: .full)
        _ = writer.show(Frame([StyledLine("the same start: 1"), StyledLine("two")]))
        let bytes = writer.show(Frame([StyledLine("the same start: 2"), StyledLine("two")]))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "\u{1B}[?2026h\u{1B}[1A\u{1B}[17G2\u{1B}[K\u{1B}[?2026l")
    }

    @Test func theWholeScreenIsBorrowedAndGivenBack() {
        var writer = ScreenWriter(width: 20, height: 4, depth: .none)
        let live = Frame([StyledLine("live")])
        _ = writer.show(live)
        var whole = VirtualTerminal(width: 20, height: 4)
        whole.feed(writer.enterWhole())
        whole.feed(writer.show(Frame([StyledLine("one"), .empty, StyledLine("three")])))
        #expect(whole.screen == ["one", "", "three"])
        #expect(String(decoding: writer.leaveWhole(), as: UTF8.self) == "\u{1B}[?1049l")
        #expect(writer.show(live).isEmpty)
    }

    @Test func aSmallerScreenLosesNothingOfTheScrollback() {
        var writer = ScreenWriter(width: 20, height: 6, depth: .none)
        _ = writer.show(
            Frame([StyledLine("0123456789abcde"), StyledLine("x")], cursor: Frame.Position(row: 1, column: 0)),
            above: [StyledLine("kept")])
        // The first row takes two at ten columns.
        let bytes = writer.resize(width: 10, height: 6)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "\u{1B}[2A\r\u{1B}[K\n\r\u{1B}[K\n\r\u{1B}[K\u{1B}[2A\r")
        #expect(writer.resize(width: 10, height: 6).isEmpty)
    }

    @Test func coloursAreThoseTheTerminalHas() {
        func bytes(_ colour: TerminalColour, _ depth: ColourDepth) -> String {
            CellStyle(colour, .bold).sequence(depth: depth)
        }
        #expect(bytes(.rgb(255, 0, 0), .full) == "\u{1B}[0;1;38;2;255;0;0m")
        #expect(bytes(.rgb(255, 0, 0), .palette) == "\u{1B}[0;1;38;5;196m")
        #expect(bytes(.rgb(255, 0, 0), .sixteen) == "\u{1B}[0;1;91m")
        #expect(bytes(.palette(244), .sixteen) == "\u{1B}[0;1;90m")
        #expect(bytes(.red, .palette) == "\u{1B}[0;1;31m")
        #expect(bytes(.red, .none) == "\u{1B}[0;1m")
        let environments: [([String: String], ColourDepth)] = [
            (["TERM": "xterm-256color"], .palette), (["TERM": "xterm", "COLORTERM": "truecolor"], .full),
            (["TERM": "xterm"], .sixteen), (["TERM": "dumb"], .none), ([:], .none),
            (["TERM": "xterm-256color", "NO_COLOR": "1"], .none),
        ]
        for (environment, depth) in environments { #expect(ColourDepth(environment: environment) == depth) }
    }
}
