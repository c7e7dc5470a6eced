import Basics
package import Journal
package import Wire

/// The list of items a session sends, and what its journal says of it.
///
/// It only ever grows, so that a provider's cached prefix stays good, but for a compaction, which starts it anew.
package struct Conversation: Sendable, Hashable {
    package private(set) var items: [ConversationItem] = []
    /// Tokens and money of the whole thread.
    package internal(set) var usage = TokenUsage()
    /// Nil as soon as one request's price is unknown.
    package internal(set) var cost: Double? = 0
    /// Tokens of the list as the last response counted them; 0 before the first.
    var countedTokens = 0
    /// How many items that count covers.
    var countedItems = 0

    package init() {}

    package mutating func append(_ item: ConversationItem) {
        items.append(item)
    }

    package mutating func replace(with items: [ConversationItem]) {
        self.items = items
        countedTokens = 0
        countedItems = 0
    }

    /// Tokens of the next request's list: what the provider counted, plus a quarter of the bytes since then. An
    /// estimate, since no tokenizer is at hand; each response's count corrects it.
    package var estimatedTokens: Int {
        countedTokens + items[min(countedItems, items.count)...].reduce(0) { $0 + $1.approximateBytes / 4 + 4 }
    }

    /// Whether a provider has counted this list's beginning.
    var isCounted: Bool { countedTokens > 0 }

    /// Counts a response whose request held the whole list so far.
    package mutating func count(_ usage: TokenUsage, cost: Double?) {
        self.usage = self.usage + usage
        self.cost = if let sum = self.cost, let cost { sum + cost } else { nil }
        countedTokens = usage.inputTokens
        countedItems = items.count
    }

    /// Counts a request about the session that did not hold its list, such as a review.
    mutating func countAside(_ usage: TokenUsage, cost: Double?) {
        self.usage = self.usage + usage
        self.cost = if let sum = self.cost, let cost { sum + cost } else { nil }
    }

    /// Calls at the list's end that have no answer: those of a process that was killed.
    package var unansweredCalls: [ToolCall] {
        var open: [ToolCall] = []
        for item in items {
            switch item.content {
            case .toolCall(let call): open.append(call)
            case .toolResult(let result): open.removeAll { $0.id == result.callID }
            default: continue
            }
        }
        return open
    }

    /// Rebuilds the list from a session's records. What a later list replaces is not read.
    package init(records: [JournalRecord]) {
        self.init(RestoredRecords(records))
    }

    package init(_ records: RestoredRecords) {
        for (entry, read) in zip(records.entries, Self.items(of: records.entries)) {
            switch entry {
            case .response(let response, isReview: false): count(response.usage, cost: response.cost)
            case .response(let response, isReview: true): countAside(response.usage, cost: response.cost)
            case .item: items.append(contentsOf: read)
            case .list: replace(with: read)
            }
        }
    }

    /// Below this many a thread costs more than it saves.
    private static let threadWorth = 1000

    /// What each entry holds of the list; long lists are read on all processors.
    private static func items(of entries: [RestoredRecords.Entry]) -> [[ConversationItem]] {
        let total = entries.count(where: \.isRead)
        let count = WorkThread<Void>.count(for: total, each: threadWorth)
        // Responses cost nothing here, and after a compaction all that is to be read stands at the end.
        var ends: [Int] = []
        var read = 0
        for (index, entry) in entries.enumerated() where entry.isRead {
            read += 1
            if ends.count < count - 1, read * count >= total * (ends.count + 1) { ends.append(index + 1) }
        }
        let parts = zip([0] + ends, ends + [entries.count]).map { entries[$0..<$1] }
        let work = parts.dropFirst().map { part in WorkThread { part.map(items(of:)) } }
        let first = parts[0].map(items(of:))
        return work.reduce(into: first) { $0 += $1.value() }
    }

    private static func items(of entry: RestoredRecords.Entry) -> [ConversationItem] {
        switch entry {
        case .response: []
        case .item(let record): ConversationItem(json: record.payload).map { [$0] } ?? []
        case .list(let record): (record.payload["items"]?.array ?? []).compactMap(ConversationItem.init(json:))
        }
    }

    /// A list that begins with items of another session.
    package init(items: [ConversationItem]) { self.items = items }

    /// The working directory that the model was told of last; nil where it was told of none.
    package var toldDirectory: String? {
        for item in items.reversed() {
            guard case .user(let parts) = item.content else { continue }
            for case .text(let text) in parts.reversed() {
                let bytes = Array(text.utf8)
                guard let start = Self.end(of: "<cwd>", in: bytes, from: 0),
                    let end = Self.end(of: "</cwd>", in: bytes, from: start)
                else { continue }
                return String(decoding: bytes[start..<end - "</cwd>".utf8.count], as: UTF8.self)
            }
        }
        return nil
    }

    /// Where a mark ends; nil where it does not occur. By bytes, since conversations are long.
    private static func end(of mark: String, in bytes: [UInt8], from start: Int) -> Int? {
        var at = start
        while let found = bytes[at...].firstIndex(of: UInt8(ascii: "<")) {
            if bytes[found...].starts(with: mark.utf8) { return found + mark.utf8.count }
            at = found + 1
        }
        return nil
    }
}

extension ConversationItem {
    /// The item's size in bytes, images at a flat price since providers count them by area.
    var approximateBytes: Int {
        func size(_ parts: [ContentPart]) -> Int {
            parts.reduce(0) { sum, part in
                switch part {
                case .text(let text): sum + text.utf8.count
                case .image: sum + 6000
                }
            }
        }
        switch content {
        case .user(let parts): return size(parts)
        case .developer(let text), .assistant(let text), .reasoning(let text): return text.utf8.count
        case .toolCall(let call):
            switch call.input {
            case .function(let text), .custom(let text): return text.utf8.count + call.name.utf8.count
            }
        case .toolResult(let result): return size(result.parts)
        }
    }
}

extension RestoredRecords.Entry {
    /// Whether it holds anything of the list, which has to be read as JSON.
    fileprivate var isRead: Bool { if case .response = self { false } else { true } }
}
