import Terminal
import TestSupport
import Testing
import Wire

@testable import TUI

@Suite struct KeymapTests {
    @Test(arguments: [
        ("ctrl-t", Key.control("t")), ("Ctrl-T", nil), ("ctrl-T", Key.control("t")), ("G", Key.character("G")),
        ("shift-g", Key.character("G")), ("alt-enter", Key(.enter, .alt)), ("shift-tab", Key(.tab, .shift)),
        ("page-up", Key(.pageUp)), ("escape", Key(.escape)), ("f12", Key(.function(12))), ("f13", nil),
        ("space", Key.character(" ")), ("minus", Key.character("-")),
        ("ctrl-alt-x", Key(.character("x"), [.control, .alt])),
        ("ctrl-ctrl-x", nil), ("", nil), ("ctrl-", nil), ("ab", nil), ("?", Key.character("?")), ("\u{1B}", nil),
        ("ctrl-_", Key.control("_")), ("ß", Key.character("ß")),
    ])
    func keysAreNamed(text: String, key: Key?) {
        #expect(KeyChord(text).map { Key($0) } == key)
    }

    @Test func namesAreReadAsTheyAreWritten() throws {
        for action in KeyAction.allCases {
            for text in action.standardKeys {
                let chord = try #require(KeyChord(text), "\(action.rawValue): \(text)")
                #expect(KeyChord(chord.description) == chord)
            }
            #expect(!action.summary.isEmpty, "\(action.rawValue)")
        }
    }

    @Test func theBuiltInKeysDoNotMeet() throws {
        #expect(try Keymap([:]) == Keymap.standard)
    }

    @Test func aKeyIsMoved() throws {
        let keymap = try Keymap(["composer.submit": ["alt-s"], "editor.insert_newline": ["enter"]])
        #expect(keymap.action(Key(.enter), in: .composer, .editor) == .insertNewline)
        #expect(keymap.action(Key(.character("s"), .alt), in: .composer) == .submit)
        #expect(keymap.action(.control("j"), in: .composer, .editor) == nil)
        #expect(keymap.label(.submit) == "Alt-S" && keymap.label(.toggleVim) == "–")
    }

    @Test(arguments: [
        (["composer.submit": ["ctrl-t"]], "ctrl-t is both composer.submit and global.open_transcript"),
        (["pager.search": ["n"]], "n is both pager.search and pager.next_match"),
        (["editor.undo": ["x"]], "x writes a character, so it cannot be editor.undo: use it with ctrl or alt"),
        (["board.mark": ["j"]], "j is both board.mark and board.move_down"),
        (["review.apply": ["q"]], "q is both review.apply and board.close"),
        (["confirm.yes": ["page-up"]], "page-up is both confirm.yes and board.scroll_up"),
        (["vim_normal.paste_after": ["x"]], "x is both vim_normal.paste_after and vim_normal.delete_char"),
        (["vim_normal.undo": ["3"]], "3 is a count in vim's normal mode, so it cannot be vim_normal.undo"),
        (
            ["vim_insert.enter_normal": ["j"]],
            "j writes a character, so it cannot be vim_insert.enter_normal: use it with ctrl or alt"
        ),
        (["list.accept": ["space"]], "space writes a character, so it cannot be list.accept: use it with ctrl or alt"),
    ])
    func keysThatMeetAreRefused(changes: [String: [String]], message: String) {
        do {
            _ = try Keymap(changes)
            Issue.record("it was taken")
        } catch {
            #expect(error.message == message)
        }
    }

    @Test func aBoardObeysItsKeys() throws {
        var screen = ScreenFixture.ready(width: 120)
        screen.happen(
            .preferences(
                try Keymap([
                    "review.drop": ["x"], "confirm.yes": ["ctrl-y"], "board.mark": ["."], "board.filter": ["ctrl-f"],
                ]), .terminal, isVim: false))
        let rows = [Board.Row("one", "one", canBeMarked: true), Board.Row("two", "two", canBeMarked: true)]
        let board = Board(
            .review, title: "Changes", rows: rows, commands: [.init(.reviewDrop, "drops")], emptyText: "none")
        screen.happen(.board(board))
        let keys = screen.live.last ?? ""
        #expect(keys.hasPrefix(" x drops · . marks · Ctrl-F narrows"), "\(keys)")
        screen.press(.character("d"))
        screen.press(.character("."), .character("x"))
        #expect(screen.takeActions().last == .board(.review, .command(.reviewDrop, rows: ["one"], isConfirmed: false)))
        for (key, isYes) in [(Key.character("y"), false), (.control("y"), true)] {
            screen.happen(.boardQuestion(.init("Sure?", preview: [], command: .reviewDrop, rows: ["one"])))
            #expect(screen.live.last?.hasPrefix(" Ctrl-Y does it") == true)
            _ = screen.takeActions()
            screen.press(key)
            let wanted = ScreenAction.board(.review, .command(.reviewDrop, rows: ["one"], isConfirmed: true))
            #expect(screen.takeActions().contains(wanted) == isYes)
        }
    }

    @Test func vimObeysItsKeys() throws {
        let keymap = try Keymap([
            "vim_normal.delete_char": ["ctrl-x"], "vim_normal.move_left": ["x"],
            "vim_normal.start_delete_operator": ["k"],
            "vim_normal.move_up": ["K"], "vim_insert.enter_normal": ["ctrl-o"], "vim_normal.go": ["z"],
        ])
        func after(_ keys: [Key], _ text: String) -> String {
            var vim = VimKeys()
            var editor = TextEditor(text)
            for key in [.control("o")] + keys { _ = vim.press(key, &editor, keymap) }
            var out = editor.text
            out.insert("|", at: editor.cursor)
            return String(out)
        }
        #expect(after([.character("x")], "abc") == "a|bc")
        #expect(after([.control("x")], "abc") == "a|b")
        #expect(after([.character("k"), .character("k")], "a\nb") == "|a")
        #expect(after([.character("z"), .character("z")], "a\nb") == "|a\nb")
        // A key that was taken away does nothing, and what is looked for is a character, whatever its key does.
        #expect(after([.character("d"), .character("d")], "abc") == "ab|c")
        #expect(after([.character("0"), .character("f"), .character("k")], "abkc") == "ab|kc")
    }

    @Test(arguments: [
        ("board", "Keys on this board", "takes the attempt over"), ("page", "Keys on a page", "the next match"),
        ("question", "Keys while it asks", "yes, this once"),
    ])
    func aQuestionMarkListsTheKeysOfWhereOneIs(place: String, title: String, words: String) {
        var screen = ScreenFixture.ready(width: 100, height: 40)
        switch place {
        case "board":
            screen.happen(.board(Board(.attempts, title: "Attempts", rows: [], commands: [], emptyText: "none")))
        case "page": screen.happen(.page(title: "Status", [StyledLine("x")]))
        default: screen.happen(.asked(SampleWork.request()))
        }
        let before = screen.live
        _ = screen.takeActions()
        screen.press(.character("?"))
        #expect(screen.live[0].contains(title) && screen.live.contains { $0.contains(words) }, "\(screen.live)")
        screen.press(.character("q"))
        #expect(screen.live == before || place == "question")
        #expect(screen.takeActions() == [])
    }

    /// An attack on attention: the key that leaves the list must not answer what stood behind it.
    @Test func whatLeavesTheListOfKeysAnswersNothing() {
        var screen = ScreenFixture.ready()
        screen.happen(.asked(SampleWork.request()))
        screen.press(.character("?"), .character("q"))
        _ = screen.takeActions()
        screen.type("y")
        #expect(screen.takeActions() == [])
        screen.press(.character("y"))
        #expect(screen.takeActions().count == 1)
    }

    @Test func aRemappedScreenObeys() throws {
        var screen = ScreenFixture.ready()
        screen.happen(
            .preferences(
                try Keymap(["composer.submit": ["ctrl-s"], "editor.insert_newline": ["enter"]]), .terminal, isVim: false
            ))
        screen.type("one")
        screen.press(Key(.enter))
        screen.type("two")
        #expect(screen.takeActions() == [])
        screen.press(.control("s"))
        #expect(screen.takeActions() == [.submit("one\ntwo")])
        let help = HelpPage.lines(screen.state.keymap, here: ("here", [.composer]), whole: true).map(\.text)
        #expect(help.contains { $0.contains("Ctrl-S") && $0.contains("sends") })
    }
}
