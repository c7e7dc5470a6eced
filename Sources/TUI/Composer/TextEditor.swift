/// Text that is being written: a line editor over several lines, with undo. Offsets count characters.
package struct TextEditor: Sendable, Hashable {
    package private(set) var text: [Character] = []
    package private(set) var cursor = 0
    /// What was cut last, for Ctrl-Y.
    private var cut: [Character] = []
    private var past: [Snapshot] = []
    /// Whether the last change was typing, which is undone together.
    private var isTyping = false

    private struct Snapshot: Sendable, Hashable {
        var text: [Character]
        var cursor: Int
    }

    private static let undoLimit = 200

    package init(_ text: String = "") {
        self.text = Array(text)
        cursor = self.text.count
    }

    package var string: String { String(text) }
    package var isEmpty: Bool { text.isEmpty }

    // MARK: - Changes

    private mutating func remember(typing: Bool) {
        if typing, isTyping { return }
        past.append(Snapshot(text: text, cursor: cursor))
        if past.count > Self.undoLimit { past.removeFirst() }
        isTyping = typing
    }

    package mutating func undo() {
        guard let last = past.popLast() else { return }
        (text, cursor) = (last.text, last.cursor)
        isTyping = false
    }

    /// Puts a code point in; one that combines joins the character before it.
    package mutating func type(_ scalar: Unicode.Scalar) {
        remember(typing: scalar != " " && scalar != "\n")
        let character = Character(scalar)
        if cursor > 0 {
            let joined = String(text[cursor - 1]) + String(character)
            if joined.count == 1, character != "\n" {
                text[cursor - 1] = Character(joined)
                return
            }
        }
        text.insert(character, at: cursor)
        cursor += 1
    }

    package mutating func insert(_ string: String) {
        remember(typing: false)
        text.insert(contentsOf: string, at: cursor)
        cursor += string.count
    }

    package mutating func replace(_ range: Range<Int>, with string: String) {
        remember(typing: false)
        text.replaceSubrange(range, with: string)
        cursor = range.lowerBound + string.count
    }

    /// Replaces everything; can be undone.
    package mutating func set(_ string: String) { replace(0..<text.count, with: string) }

    /// Begins anew, with nothing to undo.
    package mutating func clear() {
        let kept = cut
        self = TextEditor()
        cut = kept
    }

    package mutating func deleteBackward() {
        guard cursor > 0 else { return }
        remember(typing: false)
        cursor -= 1
        text.remove(at: cursor)
    }

    package mutating func deleteForward() {
        guard cursor < text.count else { return }
        remember(typing: false)
        text.remove(at: cursor)
    }

    private mutating func kill(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        remember(typing: false)
        cut = Array(text[range])
        text.removeSubrange(range)
        cursor = range.lowerBound
    }

    package mutating func killWordBackward() { kill(wordStart..<cursor) }
    package mutating func killWordForward() { kill(cursor..<wordEnd) }
    package mutating func killToLineStart() { kill((lineStart == cursor ? max(0, cursor - 1) : lineStart)..<cursor) }
    package mutating func killToLineEnd() { kill(cursor..<(lineEnd == cursor ? min(text.count, cursor + 1) : lineEnd)) }
    package mutating func yank() { insert(String(cut)) }

    // MARK: - Moves

    private mutating func move(to place: Int) {
        cursor = max(0, min(text.count, place))
        isTyping = false
    }

    package mutating func left() { move(to: cursor - 1) }
    package mutating func right() { move(to: cursor + 1) }
    package mutating func wordLeft() { move(to: wordStart) }
    package mutating func wordRight() { move(to: wordEnd) }
    package mutating func toLineStart() { move(to: lineStart) }
    package mutating func toLineEnd() { move(to: lineEnd) }
    package mutating func toEnd() { move(to: text.count) }

    /// Goes a line up or down to the same column; false where there is none.
    package mutating func up() -> Bool {
        let start = lineStart
        guard start > 0 else { return false }
        let column = cursor - start
        let above = lineStart(before: start - 1)
        move(to: min(above + column, start - 1))
        return true
    }

    package mutating func down() -> Bool {
        let end = lineEnd
        guard end < text.count else { return false }
        let column = cursor - lineStart
        let next = text[(end + 1)...].firstIndex(of: "\n") ?? text.count
        move(to: min(end + 1 + column, next))
        return true
    }

    /// Puts the cursor somewhere; places outside of the text are its ends.
    mutating func place(_ place: Int) { move(to: place) }

    func lineStart(before place: Int) -> Int {
        text[..<place].lastIndex(of: "\n").map { $0 + 1 } ?? 0
    }

    func lineEnd(from place: Int) -> Int { text[place...].firstIndex(of: "\n") ?? text.count }

    var lineStart: Int { lineStart(before: cursor) }
    var lineEnd: Int { lineEnd(from: cursor) }

    private var wordStart: Int {
        var place = cursor
        while place > 0, !Self.isWord(text[place - 1]) { place -= 1 }
        while place > 0, Self.isWord(text[place - 1]) { place -= 1 }
        return place
    }

    private var wordEnd: Int {
        var place = cursor
        while place < text.count, !Self.isWord(text[place]) { place += 1 }
        while place < text.count, Self.isWord(text[place]) { place += 1 }
        return place
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}
