import Wire

/// Summarising a conversation that outgrew its window.
///
/// The summary replaces what the model said and did. What the person wrote stays word for word, newest first where
/// room is short, so that no constraint is lost in a paraphrase.
enum Compaction {
    static let prompt = """
        The conversation is about to be cut to fit the context window. Write a hand-over for yourself: what was asked, \
        what is done (files changed, commands that matter and their results), what was decided and why, what failed, \
        and the exact next steps. Name files and symbols exactly. Do not repeat the user's messages; they are kept. \
        Write only the hand-over.
        """

    /// Bytes of the person's own messages that are kept; beyond it the oldest are cut in the middle of the thread.
    static let userBytes = 80_000

    /// The list after a compaction: the context the session began with, the person's messages, the summary.
    static func items(
        context: [ConversationItem], history: [ConversationItem], summary: String
    ) -> [ConversationItem] {
        let contextCount = context.count
        var room = userBytes
        var kept: [ConversationItem] = []
        var dropped = 0
        for item in history.dropFirst(contextCount).reversed() {
            guard case .user(let parts) = item.content, !isSummary(item) else { continue }
            let size = ConversationItem(.user(parts)).approximateBytes
            // The newest message always stays, however long.
            if kept.isEmpty || size <= room {
                kept.append(item)
                room -= size
            } else {
                dropped += 1
            }
        }
        var list = context
        list.append(contentsOf: kept.reversed())
        if dropped > 0 {
            list.append(ConversationItem(.developer("\(dropped) older user message(s) were left out here for length.")))
        }
        list.append(ConversationItem(.user([.text(summaryMark + summary)])))
        return list
    }

    /// A hand-over without a model: the last assistant message and the names of what ran last.
    static func lastResort(history: [ConversationItem]) -> String {
        var lines = ["The history was too long even to be summarised. The last actions were:"]
        for item in history.suffix(12) {
            switch item.content {
            case .toolCall(let call): lines.append("- called \(call.name)")
            case .assistant(let text): lines.append("- said: \(text.prefix(500))")
            default: continue
            }
        }
        return lines.joined(separator: "\n")
    }

    private static let summaryMark = "[Hand-over from the conversation so far]\n"

    static func summary(in message: String) -> String {
        message.hasPrefix(summaryMark) ? String(message.dropFirst(summaryMark.count)) : message
    }

    private static func isSummary(_ item: ConversationItem) -> Bool {
        guard case .user(let parts) = item.content, case .text(let text)? = parts.first else { return false }
        return text.hasPrefix(summaryMark)
    }
}
