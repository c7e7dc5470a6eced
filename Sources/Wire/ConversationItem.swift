package import Basics

/// One entry of the list that is sent to a model, independent of any provider's dialect.
///
/// The list is append-only within a session, so that a provider can reuse its cached prefix.
package struct ConversationItem: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        /// What the person wrote, with attachments in order.
        case user([ContentPart])
        /// Instructions from the harness that stand in the conversation, below the system prompt in authority.
        case developer(String)
        case assistant(String)
        /// A reasoning summary for people; the provider's own form, if any, is in the blob.
        case reasoning(String)
        case toolCall(ToolCall)
        case toolResult(ToolResult)
    }

    package var content: Content
    /// The provider's own form of this item, replayed to the same provider byte for byte (reasoning, signatures, ids).
    package var blob: ProviderBlob?

    package init(_ content: Content, blob: ProviderBlob? = nil) {
        self.content = content
        self.blob = blob
    }
}

/// A piece of a message.
package enum ContentPart: Sendable, Hashable {
    case text(String)
    /// A `data:` URL with the image's bytes; `detail` is the provider's hint (`high`, `original`, ...).
    case image(url: String, detail: String?)
}

/// A model's wish to use a tool.
package struct ToolCall: Sendable, Hashable {
    package enum Input: Sendable, Hashable {
        /// JSON text as the model wrote it; validated before anything runs.
        case function(arguments: String)
        /// Free text, as for a grammar-constrained `apply_patch`.
        case custom(String)
    }

    /// The provider's call id, or one the codec made up (`call_<uuid>`) where the provider sent none.
    package var id: String
    package var name: String
    package var input: Input

    package init(id: String, name: String, input: Input) {
        self.id = id
        self.name = name
        self.input = input
    }
}

/// The answer to one tool call. Each call gets exactly one.
package struct ToolResult: Sendable, Hashable {
    package var callID: String
    package var parts: [ContentPart]
    /// Messages has a flag for it; the other dialects see it in the text alone.
    package var isError: Bool
    /// Whether the call was a custom (freeform) one, which Responses answers with another item type.
    package var isCustom: Bool

    package init(callID: String, parts: [ContentPart], isError: Bool = false, isCustom: Bool = false) {
        self.callID = callID
        self.parts = parts
        self.isError = isError
        self.isCustom = isCustom
    }
}

/// A provider's own JSON for an item.
package struct ProviderBlob: Sendable, Hashable {
    package var dialect: WireDialect
    /// The provider id of the configuration; a blob is never sent to another provider.
    package var provider: String
    package var json: JSONValue

    package init(dialect: WireDialect, provider: String, json: JSONValue) {
        self.dialect = dialect
        self.provider = provider
        self.json = json
    }
}

/// The three request languages, by their configuration names (`wire_api`).
package enum WireDialect: String, Sendable, Hashable, CaseIterable {
    case responses, chat, messages
}
