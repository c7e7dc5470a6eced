package import Basics
package import Wire

extension CommandRules.Prefix {
    /// A rule as `requirements.toml` states it, in Codex's shape:
    /// `{pattern = [{token = "git"}, {any_of = ["push", "fetch"]}], decision = "prompt" | "forbidden", justification = "..."}`.
    ///
    /// A requirement narrows, so it cannot allow.
    /// - Throws: `rules.value` with the place, for all that is not exactly so: a rule must not get lost silently.
    package init(required value: JSONValue, at origin: Origin) throws(LockgateError) {
        func wrong(_ reason: String, _ remedy: String) -> LockgateError {
            LockgateError("rules.value", "\(origin.location): \(reason)", remedy: remedy)
        }
        let shape = #"write {pattern = [{token = "git"}, {any_of = ["push", "fetch"]}], decision = "forbidden"}"#
        guard let members = value.object else { throw wrong("a rule has to be a table", shape) }
        let known = ["pattern", "decision", "justification"]
        for (name, _) in members.members where !known.contains(name) {
            throw wrong("a rule has no \"\(name)\"", "use \(known.joined(separator: ", "))")
        }
        guard let words = members["pattern"]?.array, !words.isEmpty else {
            throw wrong("pattern has to be a list of words, not empty", shape)
        }
        var pattern: [[String]] = []
        for word in words {
            guard let word = word.object, word.members.count == 1 else {
                throw wrong("a word of a pattern is {token = \"...\"} or {any_of = [...]}", shape)
            }
            let alternatives = word["token"].map { [$0] } ?? word["any_of"]?.array ?? []
            let texts = alternatives.compactMap(\.string).filter { !$0.isEmpty }
            guard !texts.isEmpty, texts.count == alternatives.count else {
                throw wrong("a word of a pattern is {token = \"...\"} or {any_of = [...]}", shape)
            }
            pattern.append(texts)
        }
        let decision: CommandRules.Decision
        switch members["decision"]?.string {
        case "prompt": decision = .prompt
        case "forbidden": decision = .forbidden
        default:
            throw wrong(
                "decision has to be \"prompt\" or \"forbidden\": a requirement narrows",
                "rules that allow go into /etc/lockgate/rules")
        }
        if let justification = members["justification"], justification.string == nil {
            throw wrong("justification has to be text", shape)
        }
        self.init(
            pattern: pattern, decision: decision, justification: members["justification"]?.string, origin: origin)
    }
}
