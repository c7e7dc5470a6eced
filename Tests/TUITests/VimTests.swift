import Terminal
import TestSupport
import Testing

@testable import TUI

@Suite struct VimTests {
    /// A text with `|` for the cursor, after keys in normal mode; the cursor starts at the first character.
    private func after(_ keys: String, _ text: String) -> String {
        var vim = VimKeys()
        var editor = TextEditor(text.replacing("|", with: ""))
        _ = vim.press(Key(.escape), &editor)
        let bar = text.firstIndex(of: "|").map { text.distance(from: text.startIndex, to: $0) }
        editor.place(bar ?? 0)
        for scalar in keys.unicodeScalars {
            let key = scalar == "\u{1B}" ? Key(.escape) : Key.character(scalar)
            // What vim does not take in this mode is typed.
            if vim.press(key, &editor) == .passed, case .character(let scalar) = key.code { editor.type(scalar) }
        }
        var out = editor.text
        out.insert("|", at: editor.cursor)
        return String(out)
    }

    @Test(arguments: [
        ("w", "one two", "one |two"), ("e", "one two", "on|e two"), ("ee", "one two", "one tw|o"),
        ("$", "one two", "one tw|o"), ("$0", "one", "|one"), ("b", "one tw|o", "one |two"), ("2b", "a b |c", "|a b c"),
        ("^", "  on|e", "  |one"), ("G", "a\nb\nc", "a\nb\n|c"), ("gg", "a\nb\n|c", "|a\nb\nc"),
        ("2G", "a\nb\nc", "a\n|b\nc"), ("fo", "hello", "hell|o"), ("tl", "hello", "h|ello"), ("2fl", "hello", "hel|lo"),
        ("Fe", "hell|o", "h|ello"), ("fl;", "hello", "hel|lo"), ("j", "ab\ncd", "ab\n|cd"), ("lll", "ab", "a|b"),
        ("w", "foo.bar", "foo|.bar"), ("3l", "abcdef", "abc|def"),
    ])
    func motions(keys: String, text: String, expected: String) {
        #expect(after(keys, text) == expected)
    }

    @Test(arguments: [
        ("dw", "one two", "|two"), ("d2w", "a b c", "|c"), ("2dw", "a b c", "|c"), ("dw", "a\nb", "|\nb"),
        ("d$", "on|e two", "o|n"), ("D", "on|e two", "o|n"), ("dd", "a\nb\nc", "|b\nc"), ("jdd", "a\nb", "|a"),
        ("2dd", "a\nb\nc", "|c"), ("dG", "a\n|b\nc", "|a"), ("dgg", "a\n|b\nc", "|c"), ("x", "abc", "|bc"),
        ("3x", "abc", "|"), ("X", "ab|c", "a|c"), ("dfl", "hello", "|lo"), ("dtl", "hello", "|llo"),
        ("cwnew\u{1B}", "old x", "ne|w x"), ("ccnew\u{1B}", "a\n|b\nc", "a\nne|w\nc"), ("yyp", "a\nb", "a\n|a\nb"),
        ("yyP", "a\n|b", "a\n|b\nb"), ("ddp", "a\nb", "b\n|a"), ("ywP", "one two", "one| one two"),
        ("xp", "ab", "b|a"), ("ddu", "a\nb", "|a\nb"), ("ohi\u{1B}", "a", "a\nh|i"), ("Ohi\u{1B}", "a", "h|i\na"),
        ("Ab\u{1B}", "a", "a|b"), ("Ib\u{1B}", " |a", " |ba"), ("rx", "abc", "|xbc"), ("2rx", "abc", "x|xc"),
        ("dj", "a\nb\nc", "|c"), ("yj$p", "a\nb", "a\n|a\nb\nb"), ("s1\u{1B}", "abc", "|1bc"),
        ("de", "one two", "| two"),
        ("db", "one tw|o", "one |o"), ("d\u{1B}x", "abc", "|bc"), ("zx", "abc", "|bc"),
    ])
    func changes(keys: String, text: String, expected: String) {
        #expect(after(keys, text) == expected, "\(keys) on \(text)")
    }

    @Test func anyKeysKeepTheTextWhole() {
        var random = SeededGenerator(seed: 7)
        let keys = Array("hjklwbe0$^gGftFT;,dcyYDCSspPxXuriaIAoO1239 éa漢\n".unicodeScalars)
        var vim = VimKeys()
        var editor = TextEditor("one two\n\n  three. four\n漢字 e\u{301}")
        for _ in 0..<30_000 {
            let key =
                random.oneIn(8) ? Key(.escape) : random.oneIn(30) ? Key(.left) : Key.character(random.pick(keys))
            if vim.press(key, &editor) == .passed {
                if case .character(let scalar) = key.code { editor.type(scalar) } else { editor.left() }
            }
            #expect((0...editor.text.count).contains(editor.cursor))
            if editor.text.count > 2000 { editor = TextEditor("one two\nthree") }
        }
    }

    @Test func theScreenSaysTheMode() {
        var screen = ScreenFixture.ready(width: 120)
        screen.happen(.preferences(.standard, .terminal, isVim: true))
        screen.type("one two")
        screen.press(Key(.escape))
        #expect(screen.live.last?.contains("NORMAL") == true)
        screen.type("0dw")
        #expect(screen.state.composer.prompt == "two")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.submit("two")])
        #expect(screen.live.last?.contains("NORMAL") == false)
    }
}
