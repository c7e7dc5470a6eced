import Text
package import Wire

/// The turn under way: what arrives of the message, and what runs.
package struct RunningTurn: Sendable, Hashable {
    package var started: Duration
    package var isInterrupting = false
    /// Items that have begun, oldest first.
    package var items: [ThreadItem] = []
    package var reasoning = ""
    /// The message's words so far, those already in the conversation included.
    private var raw = ""
    /// Bytes of them that are in the conversation.
    private var committed = 0
    /// What has to stand before the rest, so that it reads as what it is: a fence.
    private var prefix = ""
    /// Whether the next part goes on with the block before it.
    private var continues = false

    /// Lines of an open block of code after which what is above them goes into the scrollback.
    private static let codeLines = 24
    private static let blockBytes = 4 << 10

    /// Whether nothing of a message that goes on stands in the conversation.
    var isBetweenMessages: Bool { committed == 0 && !continues }

    package init(started: Duration) { self.started = started }

    /// The end of the message that may still change.
    package var pending: String { prefix + raw.utf8Suffix(from: committed) }

    /// What a command has printed so far; of an item that has ended nothing is shown any more.
    mutating func show(_ output: String, of id: String) {
        guard let index = items.firstIndex(where: { $0.id == id }),
            case .commandExecution(var command) = items[index].kind
        else { return }
        command.aggregatedOutput = output
        items[index].kind = .commandExecution(command)
    }

    /// Takes words, and gives the blocks that are whole.
    mutating func take(_ delta: String) -> [TranscriptEntry] {
        raw += delta
        guard delta.utf8.contains(0x0A) else { return [] }
        let pending = pending
        let blocks = MarkdownDocument(pending).located
        guard let last = blocks.last else { return [] }
        var finished: [TranscriptEntry] = []
        var rest = pending
        if blocks.count > 1 {
            let end = blocks[blocks.count - 2].end
            finished.append(part(pending.utf8Prefix(end)))
            committed += end - prefix.utf8.count
            prefix = ""
            continues = false
            rest = pending.utf8Suffix(from: end)
        }
        // A long block of code is read as it comes, not when it is over. Of anything else that has no end only so much
        // is looked at again and again.
        let keep = rest.utf8.reversed().prefix { $0 != 0x0A }.count
        let whole = rest.utf8Prefix(rest.utf8.count - keep)
        if case .code(let language, let lines, false) = last.block, lines.count > Self.codeLines {
            finished.append(part(whole))
            committed += whole.utf8.count - prefix.utf8.count
            let fence = whole.drop { $0 == "\n" || $0 == " " }.prefix { $0 == "`" || $0 == "~" }
            prefix = "\(fence)\(language)\n"
            continues = true
        } else if whole.utf8.count > Self.blockBytes {
            finished.append(part(whole))
            committed += whole.utf8.count - prefix.utf8.count
            prefix = ""
            continues = true
        }
        return finished
    }

    private func part(_ text: String) -> TranscriptEntry {
        let text = ProposedPlan.shown(text)
        return continues ? .continuation(text) : .message(text)
    }

    /// The message is whole: gives what of it is not yet in the conversation.
    mutating func finish(_ text: String) -> [TranscriptEntry] {
        defer {
            raw = raw.hasPrefix(text) ? String(raw.dropFirst(text.count)) : ""
            committed = 0
            prefix = ""
            continues = false
        }
        guard raw.hasPrefix(text), committed <= text.utf8.count else {
            let note =
                committed > 0
                ? [TranscriptEntry.note(.init(.warning, "The message was changed; this is what counts:"))] : []
            return note + (text.isEmpty ? [] : [.message(text)])
        }
        let rest = prefix + text.utf8Suffix(from: committed)
        return rest.contains { !$0.isWhitespace } && committed < text.utf8.count ? [part(rest)] : []
    }

    /// The attempt broke off; its words are void.
    mutating func discard() -> [TranscriptEntry] {
        defer { (raw, committed, prefix, continues, reasoning) = ("", 0, "", false, "") }
        guard committed > 0 else { return [] }
        return [.note(.init(.warning, "The response broke off; what stands above of it is void."))]
    }
}

extension String {
    func utf8Prefix(_ count: Int) -> String { String(decoding: utf8.prefix(count), as: UTF8.self) }
    func utf8Suffix(from count: Int) -> String { String(decoding: utf8.dropFirst(count), as: UTF8.self) }
}
