import TestSupport
import Testing
import Text

@Suite struct OutputBufferTests {
    /// What the buffer has to hold, by keeping everything.
    private func expected(_ all: [UInt8], head: Int, tail: Int) -> (head: [UInt8], tail: [UInt8]) {
        guard all.count > head + tail else { return (all, []) }
        return (Array(all.prefix(head)), Array(all.suffix(tail)))
    }

    @Test(arguments: [1, 3, 7, 64, 1000]) func anyChunkingKeepsTheSameEnds(_ chunk: Int) {
        for total in [0, 5, 10, 11, 25, 26, 100, 999] {
            let all = (0..<total).map { UInt8(ascii: "a") + UInt8($0 % 26) }
            var buffer = OutputBuffer(head: 10, tail: 15)
            var start = 0
            while start < total {
                buffer.append(Array(all[start..<min(start + chunk, total)]))
                start += chunk
            }
            let kept = expected(all, head: 10, tail: 15)
            #expect(buffer.totalBytes == total)
            #expect(buffer.omittedBytes == total - kept.head.count - kept.tail.count)
            if total <= 25 {
                #expect(buffer.text == String(decoding: all, as: UTF8.self))
            } else {
                #expect(
                    buffer.text.hasPrefix(
                        String(decoding: kept.head, as: UTF8.self) + "\n[… \(total - 25) bytes left out …]\n"))
                #expect(buffer.text.hasSuffix(String(decoding: kept.tail, as: UTF8.self)))
            }
        }
    }

    @Test func cutsFallOnLinesAndCharacters() {
        var buffer = OutputBuffer(head: 40, tail: 40)
        for number in 0..<100 { buffer.append(Array("line \(number) é\n".utf8)) }
        let lines = buffer.text.split(separator: "\n")
        #expect(lines.first == "line 0 é")
        #expect(lines.last == "line 99 é")
        #expect(lines.allSatisfy { $0.hasPrefix("line ") || $0.hasPrefix("[… ") })
    }

    @Test func fiftyMegabytesPassInBoundedMemory() {
        var buffer = OutputBuffer(head: 1000, tail: 1000)
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        for _ in 0..<800 { buffer.append(chunk) }
        #expect(buffer.totalBytes == 800 << 16)
        #expect(buffer.text.utf8.count < 2100)
    }

    @Test func droppedLinesAreCounted() {
        var buffer = OutputBuffer(head: 40, tail: 40)
        for number in 100..<200 { buffer.append(Array("line \(number)\n".utf8)) }
        // Four lines of nine bytes fit into either half; the ends of the halves are cut back to them.
        #expect(
            buffer.text == """
                line 100
                line 101
                line 102
                line 103
                [… 828 bytes, 92 lines left out …]
                line 196
                line 197
                line 198
                line 199

                """)
    }

    @Test func mixedChunksKeepTheLastBytesInOrder() {
        for seed in 0..<200 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let head = Int.random(in: 0...9, using: &generator)
            let tail = Int.random(in: 1...9, using: &generator)
            var buffer = OutputBuffer(head: head, tail: tail)
            var all: [UInt8] = []
            for _ in 0..<Int.random(in: 0...30, using: &generator) {
                let chunk = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                    UInt8.random(in: 0x61...0x7A, using: &generator)
                }
                buffer.append(chunk)
                all += chunk
            }
            let dropped = max(0, all.count - head - tail)
            let text = String(decoding: all, as: UTF8.self)
            let cut =
                (head == 0 ? "" : "\(text.prefix(head))\n") + "[… \(dropped) bytes left out …]\n\(text.suffix(tail))"
            #expect(buffer.text == (dropped == 0 ? text : cut))
        }
    }
}
