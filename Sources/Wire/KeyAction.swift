/// What a key does on the screen, by the place where it counts. The raw value is the key of `[tui.keymap]`: names are
/// Codex's where it has the same.
package enum KeyAction: String, Sendable, Hashable, CaseIterable {
    package enum Context: String, Sendable, Hashable, CaseIterable {
        case global, chat, composer, editor, list, pager, approval
    }

    case openTranscript = "global.open_transcript"
    case openEditor = "global.open_external_editor"
    case clearTerminal = "global.clear_terminal"
    case suspend = "global.suspend"
    case cancel = "global.cancel"
    case quit = "global.quit"
    case toggleVim = "global.toggle_vim_mode"

    case interrupt = "chat.interrupt_turn"
    case changeMode = "chat.change_mode"

    case submit = "composer.submit"
    case queue = "composer.queue"
    case searchHistory = "composer.history_search"
    case showKeys = "composer.toggle_shortcuts"

    case insertNewline = "editor.insert_newline"
    case moveLeft = "editor.move_left"
    case moveRight = "editor.move_right"
    case moveUp = "editor.move_up"
    case moveDown = "editor.move_down"
    case moveWordLeft = "editor.move_word_left"
    case moveWordRight = "editor.move_word_right"
    case moveLineStart = "editor.move_line_start"
    case moveLineEnd = "editor.move_line_end"
    case deleteBackward = "editor.delete_backward"
    case deleteForward = "editor.delete_forward"
    case deleteBackwardWord = "editor.delete_backward_word"
    case deleteForwardWord = "editor.delete_forward_word"
    case killLineStart = "editor.kill_line_start"
    case killLineEnd = "editor.kill_line_end"
    case yank = "editor.yank"
    case undo = "editor.undo"

    case listUp = "list.move_up"
    case listDown = "list.move_down"
    case listPageUp = "list.page_up"
    case listPageDown = "list.page_down"
    case listAccept = "list.accept"
    case listCancel = "list.cancel"

    case pagerUp = "pager.scroll_up"
    case pagerDown = "pager.scroll_down"
    case pagerPageUp = "pager.page_up"
    case pagerPageDown = "pager.page_down"
    case pagerHalfUp = "pager.half_page_up"
    case pagerHalfDown = "pager.half_page_down"
    case pagerTop = "pager.jump_top"
    case pagerBottom = "pager.jump_bottom"
    case pagerSearch = "pager.search"
    case pagerNext = "pager.next_match"
    case pagerPrevious = "pager.previous_match"
    case pagerClose = "pager.close"
    case pagerCloseTranscript = "pager.close_transcript"

    case approvalUp = "approval.move_up"
    case approvalDown = "approval.move_down"
    case approvalScrollUp = "approval.scroll_up"
    case approvalScrollDown = "approval.scroll_down"
    case approvalAccept = "approval.accept"
    case approvalApprove = "approval.approve"
    case approvalDeny = "approval.deny"
    case approvalAll = "approval.answer_all"
    case approvalCancel = "approval.cancel"

    package var context: Context {
        Context(rawValue: String(rawValue.prefix { $0 != "." })) ?? .global
    }

    /// The keys it has where nobody says otherwise.
    package var standardKeys: [String] { Self.facts[self]?.keys ?? [] }
    /// What it does, for help and the reference.
    package var summary: String { Self.facts[self]?.summary ?? "" }

    private static let facts: [KeyAction: (keys: [String], summary: String)] = [
        .openTranscript: (["ctrl-t"], "everything so far, with whole outputs"),
        .openEditor: (["ctrl-g"], "the text in your editor (VISUAL, EDITOR)"),
        .clearTerminal: (["ctrl-l"], "draws the screen anew"),
        .suspend: (["ctrl-z"], "suspends; fg comes back"),
        .cancel: (["ctrl-c"], "empties the text, interrupts; twice leaves"),
        .quit: (["ctrl-d"], "leaves, where there is no text"),
        .toggleVim: ([], "vim's keys, or the usual ones"),
        .interrupt: (["esc"], "interrupts the turn; twice in peace goes back to an earlier message"),
        .changeMode: (["shift-tab"], "plan mode, and back"),
        .submit: (["enter"], "sends; while the agent works it tells it at once"),
        .queue: (["tab"], "keeps the text for when the turn is over"),
        .searchHistory: (["ctrl-r"], "a search in what was asked before"),
        .showKeys: (["?"], "this list, where there is no text"),
        .insertNewline: (["shift-enter", "alt-enter", "ctrl-enter", "ctrl-j"], "a new line; \\ before Enter too"),
        .moveLeft: (["left", "ctrl-b"], "to the left"),
        .moveRight: (["right", "ctrl-f"], "to the right"),
        .moveUp: (["up", "ctrl-p"], "a line up; at the top what was asked before"),
        .moveDown: (["down", "ctrl-n"], "a line down; at the end what was asked after"),
        .moveWordLeft: (["ctrl-left", "alt-left", "alt-b"], "a word to the left"),
        .moveWordRight: (["ctrl-right", "alt-right", "alt-f"], "a word to the right"),
        .moveLineStart: (["home", "ctrl-a"], "to the line's beginning"),
        .moveLineEnd: (["end", "ctrl-e"], "to the line's end"),
        .deleteBackward: (["backspace", "shift-backspace"], "deletes to the left"),
        .deleteForward: (["delete", "ctrl-d"], "deletes to the right"),
        .deleteBackwardWord: (["ctrl-w", "alt-backspace", "ctrl-backspace"], "cuts the word to the left"),
        .deleteForwardWord: (["alt-d", "alt-delete"], "cuts the word to the right"),
        .killLineStart: (["ctrl-u"], "cuts to the line's beginning"),
        .killLineEnd: (["ctrl-k"], "cuts to the line's end"),
        .yank: (["ctrl-y"], "puts in what was cut"),
        .undo: (["ctrl-_"], "undoes a change of the text"),
        .listUp: (["up", "ctrl-p"], "up"),
        .listDown: (["down", "ctrl-n"], "down"),
        .listPageUp: (["page-up"], "a page up"),
        .listPageDown: (["page-down"], "a page down"),
        .listAccept: (["enter"], "takes it"),
        .listCancel: (["esc", "ctrl-c"], "leaves the list"),
        .pagerUp: (["up", "k"], "a line up"),
        .pagerDown: (["down", "j", "enter"], "a line down"),
        .pagerPageUp: (["page-up", "b", "ctrl-b"], "a page up"),
        .pagerPageDown: (["page-down", "space", "ctrl-f"], "a page down"),
        .pagerHalfUp: (["ctrl-u"], "half a page up"),
        .pagerHalfDown: (["ctrl-d"], "half a page down"),
        .pagerTop: (["home", "g"], "to the beginning"),
        .pagerBottom: (["end", "G"], "to the end"),
        .pagerSearch: (["/"], "searches"),
        .pagerNext: (["n"], "the next match"),
        .pagerPrevious: (["N"], "the match before"),
        .pagerClose: (["esc", "q", "ctrl-c"], "closes the page"),
        .pagerCloseTranscript: (["ctrl-t"], "closes the page"),
        .approvalUp: (["up"], "the answer above"),
        .approvalDown: (["down"], "the answer below"),
        .approvalScrollUp: (["page-up"], "less of the change or the script"),
        .approvalScrollDown: (["page-down"], "more of the change or the script"),
        .approvalAccept: (["enter"], "gives the answer, as far as it reaches; so do 1 to 9"),
        .approvalApprove: (["y"], "yes, this once"),
        .approvalDeny: (["n"], "no, and the agent goes on"),
        .approvalAll: (["a"], "yes, once, to all that wait for the same reason"),
        .approvalCancel: (["esc", "ctrl-c"], "no, and the turn ends"),
    ]
}
