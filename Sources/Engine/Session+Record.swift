package import Basics
import Journal
package import Wire

/// What the journal keeps of how a session is run, so that a replay can run it in the same way.
extension Session {
    /// Who wrote a message that stands in the conversation.
    enum MessageOrigin: String {
        /// Project instructions and the environment, before the first prompt.
        case context
        case prompt
        /// Words that came while a turn was under way.
        case steering
        /// What a hook adds for the model.
        case hook
        /// A command that the user ran in the session.
        case command
    }

    func append(_ item: ConversationItem, origin: MessageOrigin) throws {
        var json = item.json
        json["origin"] = .string(origin.rawValue)
        try journal.append("conversation", json)
        conversation.append(item)
    }

    /// Records the settings once, before the first turn that is run with them.
    func recordSettings() throws {
        guard !hasRecordedSettings else { return }
        hasRecordedSettings = true
        try journal.append("settings", settings.json(tools: tools))
    }
}

extension SessionSettings {
    /// The form of a `settings` record.
    func json(tools: [String: any Tool]) -> JSONValue {
        let names = tools.keys.sorted()
        var object: JSONObject = [
            "model": .string(model), "provider": .string(provider), "cwd": .string(cwd),
            "tool_mode": .string(smallModel == nil ? toolMode.name : "text"), "context": .int(context.count),
            "tools": .array(names.map { .string($0) }),
            "parallel_tools": .array(
                names.filter { tools[$0]?.runsInParallel == true }.map { .string($0) }),
            "checks": .array(checks.map { .string($0) }), "check_attempts": .int(limits.checkAttempts),
            "request_limit": .optional(limits.requests), "incomplete_responses": .int(limits.incompleteResponses),
            "compaction_tokens": .int(compactionLimit), "refuses_repeats": .bool(refusesRepeats),
            "proves_claims": .bool(proofLimit != nil), "setup": .optional(setup),
            "reasoning_effort": .optional(reasoningEffort), "max_output_tokens": .optional(maxOutputTokens),
        ]
        if let outputSchema { object["output_schema"] = outputSchema }
        return .object(object)
    }

    /// Reads what `json` writes. Instructions, prices and seeds are not in it.
    package init(recorded json: JSONValue, context: [ConversationItem]) {
        self.init(
            cwd: json["cwd"]?.string ?? "", model: json["model"]?.string ?? "",
            provider: json["provider"]?.string ?? "", instructions: "", context: context)
        toolMode = ToolMode(name: json["tool_mode"]?.string ?? "")
        checks = (json["checks"]?.array ?? []).compactMap(\.string)
        limits.checkAttempts = json["check_attempts"]?.int ?? 0
        limits.requests = json["request_limit"]?.int
        limits.incompleteResponses = json["incomplete_responses"]?.int ?? 2
        compactionLimit = json["compaction_tokens"]?.int ?? compactionLimit
        refusesRepeats = json["refuses_repeats"] == true
        if json["proves_claims"] == true { proofLimit = .seconds(86_400) }
        setup = json["setup"]?.string
        reasoningEffort = json["reasoning_effort"]?.string
        maxOutputTokens = json["max_output_tokens"]?.int
        outputSchema = json["output_schema"]
    }
}

extension ToolMode {
    fileprivate var name: String {
        switch self {
        case .native: "native"
        case .schema: "schema"
        case .grammar: "grammar"
        }
    }

    fileprivate init(name: String) {
        switch name {
        case "schema": self = .schema([:])
        case "grammar": self = .grammar("")
        default: self = .native
        }
    }
}
