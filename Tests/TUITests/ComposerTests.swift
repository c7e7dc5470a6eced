import Terminal
import TestSupport
import Testing
import Text

@testable import TUI

@Suite struct ComposerTests {
    @Test func editsAsLineEditorsDo() {
        var editor = TextEditor("one two three")
        editor.killWordBackward()
        #expect(editor.string == "one two ")
        editor.yank()
        editor.toLineStart()
        editor.wordRight()
        editor.insert("!")
        #expect(editor.string == "one! two three")
        editor.killToLineEnd()
        #expect(editor.string == "one!")
        editor.undo()
        editor.undo()
        #expect(editor.string == "one two three")
    }

    @Test func typingIsUndoneByWords() {
        var editor = TextEditor()
        for scalar in "ab cd".unicodeScalars { editor.type(scalar) }
        editor.undo()
        #expect(editor.string == "ab ")
        editor.undo()
        #expect(editor.string == "ab")
        editor.undo()
        #expect(editor.string == "")
        editor.undo()
    }

    @Test func marksJoinTheirCharacter() {
        var editor = TextEditor()
        for scalar in "e\u{301}👍\u{1F3FD}x".unicodeScalars { editor.type(scalar) }
        #expect(editor.text.count == 3)
        editor.left()
        editor.deleteBackward()
        #expect(editor.string == "e\u{301}x")
    }

    @Test func linesAreMovedThrough() {
        var editor = TextEditor("long line\nab\nlast line")
        let moves: [(inout TextEditor) -> Bool] = [
            { $0.up() }, { $0.up() }, { $0.up() }, { $0.down() }, { $0.down() }, { $0.down() },
        ]
        let found = moves.map { move in "\(move(&editor)) \(editor.cursor)" }
        #expect(found == ["true 12", "true 2", "false 2", "true 12", "true 15", "false 15"])
    }

    @Test func anyKeysKeepTheCursorInTheText() {
        var random = SeededGenerator(seed: 2)
        var composer = Composer()
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<16, using: &random) {
            case 0: composer.editor.left()
            case 1: composer.editor.right()
            case 2: composer.deleteBackward()
            case 3: composer.editor.deleteForward()
            case 4: composer.editor.killWordBackward()
            case 5: composer.editor.killToLineStart()
            case 6: composer.editor.yank()
            case 7: composer.editor.undo()
            case 8: _ = composer.editor.up()
            case 9: _ = composer.editor.down()
            case 10: composer.paste(Paste(text: random.oneIn(5) ? String(repeating: "p\n", count: 30) : "p\n\u{301}"))
            case 11: composer.older()
            case 12: composer.newer()
            case 13 where random.oneIn(10): _ = composer.take()
            default: composer.editor.type(random.pick(Array("ab \n漢\u{301}\u{200D}👍".unicodeScalars)))
            }
            #expect((0...composer.editor.text.count).contains(composer.editor.cursor))
            if composer.editor.text.count > 500 { composer.clear() }
        }
    }

    @Test func aHugePasteIsAPlaceholderUntilItIsSent() {
        var composer = Composer()
        let text = String(repeating: "line\n", count: 200_000)
        composer.editor.insert("see ")
        composer.paste(Paste(text: text))
        #expect(composer.editor.string == "see [Pasted text #1: 200001 lines]")
        #expect(composer.prompt == "see " + text)
        composer.deleteBackward()
        #expect(composer.editor.string == "see ")
    }

    @Test func historyGoesBackAndForthAndKeepsTheDraft() {
        var composer = Composer()
        composer.load(["one", "two"])
        composer.editor.insert("draft")
        composer.older()
        composer.older()
        #expect(composer.prompt == "one")
        composer.newer()
        composer.newer()
        #expect(composer.prompt == "draft")
    }

    @Test func filesAreFoundByLetters() {
        let files = PathIndex(["a/parser.swift", "README.md", "docs/par.md"].map { Array($0.utf8) })
        func found(_ text: String) -> [String]? { Completion(TextEditor(text), files: files)?.items.map(\.text) }
        #expect(found("see @pars") == ["a/parser.swift"])
        #expect(found("mail a@b") == nil)
        #expect(found("@zzz") == [])
        #expect(found("@pars it") == nil)
        #expect(found("/mo") == ["/model"])
        #expect(found("/usr/bin") == nil)
    }
}
