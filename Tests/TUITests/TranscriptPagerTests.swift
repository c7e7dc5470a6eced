import Terminal
import Testing
import Wire

@testable import TUI

/// A transcript of which the journal has the beginning.
@Suite struct TranscriptPagerTests {
    private static let place = StoredPlace(journal: "/j", bytes: 1000)
    private static func entry(_ number: Int) -> TranscriptEntry { .message("entry \(number)") }

    /// A screen that has entries 1000 to 1029, and what answers what it asks of the journal.
    private func opened() -> ScreenFixture {
        var screen = ScreenFixture.ready()
        screen.happen(.replaced((1000..<1030).map(Self.entry), stored: Self.place))
        screen.press(.control("t"))
        #expect(screen.takeActions() == [.countStored(Self.place)])
        screen.happen(.storedCount(1000))
        return screen
    }

    private func serve(_ screen: inout ScreenFixture) -> [Int] {
        var chunks: [Int] = []
        while case .loadStored(let chunk)? = screen.takeActions().last, chunks.count < 50 {
            chunks.append(chunk)
            let range = TranscriptPager.stored(chunk: chunk, of: 1000)
            screen.happen(.storedChunk(chunk, range.map(Self.entry)))
        }
        return chunks
    }

    private func shown(_ screen: ScreenFixture) -> [Int] {
        screen.live.compactMap { $0.hasPrefix("  entry ") ? Int($0.dropFirst(8)) : nil }
    }

    @Test func opensAtTheEndAndReadsNothing() {
        var screen = opened()
        #expect(serve(&screen) == [])
        #expect(shown(screen) == Array(1019...1029))
    }

    @Test func goesOnIntoTheJournalLineByLine() {
        var screen = opened()
        var seen = Set(shown(screen))
        var chunks: [Int] = []
        for _ in 0..<130 {
            let before = shown(screen)
            screen.press(Key(.up))
            chunks += serve(&screen)
            let after = shown(screen)
            #expect(after.first ?? 0 >= (before.first ?? 0) - 1)
            #expect(zip(after, after.dropFirst()).allSatisfy { $1 == $0 + 1 })
            seen.formUnion(after)
        }
        #expect(chunks == [0])
        #expect(seen == Set(954...1029))
    }

    @Test func goesToTheBeginningAndBack() {
        var screen = opened()
        screen.press(Key(.home))
        #expect(serve(&screen) == [15])
        #expect(shown(screen) == Array(0...10))
        screen.press(Key(.pageDown))
        _ = serve(&screen)
        #expect(shown(screen).first == 11 || shown(screen).first == 10)
        screen.press(Key(.end))
        #expect(shown(screen) == Array(1019...1029))
    }

    @Test func theBeginningThatIsAskedForTooEarlyComesWhenItIsKnown() {
        var screen = ScreenFixture.ready()
        screen.happen(.replaced((1000..<1030).map(Self.entry), stored: Self.place))
        screen.press(.control("t"), Key(.home))
        #expect(shown(screen) == Array(1019...1029))
        _ = screen.takeActions()
        screen.happen(.storedCount(1000))
        _ = serve(&screen)
        #expect(shown(screen).first == 0)
    }

    @Test func pagesDownAfterPagesUpEndWhereTheyBegan() {
        var screen = opened()
        let before = shown(screen)
        for _ in 0..<40 {
            screen.press(Key(.pageUp))
            _ = serve(&screen)
        }
        for _ in 0..<40 {
            screen.press(Key(.pageDown))
            _ = serve(&screen)
        }
        #expect(shown(screen) == before)
    }

    @Test func searchesMemoryAndJournal() {
        var screen = opened()
        screen.press(.character("/"))
        screen.type("entry 10")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.searchStored("entry 10")])
        screen.happen(.storedMatches("entry 10", [10] + Array(100..<110)))
        #expect(shown(screen).contains(1029))
        screen.press(.character("N"))
        #expect(shown(screen).first == 1018 || shown(screen).contains(1018))
        for _ in 0..<25 {
            screen.press(.character("N"))
            _ = serve(&screen)
        }
        #expect(shown(screen).contains(where: { (100..<112).contains($0) }))
    }

    @Test func memoryHoldsTheEndOfALongSessionAlone() {
        var screen = ScreenFixture.ready()
        screen.type("go")
        screen.press(Key(.enter))
        let text = String(repeating: "many words ", count: 400)
        for number in 0..<1000 {
            screen.happen(
                .completed(.agentMessage(text: text + "\(number)")),
                .stored(StoredPlace(journal: "/j", bytes: number * 100)))
            screen.forget(printed: screen.state.forgotten + screen.state.entries.count)
        }
        let bytes = screen.state.entries.reduce(0) { $0 + $1.byteCount }
        #expect(bytes <= ScreenState.keptBytes + 20_000)
        // The banner, the prompt and the messages.
        #expect(screen.state.forgotten + screen.state.entries.count == 1002)
        // The mark is of the record after which the last forgotten entry came.
        #expect(
            screen.state.storedPlace == StoredPlace(journal: "/j", bytes: (screen.state.forgotten - 3) * 100))
    }

    @Test func whatIsNotPrintedIsNotForgotten() {
        var screen = ScreenFixture.ready()
        let text = String(repeating: "many words ", count: 10000)
        for number in 0..<300 {
            screen.happen(
                .completed(.agentMessage(text: text)), .stored(StoredPlace(journal: "/j", bytes: number)))
        }
        screen.forget(printed: 5)
        #expect(screen.state.forgotten == 5)
    }
}
