package import Basics

/// What a reviewer answers.
package struct ApprovalAnswer: Sendable, Hashable {
    package enum Decision: Sendable, Hashable {
        /// Yes, in the scope of one of the offers.
        case approve(Grant.Scope)
        case deny
        /// No, and the turn ends.
        case abort

        package var name: String {
            switch self {
            case .approve: "approve"
            case .deny: "deny"
            case .abort: "abort"
            }
        }
    }

    package var decision: Decision
    /// For the record and, with a no, for the model.
    package var message: String
    /// A reviewing model's estimate: `low`, `medium`, `high` or `critical`.
    package var risk: String?

    package init(_ decision: Decision, message: String = "", risk: String? = nil) {
        self.decision = decision
        self.message = message
        self.risk = risk
    }
}

/// Who answered a question.
package enum Approver: String, Sendable, Hashable, CaseIterable {
    case user
    case autoReview = "auto_review"
    case command
    /// Nobody can be asked, so the answer is no.
    case never
    /// A grant that was given before.
    case grant
}

/// Answers questions about effects.
package protocol Reviewer: Sendable {
    var approver: Approver { get }

    /// Decides on a request. Whoever calls takes any error but cancellation, and any scope that was not offered, for a
    /// no.
    func review(_ request: ApprovalRequest) async throws -> ApprovalAnswer
}

/// A question with its answer: the event `approval`.
package struct ApprovalRecord: Sendable, Hashable {
    package var request: ApprovalRequest
    package var answer: ApprovalAnswer
    package var approver: Approver
    package var milliseconds: Int
    /// The grants that were given with the answer, or that were the answer.
    package var grants: [Grant]

    package init(
        request: ApprovalRequest, answer: ApprovalAnswer, approver: Approver, milliseconds: Int = 0,
        grants: [Grant] = []
    ) {
        self.request = request
        self.answer = answer
        self.approver = approver
        self.milliseconds = milliseconds
        self.grants = grants
    }

    /// The members of the event.
    package var members: JSONObject {
        var answer: JSONObject = ["decision": .string(answer.decision.name)]
        if case .approve(let scope) = self.answer.decision { answer["scope"] = .string(scope.rawValue) }
        if !self.answer.message.isEmpty { answer["message"] = .string(self.answer.message) }
        if let risk = self.answer.risk { answer["risk_level"] = .string(risk) }
        if !grants.isEmpty { answer["grants"] = .array(grants.map(\.json)) }
        return [
            "request": request.json, "answer": .object(answer), "answered_by": .string(approver.rawValue),
            "duration_ms": .int(milliseconds),
        ]
    }

    /// What the record of the effect keeps of it.
    package var summary: JSONValue {
        var object: JSONObject = ["id": .string(request.id), "answered_by": .string(approver.rawValue)]
        if case .approve(let scope) = answer.decision { object["scope"] = .string(scope.rawValue) }
        if !grants.isEmpty { object["grants"] = .array(grants.map { .string($0.id) }) }
        object["binding"] = .string(request.binding)
        return .object(object)
    }
}
