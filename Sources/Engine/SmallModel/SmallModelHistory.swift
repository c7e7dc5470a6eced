import Wire

/// What a new turn keeps of the turns before it.
///
/// The files that an earlier turn showed are out of date and fill a small window, so only the tasks and the final
/// answers stay.
enum SmallModelHistory {
    static func condensed(_ items: [ConversationItem]) -> [ConversationItem] {
        var kept: [ConversationItem] = []
        var answer: ConversationItem?
        for item in items {
            switch item.content {
            case .user(let parts):
                guard let task = parts.first(where: isTask) else { continue }
                if let answer { kept.append(answer) }
                answer = nil
                kept.append(ConversationItem(.user([task])))
            case .assistant: answer = kept.isEmpty ? nil : item
            case .developer, .reasoning, .toolCall, .toolResult: continue
            }
        }
        if let answer { kept.append(answer) }
        return kept
    }

    private static func isTask(_ part: ContentPart) -> Bool {
        guard case .text(let text) = part else { return false }
        return text.hasPrefix(SmallModelPrompt.task(""))
    }
}
