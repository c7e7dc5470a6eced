import Wire

/// What is asked for less, once a limit is near.
struct BudgetRelief: Sendable, Hashable {
    private var lowersEffort = false
    private var model: String?

    mutating func take(_ action: BudgetLadder.Action, cheaperModel: String?) {
        switch action {
        case .warn: break
        case .lowerEffort: lowersEffort = true
        case .cheaperModel: model = cheaperModel
        }
    }

    func applied(to request: ModelRequest) -> ModelRequest {
        var request = request
        if lowersEffort, let effort = request.reasoningEffort { request.reasoningEffort = Self.lower[effort] ?? effort }
        if let model, model != request.model {
            request.model = model
            // Another model's reasoning, and the forms of items that belong to it, mean nothing to this one.
            request.reasoningEffort = nil
            request.items = request.items.compactMap { item in
                if case .reasoning = item.content { return nil }
                return ConversationItem(item.content)
            }
        }
        return request
    }

    /// Names that providers share, one step down.
    private static let lower = [
        "max": "high", "xhigh": "high", "high": "medium", "medium": "low", "low": "minimal",
    ]
}
