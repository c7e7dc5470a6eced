package import Wire

/// What happens on the way to a limit, before the stop at its end.
package struct BudgetLadder: Sendable, Hashable {
    package enum Action: String, Sendable, Hashable {
        case warn
        case lowerEffort = "lower_effort"
        case cheaperModel = "cheaper_model"
    }

    /// Share of a limit at which a person is told; nil for never.
    package var warnAt: Double?
    /// Share at which the model is asked for less reasoning.
    package var lowerEffortAt: Double?
    /// Share at which `cheaperModel` takes over.
    package var cheaperModelAt: Double?
    package var cheaperModel: String?

    package init(
        warnAt: Double? = 0.8, lowerEffortAt: Double? = nil, cheaperModelAt: Double? = nil, cheaperModel: String? = nil
    ) {
        self.warnAt = warnAt
        self.lowerEffortAt = lowerEffortAt
        self.cheaperModelAt = cheaperModelAt
        self.cheaperModel = cheaperModel
    }

    /// The steps that a share of a limit has reached, in their order.
    func steps(at share: Double) -> [Action] {
        let steps: [(Double?, Action)] = [
            (warnAt, .warn), (lowerEffortAt, .lowerEffort), (cheaperModel == nil ? nil : cheaperModelAt, .cheaperModel),
        ]
        return steps.compactMap { at, action in at.map { ($0, action) } }.sorted { $0.0 < $1.0 }
            .filter { share >= $0.0 }.map(\.1)
    }
}

/// A step that a limit has just reached.
package struct BudgetStep: Sendable, Hashable {
    package var action: BudgetLadder.Action
    package var state: ThreadEvent.BudgetState

    package init(action: BudgetLadder.Action, state: ThreadEvent.BudgetState) {
        self.action = action
        self.state = state
    }
}
