import Basics
import Journal
import Wire

extension Session {
    /// Replaces the history by the person's words and the model's own hand-over.
    func compact() async throws {
        try await compacting { try await self.summarise() }
    }

    /// The model's own words in the message that hands over.
    package static func summary(inHandOver text: String) -> String { Compaction.summary(in: text) }

    private func summarise() async throws {
        let before = conversation.estimatedTokens
        let context = Array(conversation.items.prefix(settings.context.count))
        var history = conversation.items
        history.append(ConversationItem(.user([.text(Compaction.prompt)])))
        var summary = ""
        do {
            let response = try await send(request(items: history, tools: false))
            for case .assistant(let text) in response.items.map(\.content) { summary += text }
        } catch let failure as ModelFailure where failure.kind == .contextWindowExceeded {
            // Even the summary does not fit: the person's words and the latest results are what remains.
            summary = Compaction.lastResort(history: conversation.items)
        }
        let items = Compaction.items(context: context, history: conversation.items, summary: summary)
        try journal.append("compaction", ["items": .array(items.map(\.json))])
        conversation.replace(with: items)
        try events.emit(.compacted(tokensBefore: before, tokensAfter: conversation.estimatedTokens))
    }
}
