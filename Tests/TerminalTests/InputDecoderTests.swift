import TestSupport
import Testing

@testable import Terminal

@Suite struct InputDecoderTests {
    private func decode(_ text: String) -> [InputEvent] {
        var decoder = InputDecoder()
        return decoder.feed(text.utf8) + decoder.flush()
    }

    static let keys: [(String, Key)] = [
        ("a", .character("a")), ("é", .character("é")), ("漢", .character("漢")), ("😀", .character("😀")),
        ("\r", Key(.enter)), ("\n", .control("j")), ("\t", Key(.tab)), ("\u{7F}", Key(.backspace)),
        ("\u{3}", .control("c")), ("\u{0}", .control(" ")), ("\u{1C}", .control("\\")), ("\u{1B}", Key(.escape)),
        ("\u{1B}a", Key(.character("a"), .alt)), ("\u{1B}\r", Key(.enter, .alt)),
        ("\u{1B}é", Key(.character("é"), .alt)),
        ("\u{1B}[A", Key(.up)), ("\u{1B}OA", Key(.up)), ("\u{1B}[1;5C", Key(.right, .control)),
        ("\u{1B}O5C", Key(.right, .control)), ("\u{1B}[Z", Key(.tab, .shift)), ("\u{1B}[H", Key(.home)),
        ("\u{1B}[4~", Key(.end)), ("\u{1B}[3~", Key(.delete)), ("\u{1B}[3;5~", Key(.delete, .control)),
        ("\u{1B}[5~", Key(.pageUp)), ("\u{1B}OP", Key(.function(1))), ("\u{1B}[15~", Key(.function(5))),
        ("\u{1B}[[A", Key(.function(1))), ("\u{1B}[13;2u", Key(.enter, .shift)), ("\u{1B}[27u", Key(.escape)),
        ("\u{1B}[99;5u", .control("c")), ("\u{1B}[97;2u", .character("A")), ("\u{1B}[49:33;2u", .character("!")),
        ("\u{1B}[97;1:1u", .character("a")), ("\u{1B}[57414u", Key(.enter)), ("\u{1B}[27;2;13~", Key(.enter, .shift)),
        ("\u{1B}[1;33A", Key(.up, .alt)), ("\u{1B}[1;129A", Key(.up)),
    ]

    @Test(arguments: keys) func knows(bytes: String, key: Key) {
        #expect(decode(bytes) == [.key(key)])
    }

    @Test(arguments: [
        "\u{1B}[?62;4c", "\u{1B}[?1u", "\u{1B}[>1;4000;0c", "\u{1B}[<0;10;20M", "\u{1B}[<0;10;20m", "\u{1B}[M !!",
        "\u{1B}]11;rgb:0/0/0\u{1B}\\", "\u{1B}]52;c;x\u{07}", "\u{1B}P1$r0m\u{1B}\\", "\u{1B}_Gok\u{1B}\\",
        "\u{1B}[97;1:3u", "\u{1B}[1;1:3A", "\u{1B}[57441u", "\u{1B}[99999~", "\u{1B}[1114112u", "\u{1B}[55296u",
        "\u{1B}[99999999999999999999u",
    ])
    func answersOfTheTerminalAreNoTyping(bytes: String) {
        #expect(decode(bytes) == [])
    }

    @Test func focusAndPastes() {
        #expect(decode("\u{1B}[I\u{1B}[O") == [.focus(true), .focus(false)])
        #expect(
            decode("x\u{1B}[200~a\r\nb\rc\u{1B}[31m\u{1B}[201~y")
                == [.key(.character("x")), .paste(Paste(text: "a\nb\nc\u{1B}[31m")), .key(.character("y"))])
    }

    @Test func aPasteWithoutEndIsBounded() {
        var decoder = InputDecoder()
        _ = decoder.feed("\u{1B}[200~".utf8)
        let extra = 1000
        #expect(decoder.feed(repeatElement(UInt8(ascii: "x"), count: InputDecoder.pasteLimit + extra)) == [])
        guard case .paste(let paste)? = decoder.feed("\u{1B}[201~".utf8).first else {
            Issue.record("no paste")
            return
        }
        #expect(paste.text.utf8.count == InputDecoder.pasteLimit)
        #expect(paste.dropped == extra)
    }

    @Test func damagedBytesBecomeReplacements() {
        var decoder = InputDecoder()
        #expect(decoder.feed([0xC3, 0x41]) == [.key(.character("\u{FFFD}")), .key(.character("A"))])
        #expect(decoder.feed([0xFF]) == [.key(.character("\u{FFFD}"))])
        #expect(decoder.feed([0xED, 0xA0, 0x80]) == [.key(.character("\u{FFFD}"))])
        #expect(decoder.feed(Array("\u{1B}[1;".utf8) + [0x03]) == [.key(.control("c"))])
    }

    /// Pieces of valid input, damaged here and there, in random order.
    private func input(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.append(UInt8.random(in: 0...255, using: &random))
            case 1: bytes += "\u{1B}[200~p\ré\u{1B}[201~".utf8
            case 2: bytes += "\u{1B}]0;x\u{1B}\\".utf8
            default: bytes += random.pick(Self.keys).0.utf8
            }
        }
        if random.oneIn(3) {
            bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if random.oneIn(4) { bytes.removeLast(min(bytes.count - 1, 2)) }
        return bytes
    }

    @Test func anyInputInAnyPiecesMeansTheSame() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<4000 {
            let bytes = input(&random)
            var whole = InputDecoder()
            let expected = whole.feed(bytes)
            var pieces = InputDecoder()
            var found: [InputEvent] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...min(4, rest.count), using: &random)
                found += pieces.feed(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            #expect(found == expected, "\(bytes)")
            #expect(pieces == whole)
        }
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededGenerator(seed: 3)
        var decoder = InputDecoder()
        for _ in 0..<200_000 {
            _ = decoder.feed([UInt8.random(in: 0...255, using: &random)])
            if random.oneIn(50) { _ = decoder.flush() }
        }
    }
}
