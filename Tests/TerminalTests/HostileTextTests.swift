import TestSupport
import Testing

@testable import Terminal

/// What a model, a command or a file writes must not drive the terminal, hide, or read as something else.
@Suite struct HostileTextTests {
    /// Bytes that came from outside become output by frames alone.
    private func shown(_ text: String, link: String? = nil) -> VirtualTerminal {
        var writer = ScreenWriter(width: 60, height: 8, depth: .full)
        var terminal = VirtualTerminal(width: 60, height: 8)
        let line = StyledLine([Span(text, .bold, link: link)])
        terminal.feed(writer.show(Frame([line]), above: [line]))
        return terminal
    }

    @Test(arguments: [
        ("\u{1B}[2J", "␛[2J"), ("\u{1B}]0;owned\u{07}", "␛]0;owned␇"), ("\u{1B}]52;c;cm0=\u{1B}\\", "␛]52;c;cm0=␛\\"),
        ("\u{9B}31m", "‹9B›31m"), ("\u{90}q\u{9C}", "‹90›q‹9C›"), ("a\rb", "a␍b"), ("a\u{08}b", "a␈b"), ("\u{7F}", "␡"),
        ("\u{0}", "␀"), ("\u{E}", "␎"), ("user\u{202E}txt.exe", "user‹202E›txt.exe"),
        ("a\u{2066}b\u{2069}", "a‹2066›b‹2069›"), ("\u{200F}x", "‹200F›x"), ("a\u{2028}b", "a‹2028›b"),
        ("a\u{200B}b", "a‹200B›b"), ("\u{FEFF}a", "‹FEFF›a"), ("\u{E0041}\u{E0042}", "‹E0041›‹E0042›"),
        ("\u{1B}\u{301}[5n", "␛\u{301}[5n"), ("\u{1B}\u{FE0F}c", "␛\u{FE0F}c"), ("\r\n", "␍␊"), ("\u{85}", "‹85›"),
    ])
    func isMadeVisible(text: String, visible: String) {
        let terminal = shown(text)
        #expect(terminal.violations == [])
        #expect(terminal.screen == [visible, visible])
    }

    @Test func everyCodePointIsHarmless() {
        var text = ""
        for code in UInt32(0)..<0x3100 {
            guard let scalar = Unicode.Scalar(code) else { continue }
            text.unicodeScalars.append(scalar)
        }
        for code in UInt32(0xE0000)..<0xE0200 { Unicode.Scalar(code).map { text.unicodeScalars.append($0) } }
        var writer = ScreenWriter(width: 200, height: 400, depth: .full)
        var terminal = VirtualTerminal(width: 200, height: 400)
        terminal.feed(writer.show(Frame(StyledLine(text, .dim).wrapped(to: 200))))
        #expect(terminal.violations == [])
    }

    @Test func randomBytesAreHarmless() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array(
            "\u{1B}[]?;0123456789mhlHJKcPX^_\\\u{7}\u{9B}\u{9D}\u{90}a é漢\u{301}\u{200D}👍\t\r\n".unicodeScalars)
        for _ in 0..<300 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 1...50, using: &random) { text.append(random.pick(alphabet)) }
            let terminal = shown(String(text), link: "https://a/" + String(text))
            #expect(terminal.violations == [], "\(String(text).debugDescription)")
        }
    }

    @Test func linksLeadOnlyWhereTheySay() {
        #expect(shown("x", link: "https://example.com/a?b=c").links.count == 2)
        for address in [
            "https://a\u{1B}\\\u{1B}]0;owned\u{7}", "https://a b", "javascript:alert(1)", "file:///etc/passwd",
            "https://é", "https://" + String(repeating: "a", count: 3000),
        ] {
            let terminal = shown("x", link: address)
            #expect(terminal.links == [])
            #expect(terminal.violations == [])
        }
    }

    @Test func marksDoNotPileUpWithoutEnd() {
        let text = "a" + String(repeating: "\u{301}", count: 5000)
        #expect(VisibleText.line(text).unicodeScalars.count == VisibleText.clusterLimit)
    }

    @Test func titlesAndNoticesCannotBeLeft() {
        let attack = "x\u{1B}\\\u{1B}]52;c;aGk=\u{7}\u{9C}y"
        for bytes in [TerminalNotice.title(attack), TerminalNotice.attention(attack)] {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.unicodeScalars.filter { $0 == "\u{1B}" }.count == 2)
            #expect(!text.unicodeScalars.contains { (0x80..<0xA0).contains($0.value) })
        }
        #expect(TerminalNotice.clipboard(attack).dropFirst(7).dropLast(2).allSatisfy { $0 > 0x20 && $0 < 0x7F })
    }
}
