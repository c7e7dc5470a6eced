package import Terminal
import Text

/// Where the user writes: text, what was pasted, what was written before, and what could be meant.
package struct Composer: Sendable, Hashable {
    package internal(set) var editor = TextEditor()
    /// What stands for a placeholder in the text.
    private var attachments: [Attachment] = []
    private var attachmentCount = 0
    /// Prompts from before, oldest first.
    private(set) var history: [String] = []
    /// The place in the history that is shown, and what was written before going there.
    private var recalled: (index: Int, draft: String)?
    /// Vim's keys, where they are wanted.
    package internal(set) var vim: VimKeys?

    private struct Attachment: Sendable, Hashable {
        var placeholder: String
        var text: String
        var image: ImageFile?
    }

    /// Pastes longer than this, or of more lines, are shown as placeholders.
    private static let pasteLimit = 2000
    private static let pasteLines = 12
    private static let historyLimit = 1000

    package init() {}

    package static func == (left: Composer, right: Composer) -> Bool {
        left.editor == right.editor && left.attachments == right.attachments && left.history == right.history
            && left.vim == right.vim
            && left.recalled?.index == right.recalled?.index
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(editor)
        hasher.combine(history)
    }

    package var isEmpty: Bool { editor.isEmpty }

    /// The text with everything that was pasted.
    package var prompt: String {
        var text = editor.string
        for attachment in attachments {
            text = text.replacing(attachment.placeholder, with: attachment.text, maxReplacements: 1)
        }
        return text
    }

    /// The images whose placeholders stand in the text.
    var images: [ImageFile] {
        attachments.compactMap { editor.string.contains($0.placeholder) ? $0.image : nil }
    }

    /// Puts an image's placeholder in; it stays in the prompt, so that the conversation says what was attached.
    mutating func attach(_ image: ImageFile) {
        attachments.append(Attachment(placeholder: image.label, text: image.label, image: image))
        editor.insert(image.label + " ")
    }

    /// Takes the text and begins anew; nil where there is nothing but white space.
    package mutating func take() -> String? {
        let text = prompt
        guard text.contains(where: { !$0.isWhitespace }) else { return nil }
        remember(editor.string.count < text.count ? editor.string : text)
        clear()
        return text
    }

    package mutating func clear() {
        editor.clear()
        vim?.begin()
        attachments = []
        recalled = nil
    }

    package mutating func paste(_ paste: Paste) {
        var text = paste.text
        if paste.dropped > 0 { text += "\n[\(paste.dropped) bytes more were pasted and not kept]" }
        guard text.utf8.count > Self.pasteLimit || text.utf8.count(where: { $0 == 0x0A }) >= Self.pasteLines else {
            return editor.insert(text)
        }
        attachmentCount += 1
        let lines = text.utf8.count { $0 == 0x0A } + 1
        let size = lines > 1 ? "\(lines) lines" : Self.size(text.utf8.count)
        let placeholder = "[Pasted text #\(attachmentCount): \(size)]"
        attachments.append(Attachment(placeholder: placeholder, text: text))
        editor.insert(placeholder)
    }

    private static func size(_ bytes: Int) -> String {
        bytes < 10_000 ? "\(bytes) bytes" : bytes < 10_000_000 ? "\(bytes / 1000) kB" : "\(bytes / 1_000_000) MB"
    }

    /// Deletes backwards; a placeholder goes as a whole.
    package mutating func deleteBackward() {
        let before = String(editor.text[..<editor.cursor])
        for attachment in attachments where before.hasSuffix(attachment.placeholder) {
            editor.replace(editor.cursor - attachment.placeholder.count..<editor.cursor, with: "")
            return
        }
        editor.deleteBackward()
    }

    /// Whether vim's keys took it.
    ///
    /// - Returns: nil where vim's keys do not count.
    mutating func pressVim(_ key: Key, _ keymap: Keymap) -> VimKeys.Outcome? {
        guard var keys = vim else { return nil }
        let outcome = keys.press(key, &editor, keymap)
        vim = keys
        switch outcome {
        case .handled, .passed, .showsKeys: break
        case .older: older()
        case .newer: newer()
        }
        return outcome
    }

    // MARK: - History

    package mutating func load(_ history: [String]) { self.history = Array(history.suffix(Self.historyLimit)) }

    private mutating func remember(_ text: String) {
        guard history.last != text else { return }
        history.append(text)
        if history.count > Self.historyLimit { history.removeFirst() }
    }

    package mutating func older() {
        let index = (recalled?.index ?? history.count) - 1
        guard index >= 0 else { return }
        recalled = (index, recalled?.draft ?? editor.string)
        editor.set(history[index])
    }

    package mutating func newer() {
        guard let (index, draft) = recalled else { return }
        if index + 1 < history.count {
            recalled = (index + 1, draft)
            editor.set(history[index + 1])
        } else {
            recalled = nil
            editor.set(draft)
        }
    }

    /// Whether what is shown comes from the history unchanged, so that arrows go on through it.
    package var isRecalling: Bool {
        recalled.map { history.indices.contains($0.index) && history[$0.index] == editor.string } ?? false
    }
}
