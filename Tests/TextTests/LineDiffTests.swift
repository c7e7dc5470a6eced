import TestSupport
import Testing

@testable import Text

@Suite struct LineDiffTests {
    @Test func linesKeepEveryByte() {
        let lines = TextLines(Array("a\r\nb\rc\n\nd".utf8))
        #expect((0..<lines.count).map { String(decoding: lines[$0], as: UTF8.self) } == ["a\r\n", "b\rc\n", "\n", "d"])
        #expect((0..<lines.count).map { String(decoding: lines.content($0), as: UTF8.self) } == ["a", "b\rc", "", "d"])
        #expect(lines.lacksFinalNewline)
        #expect(TextLines([]).count == 0)
        #expect(!TextLines([]).lacksFinalNewline)
    }

    @Test(arguments: [("", LineEnding.lf), ("a\r\nb\r\nc\n", .crlf), ("a\r\nb\n", .lf), ("a\rb", .lf)])
    func theCommonLineEndingIsFound(text: String, expected: LineEnding) {
        #expect(LineEnding(of: TextLines(Array(text.utf8))) == expected)
    }

    @Test func aRemovalStandsNextToItsReplacement() {
        let diff = LineDiff(old: Array("a\nb\nc\nd\n".utf8), new: Array("a\nx\nc\nd\ne\n".utf8))
        #expect(diff.changes == [.init(old: 1..<2, new: 1..<2), .init(old: 4..<4, new: 4..<5)])
        #expect(diff.addedCount == 2)
        #expect(diff.removedCount == 1)
    }

    @Test func anInsertedBlockEndsAtItsOwnBrace() {
        let diff = LineDiff(old: Array("f {\n}\ng {\n}\n".utf8), new: Array("f {\n}\nh {\n}\ng {\n}\n".utf8))
        #expect(diff.changes == [.init(old: 2..<2, new: 2..<4)])
    }

    @Test func changesAloneRebuildTheNewTextFromTheOld() {
        for seed in 0..<400 {
            var random = RandomText(seed: UInt64(seed))
            let base = random.lines(upTo: 40)
            let old = random.joined(base)
            let new = random.joined(random.edited(base))
            let diff = LineDiff(old: old, new: new)
            #expect(Self.rebuilt(diff) == new)
        }
    }

    @Test(arguments: [1, 2, 5])
    func aCutOffSearchIsStillRight(limit: Int) {
        for seed in 0..<100 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let old = (0..<60).map { _ in Int32.random(in: 0..<9, using: &generator) }
            let new = (0..<70).map { _ in Int32.random(in: 0..<9, using: &generator) }
            let search = MyersDiff(old, new, costLimit: limit)
            let kept = zip(old, search.oldChanged).filter { !$0.1 }.map(\.0)
            #expect(kept == zip(new, search.newChanged).filter { !$0.1 }.map(\.0))
        }
    }

    @Test func theScriptIsAsShortAsAnOptimalOne() {
        for seed in 0..<200 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let old = (0..<Int.random(in: 0..<30, using: &generator)).map { _ in
                Int32.random(in: 0..<5, using: &generator)
            }
            let new = (0..<Int.random(in: 0..<30, using: &generator)).map { _ in
                Int32.random(in: 0..<5, using: &generator)
            }
            let search = MyersDiff(old, new)
            let kept = search.oldChanged.count { !$0 }
            #expect(kept == Self.longestCommonSubsequence(old, new))
        }
    }

    @Test func hostileInputEndsSoon() {
        // No line in common order: the unbounded search would need 16 million diagonals' steps.
        let count = 4000
        let old = (0..<count).map { "\($0)\n" }.joined()
        let new = (0..<count).reversed().map { "\($0)\n" }.joined()
        let clock = ContinuousClock()
        var diff: LineDiff?
        let time = clock.measure { diff = LineDiff(old: Array(old.utf8), new: Array(new.utf8)) }
        #expect(diff.map { Self.rebuilt($0) } == Array(new.utf8))
        #expect(time < .seconds(20), "\(time)")
    }

    @Test func aHundredThousandLinesTakeNoTimeToSpeakOf() {
        let lines = (0..<100_000).map { "let value\($0 % 5000) = \($0)\n" }
        var changed = lines
        for at in stride(from: 500, to: 100_000, by: 1000) { changed[at] = "changed \(at)\n" }
        let clock = ContinuousClock()
        var diff: LineDiff?
        let time = clock.measure {
            diff = LineDiff(old: Array(lines.joined().utf8), new: Array(changed.joined().utf8))
        }
        #expect(diff?.changes.count == 100)
        #expect(time < .seconds(10), "\(time)")
    }

    static func rebuilt(_ diff: LineDiff) -> [UInt8] {
        var out: [UInt8] = []
        var line = 0
        for change in diff.changes {
            out += diff.old.bytes[diff.old.byteRange(line..<change.old.lowerBound)]
            out += diff.new.bytes[diff.new.byteRange(change.new)]
            line = change.old.upperBound
        }
        return out + diff.old.bytes[diff.old.byteRange(line..<diff.old.count)]
    }

    static func longestCommonSubsequence(_ a: [Int32], _ b: [Int32]) -> Int {
        var row = [Int](repeating: 0, count: b.count + 1)
        for x in a {
            var diagonal = 0
            for (j, y) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = x == y ? diagonal + 1 : max(above, row[j])
                diagonal = above
            }
        }
        return row[b.count]
    }
}
