/// Where a motion of vim's leads.
enum VimMotion: Sendable, Hashable {
    case left, right, up, down
    case word, wordBack, wordEnd
    /// `w` behind `c`, which leaves the space behind the word.
    case changedWord
    case lineStart, firstWord, lineEnd
    case line(first: Bool)
    case find(Find, Character)

    /// `f`, `t` and their capitals.
    struct Find: Sendable, Hashable {
        var isForward: Bool
        /// Up to the character, not onto it.
        var stopsBefore: Bool

        init(isForward: Bool, stopsBefore: Bool) { (self.isForward, self.stopsBefore) = (isForward, stopsBefore) }

        init?(_ letter: Character) {
            switch letter {
            case "f": self.init(isForward: true, stopsBefore: false)
            case "t": self.init(isForward: true, stopsBefore: true)
            case "F": self.init(isForward: false, stopsBefore: false)
            case "T": self.init(isForward: false, stopsBefore: true)
            default: return nil
            }
        }

        var reversed: Find { Find(isForward: !isForward, stopsBefore: stopsBefore) }
    }

    /// What an operator over the motion takes.
    enum Reach: Sendable, Hashable { case exclusive, inclusive, lines }

    /// - Parameter isChange: whether it stands behind `c`.
    init?(_ letter: Character, over isChange: Bool) {
        switch letter {
        case "h": self = .left
        case "l", " ": self = .right
        case "k": self = .up
        case "j": self = .down
        case "w": self = isChange ? .changedWord : .word
        case "b": self = .wordBack
        case "e": self = .wordEnd
        case "0": self = .lineStart
        case "^", "_": self = .firstWord
        case "$": self = .lineEnd
        case "G": self = .line(first: false)
        default: return nil
        }
    }

    /// - Parameters:
    ///   - isCounted: whether a count was typed; `G` means a line by its number then.
    ///   - isOperated: whether an operator waits for it.
    /// - Returns: nil where it leads nowhere.
    func target(
        in editor: TextEditor, times: Int, isCounted: Bool, isOperated: Bool = false
    ) -> (place: Int, reach: Reach)? {
        let cursor = editor.cursor
        switch self {
        case .left: return (max(editor.lineStart, cursor - times), .exclusive)
        case .right: return (min(editor.lineEnd, cursor + times), .exclusive)
        case .up, .down: return vertical(editor, times)
        case .word: return (word(editor, times, isOperated), .exclusive)
        case .changedWord:
            guard cursor < editor.text.count, !editor.text[cursor].isWhitespace else {
                return (word(editor, times, true), .exclusive)
            }
            // The end of the word the cursor is on counts, also where it stands there already.
            return (wordEnd(editor, times, from: cursor - 1), .inclusive)
        case .wordBack: return (wordBack(editor, times), .exclusive)
        case .wordEnd: return (wordEnd(editor, times, from: cursor), .inclusive)
        case .lineStart: return (editor.lineStart, .exclusive)
        case .firstWord: return (Self.firstWord(editor), .exclusive)
        case .lineEnd:
            var end = editor.lineEnd
            for _ in 1..<max(1, times) where end < editor.text.count { end = editor.lineEnd(from: end + 1) }
            return (end, .exclusive)
        case .line(let first):
            var place = first || isCounted ? 0 : editor.lineStart(before: editor.text.count)
            guard isCounted else { return (place, .lines) }
            for _ in 1..<max(1, times) {
                let end = editor.lineEnd(from: place)
                guard end < editor.text.count else { break }
                place = end + 1
            }
            return (place, .lines)
        case .find(let find, let wanted): return found(editor, times, find, wanted)
        }
    }

    /// The first character of the line that is no blank.
    static func firstWord(_ editor: TextEditor) -> Int {
        var place = editor.lineStart
        while place < editor.lineEnd, editor.text[place].isWhitespace { place += 1 }
        return place
    }

    private func vertical(_ editor: TextEditor, _ times: Int) -> (place: Int, reach: Reach)? {
        var copy = editor
        for step in 0..<times {
            guard self == .up ? copy.up() : copy.down() else { return step == 0 ? nil : (copy.cursor, .lines) }
        }
        return (copy.cursor, .lines)
    }

    private func found(
        _ editor: TextEditor, _ times: Int, _ find: Find, _ wanted: Character
    ) -> (place: Int, reach: Reach)? {
        let step = find.isForward ? 1 : -1
        let line = editor.lineStart..<editor.lineEnd
        var place = editor.cursor
        var left = times
        while left > 0 {
            place += step
            guard line.contains(place) else { return nil }
            if editor.text[place] == wanted { left -= 1 }
        }
        if find.stopsBefore { place -= step }
        return (place, find.isForward ? .inclusive : .exclusive)
    }

    // MARK: - Words

    /// Blank, letters and digits, or signs: a word is a run of one of the latter two.
    private static func kind(_ character: Character) -> Int {
        if character.isWhitespace { return 0 }
        return character.isLetter || character.isNumber || character == "_" ? 1 : 2
    }

    private func word(_ editor: TextEditor, _ times: Int, _ isOperated: Bool) -> Int {
        let text = editor.text
        var place = editor.cursor
        for step in 0..<times {
            guard place < text.count else { break }
            let kind = Self.kind(text[place])
            while place < text.count, kind != 0, Self.kind(text[place]) == kind { place += 1 }
            let end = place
            while place < text.count, Self.kind(text[place]) == 0 { place += 1 }
            // An operator over the last word of a line leaves the line's end.
            if isOperated, step == times - 1, let feed = text[end..<place].firstIndex(of: "\n"), feed > editor.cursor {
                return feed
            }
        }
        return place
    }

    private func wordBack(_ editor: TextEditor, _ times: Int) -> Int {
        let text = editor.text
        var place = editor.cursor
        for _ in 0..<times where place > 0 {
            while place > 0, Self.kind(text[place - 1]) == 0 { place -= 1 }
            guard place > 0 else { break }
            let kind = Self.kind(text[place - 1])
            while place > 0, Self.kind(text[place - 1]) == kind { place -= 1 }
        }
        return place
    }

    private func wordEnd(_ editor: TextEditor, _ times: Int, from start: Int) -> Int {
        let text = editor.text
        guard !text.isEmpty else { return 0 }
        var place = start
        for _ in 0..<times where place < text.count - 1 {
            place += 1
            while place < text.count - 1, Self.kind(text[place]) == 0 { place += 1 }
            let kind = Self.kind(text[place])
            while place < text.count - 1, Self.kind(text[place + 1]) == kind { place += 1 }
        }
        return max(0, place)
    }
}
