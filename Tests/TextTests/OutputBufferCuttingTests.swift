import TestSupport
import Testing
import Text

/// Taking parts of a buffer: shorter than it is, and without half a character at the end.
@Suite struct OutputBufferCuttingTests {
    private static let pieces: [[UInt8]] = [
        Array("a".utf8), Array("\n".utf8), Array("é".utf8), Array("漢".utf8), Array("🚀".utf8), [0xFF], [0xC3], [0x80],
        [0xF0, 0x9F],
    ]

    @Test(arguments: 1...20) func aShorterTextIsThatOfASmallerBuffer(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let bytes = (0..<Int.random(in: 0...120, using: &random)).flatMap { _ in
                Self.pieces.randomElement(using: &random) ?? []
            }
            let (head, tail) = (Int.random(in: 1...40, using: &random), Int.random(in: 1...40, using: &random))
            var large = OutputBuffer(head: head + 20, tail: tail + 20)
            var small = OutputBuffer(head: head, tail: tail)
            large.append(bytes)
            small.append(bytes)
            #expect(large.text(head: head, tail: tail) == small.text)
        }
    }

    @Test(arguments: 1...20) func aCharacterTakenOutComesBackWhole(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let bytes = (0..<Int.random(in: 0...30, using: &random)).flatMap { _ in
                Self.pieces.randomElement(using: &random) ?? []
            }
            // Small and large halves, so that a character may lie across them.
            var buffer = OutputBuffer(
                head: Int.random(in: 0...40, using: &random), tail: Int.random(in: 60...80, using: &random))
            buffer.append(bytes)
            let whole = buffer.text
            let held = buffer.removeIncompleteScalar()
            #expect(held.count < 4)
            #expect(buffer.totalBytes == bytes.count - held.count)
            if buffer.omittedBytes == 0 {
                #expect(buffer.text == String(decoding: bytes.dropLast(held.count), as: UTF8.self))
            }
            buffer.append(held)
            #expect(buffer.text == whole)
            #expect(buffer.totalBytes == bytes.count)
        }
    }
}
