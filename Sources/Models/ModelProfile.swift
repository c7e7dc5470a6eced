/// What is known of a model that its API does not tell: sizes, and how it wants to be spoken to.
package struct ModelProfile: Sendable, Hashable {
    /// How actions are asked for; the names of the `tool_mode` setting.
    package enum ToolModeName: String, Sendable, Hashable, CaseIterable {
        case native, schema, grammar
        /// No tools: blocks in the answer's Markdown.
        case text
    }

    /// How a Messages model is asked to think.
    package enum Thinking: String, Sendable, Hashable, CaseIterable {
        case none
        /// A fixed token budget (`thinking.type: enabled`), Claude up to 4.5.
        case budget
        /// `thinking.type: adaptive` with an effort, Claude from 4.6 on.
        case adaptive
    }

    /// Tokens that input and output share.
    package var contextWindow: Int
    /// The most tokens one answer may have.
    package var maxOutputTokens: Int
    package var toolMode: ToolModeName
    /// A small model: short prompt, files in the prompt, whole-file writes.
    package var isSmall: Bool
    package var supportsImages: Bool
    package var supportsReasoning: Bool
    /// Takes tools with free text held to a grammar (Responses only).
    package var supportsFreeformTools: Bool
    package var thinking: Thinking

    package init(
        contextWindow: Int, maxOutputTokens: Int, toolMode: ToolModeName = .native, isSmall: Bool = false,
        supportsImages: Bool = true, supportsReasoning: Bool = false, supportsFreeformTools: Bool = false,
        thinking: Thinking = .none
    ) {
        self.contextWindow = contextWindow
        self.maxOutputTokens = maxOutputTokens
        self.toolMode = toolMode
        self.isSmall = isSmall
        self.supportsImages = supportsImages
        self.supportsReasoning = supportsReasoning
        self.supportsFreeformTools = supportsFreeformTools
        self.thinking = thinking
    }

    /// For a model that nothing is known of: a window that every current hosted model has, and no extras that a
    /// server could refuse.
    package static let unknown = ModelProfile(contextWindow: 128_000, maxOutputTokens: 8_192)

    /// A user's corrections; nil keeps the table's value.
    package struct Override: Sendable, Hashable {
        package var contextWindow: Int?
        package var maxOutputTokens: Int?
        package var toolMode: ToolModeName?
        package var isSmall: Bool?
        package var supportsImages: Bool?
        package var supportsReasoning: Bool?
        package var supportsFreeformTools: Bool?
        package var thinking: Thinking?

        package init(
            contextWindow: Int? = nil, maxOutputTokens: Int? = nil, toolMode: ToolModeName? = nil,
            isSmall: Bool? = nil, supportsImages: Bool? = nil, supportsReasoning: Bool? = nil,
            supportsFreeformTools: Bool? = nil, thinking: Thinking? = nil
        ) {
            self.contextWindow = contextWindow
            self.maxOutputTokens = maxOutputTokens
            self.toolMode = toolMode
            self.isSmall = isSmall
            self.supportsImages = supportsImages
            self.supportsReasoning = supportsReasoning
            self.supportsFreeformTools = supportsFreeformTools
            self.thinking = thinking
        }
    }

    package func applying(_ override: Override) -> ModelProfile {
        ModelProfile(
            contextWindow: override.contextWindow ?? contextWindow,
            maxOutputTokens: override.maxOutputTokens ?? maxOutputTokens,
            toolMode: override.toolMode ?? toolMode,
            isSmall: override.isSmall ?? isSmall,
            supportsImages: override.supportsImages ?? supportsImages,
            supportsReasoning: override.supportsReasoning ?? supportsReasoning,
            supportsFreeformTools: override.supportsFreeformTools ?? supportsFreeformTools,
            thinking: override.thinking ?? thinking)
    }
}
