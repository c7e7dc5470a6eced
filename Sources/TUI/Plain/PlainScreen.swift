import Terminal
import Text
import Wire

/// The screen for people who listen to it: lines that are written once, one after the other, and never drawn anew. Only
/// what is being typed stands at the end, and grows as it is typed.
///
/// A value: it takes each state and gives the text that brings the terminal from the last one to it.
package struct PlainScreen: Sendable {
    private var printed = (generation: 0, count: 0)
    private var isReady = false
    private var isWorking = false
    private var running: Set<String> = []
    private var question: String?
    private var inquiry: (id: String, answered: Int)?
    private var picked: (purpose: Picker.Purpose, id: String?)?
    private var previewed: String?
    private var hint: String?
    /// What stands in the terminal's last line; nil where that is empty.
    private var typed: String?
    private static let mark = "> "
    private static let previewLines = 15

    package init() {}

    /// The text to write; control characters of others are shown, not obeyed.
    package mutating func show(_ state: ScreenState) -> [UInt8] {
        var lines = news(state).flatMap(Self.visible)
        let text = wantsTyping(state) ? state.composer.editor.string : nil
        if let last = typed, lines.first == "You: \(last.lines[0])", text?.isEmpty ?? true {
            // It has been typed here and is read already.
            lines.removeFirst(min(lines.count, last.lines.count))
            typed = nil
            return Array(("\r\n" + lines.map { $0 + "\r\n" }.joined()).utf8) + input(text)
        }
        guard lines.isEmpty else {
            let start = typed == nil ? "" : "\r\n"
            typed = nil
            return Array((start + lines.map { $0 + "\r\n" }.joined()).utf8) + input(text)
        }
        return input(text)
    }

    /// Ends the line that is being typed; before something else writes.
    package mutating func leave() -> [UInt8] {
        defer { typed = nil }
        return typed == nil ? [] : Array("\r\n".utf8)
    }

    private static func visible(_ text: String) -> [String] { text.lines.map { VisibleText.line($0) } }

    // MARK: - Typing

    private func wantsTyping(_ state: ScreenState) -> Bool {
        guard state.sheets.isEmpty, state.inquiries.isEmpty, state.picker == nil else { return false }
        return !state.composer.isEmpty || state.turn == nil && state.isReady
    }

    private mutating func input(_ text: String?) -> [UInt8] {
        guard let text else { return [] }
        let shown = Self.visible(text).joined(separator: "\r\n")
        defer { typed = text }
        guard let old = typed else { return Array((Self.mark + shown).utf8) }
        if text == old { return [] }
        let before = Self.visible(old).joined(separator: "\r\n")
        if shown.hasPrefix(before) { return Array(shown.utf8.dropFirst(before.utf8.count)) }
        if before.hasPrefix(shown) {
            let gone = String(before.dropFirst(shown.count))
            if !gone.contains("\n"), !gone.contains("\r\n") {
                let width = DisplayWidth.of(gone)
                return Array(String(repeating: "\u{8} \u{8}", count: width).utf8)
            }
        }
        return Array(("\r\n" + Self.mark + shown).utf8)
    }

    // MARK: - What is new

    private mutating func news(_ state: ScreenState) -> [String] {
        var lines: [String] = []
        if printed.generation != state.generation { printed = (state.generation, state.firstShown) }
        if printed.count < state.entries.count {
            lines += state.entries[printed.count...].flatMap(PlainEntry.lines)
            printed.count = state.entries.count
        }
        if state.isReady, !isReady { lines.append("Ready. Write what you want; ? alone lists commands and keys.") }
        isReady = state.isReady
        lines += work(state)
        lines += questions(state)
        lines += list(state)
        if state.hint != hint, let hint = state.hint { lines.append(hint) }
        hint = state.hint
        return lines
    }

    private mutating func work(_ state: ScreenState) -> [String] {
        var lines: [String] = []
        if state.turn != nil, !isWorking {
            lines.append("Working. \(state.keymap.first(.interrupt)) interrupts.")
        } else if state.turn == nil, isWorking {
            lines.append("Your turn.")
        }
        isWorking = state.turn != nil
        let items = state.turn?.items ?? []
        for item in items where !running.contains(item.id) {
            if case .commandExecution(let command) = item.kind { lines.append("Running: \(command.command.oneLine)") }
        }
        running = Set(items.map(\.id))
        return lines
    }

    private mutating func questions(_ state: ScreenState) -> [String] {
        let sheet = state.sheets.first
        let isNew = sheet?.request.id != question
        question = sheet?.request.id
        if let sheet, isNew {
            let view = ApprovalView(
                sheet: sheet, waiting: state.sheets.count - 1,
                batch: state.sheetBatch.dropFirst().map(\.request), keymap: state.keymap, isArmed: true, width: 400,
                height: 200)
            return ["Question:"] + view.lines.map { Self.words($0.text) }.filter { !$0.isEmpty }
        }
        let place = state.inquiries.first.map { ($0.inquiry.id, $0.answers.count) }
        defer { inquiry = place.map { (id: $0.0, answered: $0.1) } }
        guard let first = state.inquiries.first, place?.0 != inquiry?.id || place?.1 != inquiry?.answered else {
            return []
        }
        return InquiryView(sheet: first, keymap: state.keymap, width: 400).frame.lines.map { Self.words($0.text) }
    }

    /// A line without the signs that frame it.
    private static func words(_ text: String) -> String {
        var text = text[...]
        for sign in ["│ ", "╰ ", "│"] where text.hasPrefix(sign) {
            text = text.dropFirst(sign.count)
            break
        }
        for sign in ["› ", "  "] where text.hasPrefix(sign) { text = text.dropFirst(sign.count) }
        return String(text).trimmedSpaces
    }

    private mutating func list(_ state: ScreenState) -> [String] {
        guard let picker = state.picker else {
            (picked, previewed) = (nil, nil)
            return []
        }
        var lines: [String] = []
        let current = picker.current
        if picked?.purpose != picker.purpose {
            lines.append(
                "\(picker.title.oneLine). \(picker.items.count) to choose from; up and down move, Enter takes it:")
            lines += picker.items.prefix(50).enumerated().map { "\($0 + 1). \($1.title.oneLine). \($1.detail.oneLine)" }
        }
        if picked?.purpose != picker.purpose || picked?.id != current?.id {
            let words = current.map { "\(picker.selected + 1) of \(picker.items.count): \($0.title.oneLine)" }
            lines.append(words ?? "Nothing matches.")
        }
        if picker.isConfirming { lines.append("y does it, any other key does not.") }
        picked = (picker.purpose, current?.id)
        if let current, let preview = picker.previews[current.id], previewed != current.id {
            previewed = current.id
            lines += preview.prefix(Self.previewLines).map { $0.text.trimmedSpaces }
        }
        return lines
    }
}
