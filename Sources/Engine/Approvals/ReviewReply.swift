import Basics
import Wire

/// The answer of a reviewing model: one JSON object of exactly this shape.
struct ReviewReply: Sendable, Hashable {
    var allows: Bool
    var risk: String
    var rationale: String

    private static let risks = ["low", "medium", "high", "critical"]

    static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "outcome": ["type": "string", "enum": ["allow", "deny"]],
            "risk_level": ["type": "string", "enum": .array(risks.map(JSONValue.string))],
            "rationale": ["type": "string"],
        ], "required": ["outcome", "risk_level", "rationale"], "additionalProperties": false,
    ]

    /// Nil for everything that is not the whole object and nothing else.
    init?(_ text: String) {
        guard let object = (try? JSONValue(parsing: text))?.object, object.count == 3,
            let outcome = object["outcome"]?.string, ["allow", "deny"].contains(outcome),
            let risk = object["risk_level"]?.string, Self.risks.contains(risk),
            let rationale = object["rationale"]?.string
        else { return nil }
        allows = outcome == "allow"
        self.risk = risk
        self.rationale = rationale
    }
}
