package import Basics

/// Something that the sandbox refused to a command while it ran, with what explains it.
///
/// Commands only see an error number; this is what a person, and the model, can act on. A grant is for people alone:
/// nothing that a model can call takes one.
package struct EffectDenial: Sendable, Hashable {
    /// What was touched.
    package enum Target: Sendable, Hashable {
        /// Absolute, or empty where the command did not say which.
        case path(String)
        /// `host`, `host:port`, or empty where the command did not say which.
        case network(String)
        /// The path of a socket, or an abstract name with a leading `@`.
        case socket(String)
        /// A kernel call by its name.
        case systemCall(String)
    }

    package enum Operation: String, Sendable, Hashable, CaseIterable { case read, write, connect, call }

    /// How it is known.
    package enum Certainty: String, Sendable, Hashable, CaseIterable {
        /// The sandbox itself saw and refused it.
        case reported
        /// The command's output names it, and the policy refuses exactly that.
        case confirmed
        /// A likely reading of the command's output. Shown as a guess, and never counted as a refusal.
        case inferred
    }

    package var target: Target
    package var operation: Operation
    package var certainty: Certainty
    package var verdict: Verdict
    /// What the user can make writable for it while the session runs; nil where nothing can, or only by a setting.
    package var root: String?

    package init(
        _ operation: Operation, _ target: Target, certainty: Certainty, verdict: Verdict, root: String? = nil
    ) {
        self.root = root
        self.operation = operation
        self.target = target
        self.certainty = certainty
        self.verdict = verdict
    }

    /// Whether it counts as a refusal, for events and exit code 4.
    package var isCertain: Bool { certainty != .inferred }

    /// `write /opt/x`, `connect example.com`.
    package var summary: String { "\(operation.rawValue) \(target.name)" }

    /// What the model is told: what, why, and that asking for it or trying again is no way out.
    package var modelText: String {
        let likely = isCertain ? "" : " (likely)"
        return "\(summary)\(likely): \(verdict.reason) (rule: \(verdict.rule))"
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "kind": .string(target.kind), "target": .string(target.name), "operation": .string(operation.rawValue),
            "certainty": .string(certainty.rawValue), "rule": .string(verdict.rule),
            "origin": .string(verdict.origin.description), "reason": .string(verdict.reason),
        ]
        if let grant = verdict.grant { object["grant"] = .string(grant) }
        if let root { object["grantable_root"] = .string(root) }
        return .object(object)
    }
}

extension EffectDenial.Target {
    /// A stable name for journals and rules.
    package var kind: String {
        switch self {
        case .path: "path"
        case .network: "network"
        case .socket: "socket"
        case .systemCall: "system_call"
        }
    }

    package var name: String {
        switch self {
        case .path(let name): name.isEmpty ? "a path it does not name" : name
        case .socket(let name), .systemCall(let name): name
        case .network(let name): name.isEmpty ? "the network" : name
        }
    }
}

extension [EffectDenial] {
    /// The lines that follow a command's output for the model; empty without denials.
    ///
    /// - Parameter granted: what the user made writable after it.
    package func modelNote(granted: [String] = []) -> String {
        guard !isEmpty else { return "" }
        let list = prefix(8).map { "- \($0.modelText)\n" }.joined()
        let advice =
            granted.isEmpty
            ? "You cannot grant this and trying again will not help: find another way, or tell the user what is needed."
            : "The user has now allowed to write beneath \(granted.joined(separator: ", ")): run the same command again. "
                + "From then on /tmp is empty and servers that were started before are not reached."
        return """

            The sandbox refused:
            \(list)\(advice)

            """
    }
}
