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
        let help = HelpPage.lines(screen.state.keymap).map(\.text)
        #expect(help.contains { $0.contains("Ctrl-S") && $0.contains("sends") })
    }
}
