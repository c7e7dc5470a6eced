package import Basics

/// A question about one effect, with all that a reviewer needs to answer it.
package struct ApprovalRequest: Sendable, Hashable {
    /// Unique within the session.
    package var id: String
    package var item: String?
    package var effect: Effect
    /// Why it is asked: decision `ask`, with rule and origin.
    package var verdict: Verdict
    /// What the model said about it. Its words, not a fact.
    package var reason: String?
    package var reach: EffectReach
    /// A change of files as a unified diff.
    package var diff: String?
    /// What is typed into a command that runs already.
    package var input: String?
    /// Scripts that the command names, as they were when the answer was bound to them.
    package var scripts: [Script]
    /// What can be answered besides no, narrowest first; the first is always `once`.
    package var offers: [GrantOffer]
    /// What the answer is bound to: a digest over arguments, folder, environment and the files the command names.
    package var binding: String

    package struct Script: Sendable, Hashable {
        package var path: String
        package var text: String

        package init(path: String, text: String) {
            self.path = path
            self.text = text
        }
    }

    package init(
        id: String, item: String?, effect: Effect, verdict: Verdict, reason: String? = nil, reach: EffectReach,
        diff: String? = nil, input: String? = nil, scripts: [Script] = [], offers: [GrantOffer], binding: String
    ) {
        self.id = id
        self.item = item
        self.effect = effect
        self.verdict = verdict
        self.reason = reason
        self.reach = reach
        self.diff = diff
        self.input = input
        self.scripts = scripts
        self.offers = offers
        self.binding = binding
    }

    package var json: JSONValue {
        var object: JSONObject = ["id": .string(id)]
        if let item { object["item_id"] = .string(item) }
        object["effect"] = effect.json
        object["verdict"] = verdict.json
        if let reason { object["reason"] = .string(reason) }
        object["touches"] = reach.json
        if let diff { object["diff"] = .string(diff) }
        if let input { object["input"] = .string(input) }
        if !scripts.isEmpty {
            object["scripts"] = .array(scripts.map { ["path": .string($0.path), "text": .string($0.text)] })
        }
        object["offers"] = .array(offers.map(\.json))
        object["binding"] = .string(binding)
        return .object(object)
    }
}

/// One answer that can be given: how far a yes reaches and what would be written down for it.
package struct GrantOffer: Sendable, Hashable {
    package var scope: Grant.Scope
    /// What would be kept, word for word; empty for `once`.
    package var rules: [GrantRule]
    package var expires: WallTime?

    package init(scope: Grant.Scope, rules: [GrantRule] = [], expires: WallTime? = nil) {
        self.scope = scope
        self.rules = rules
        self.expires = expires
    }

    package static let once = GrantOffer(scope: .once)

    package var json: JSONValue {
        var object: JSONObject = [
            "scope": .string(scope.rawValue), "rules": .array(rules.map { .string($0.text) }),
        ]
        if let expires { object["expires"] = .string(expires.rfc3339) }
        return .object(object)
    }
}

/// What an effect touches, as far as its own words say so.
package struct EffectReach: Sendable, Hashable {
    /// The commands that would run, each as a shell would read it back.
    package var commands: [String]
    package var writes: [String]
    package var reads: [String]
    package var hosts: [String]
    /// What cannot be told by reading, and what the approval cannot be bound to.
    package var unknown: [String]

    package init(
        commands: [String] = [], writes: [String] = [], reads: [String] = [], hosts: [String] = [],
        unknown: [String] = []
    ) {
        self.commands = commands
        self.writes = writes
        self.reads = reads
        self.hosts = hosts
        self.unknown = unknown
    }

    package var json: JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        return [
            "commands": list(commands), "writes": list(writes), "reads": list(reads), "hosts": list(hosts),
            "unknown": list(unknown),
        ]
    }
}
