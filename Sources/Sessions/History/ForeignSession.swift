package import Basics
package import Wire

/// A session of another program, read from its own file.
package struct ForeignSession: Sendable, Hashable {
    package enum Agent: String, Sendable, Hashable, CaseIterable {
        case codex, claude

        package var name: String { self == .codex ? "Codex" : "Claude Code" }
    }

    package struct Entry: Sendable, Hashable {
        package var item: ConversationItem
        /// When, as the file says it.
        package var time: String?
    }

    /// A line that could not be read, from 1, and why.
    package struct Unread: Sendable, Hashable {
        package let line: Int
        package let reason: String
    }

    package let agent: Agent
    /// The other program's id for it.
    package var id: String?
    package var cwd: String?
    package var model: String?
    package var version: String?
    /// The first moment that the file names.
    package var began: WallTime?
    package var entries: [Entry] = []
    package var unread: [Unread] = []
    /// Lines of kinds that say nothing for a conversation.
    package var skipped = 0

    init(_ agent: Agent) { self.agent = agent }

    /// Lines that are kept in `unread`; more are counted with the last.
    private static let unreadLimit = 100

    mutating func cannotRead(_ line: Int, _ reason: String) {
        if unread.count < Self.unreadLimit { unread.append(Unread(line: line, reason: reason)) }
    }

    mutating func add(_ content: ConversationItem.Content, _ time: String?) {
        entries.append(Entry(item: ConversationItem(content), time: time))
    }

    /// Results without their call would be refused by every provider.
    mutating func dropUnaskedResults() {
        var calls: Set<String> = []
        entries = entries.filter { entry in
            switch entry.item.content {
            case .toolCall(let call): return calls.insert(call.id).inserted
            case .toolResult(let result): return calls.remove(result.callID) != nil
            default: return true
            }
        }
    }
}
