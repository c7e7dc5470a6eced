import Basics
import Engine
package import Journal
import Synchronization
package import Wire

/// Answers requests with what a session's model answered, one after the other, whatever is asked: for running what it wanted
/// again. After the last it has nothing more to say.
package final class RecordedAnswers: ModelClient {
    private let waiting: Mutex<[[ConversationItem]]>

    /// The prompts of the session's turns.
    package let prompts: [[ContentPart]]

    package init(_ records: [JournalRecord]) {
        var answers: [[ConversationItem]] = []
        for (index, record) in records.enumerated()
        where record.type == "model.response" && record.payload["stop"] == "completed" {
            let items = Self.items(records[(index + 1)...])
            // Hand-overs are made anew where they are needed.
            if !items.isEmpty, !records[(index + 1)...].prefix(3).contains(where: { $0.type == "compaction" }) {
                answers.append(items)
            }
        }
        waiting = Mutex(answers)
        prompts = records.filter { $0.origin == "prompt" }.compactMap { record in
            if case .user(let parts)? = ConversationItem(json: record.payload)?.content { parts } else { nil }
        }
    }

    package func respond(
        to request: ModelRequest, onEvent: @escaping @Sendable (ModelEvent) -> Void
    ) async throws -> ModelResponse {
        let items = waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        return ModelResponse(
            items: items ?? [ConversationItem(.assistant("The record ends here."))], usage: TokenUsage(),
            stop: .completed)
    }

    /// The items of an answer, from the records that follow its account.
    static func items(_ records: ArraySlice<JournalRecord>) -> [ConversationItem] {
        var items: [ConversationItem] = []
        for record in records {
            if record.type == "compaction" {
                let summary = record.payload["items"]?.array?.last?["parts"]?[0]?["text"]?.string ?? ""
                return [ConversationItem(.assistant(Session.summary(inHandOver: summary)))]
            }
            guard record.type == "conversation" else {
                if ["item.completed", "budget", "hook"].contains(record.event) { continue }
                break
            }
            guard ["assistant", "reasoning", "tool_call"].contains(record.payload["kind"]?.string),
                let item = ConversationItem(json: record.payload)
            else { break }
            items.append(item)
        }
        return items
    }
}
