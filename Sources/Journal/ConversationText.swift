package import Basics

/// The words of a conversation's item, as records hold it, for people and for searching.
package struct ConversationText: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case user, developer, assistant, reasoning, call = "tool_call", result = "tool_result"
    }

    package let kind: Kind
    /// What was written; of a call its input. Empty for what the harness says by itself.
    package let text: String
    /// The tool's name; calls alone have one.
    package let tool: String?

    /// nil for what is no item.
    package init?(_ item: JSONValue) {
        guard let kind = item["kind"]?.string.flatMap(Kind.init(rawValue:)) else { return nil }
        self.kind = kind
        tool = kind == .call ? item["name"]?.string ?? "?" : nil
        switch kind {
        case .user:
            text = Self.parts(of: item).filter { !Self.isContext($0) }.joined(separator: "\n")
        case .result: text = Self.parts(of: item).joined(separator: "\n")
        case .assistant, .reasoning: text = item["text"]?.string ?? ""
        case .call: text = item["input"]?.string ?? item["arguments"]?.string ?? ""
        case .developer: text = ""
        }
    }

    private static func parts(of item: JSONValue) -> [String] {
        (item["parts"]?.array ?? []).map { $0["text"]?.string ?? "[image]" }
    }

    /// What stands before a session's first prompt.
    private static func isContext(_ text: String) -> Bool {
        text.hasPrefix("<environment_context>") || text.hasPrefix("# Instructions from ")
    }
}
