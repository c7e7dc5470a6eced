import Basics
import Policy
import Wire

/// How a decision on a command came about, for people and as data.
struct CommandTrace {
    let argv: [String]
    let policy: AccessPolicy
    let decision: CommandDecision
    let cwd: String
    /// Who would be asked.
    let reviewer: Sourced<ApprovalsReviewer>

    /// - Parameter words: several are a command's arguments; one is a script, as the model writes it.
    init(_ words: [String], policy: AccessPolicy, cwd: String, reviewer: Sourced<ApprovalsReviewer>) {
        let shell = PosixFile.exists("/bin/bash") ? "/bin/bash" : "/bin/sh"
        argv = words.count == 1 ? [shell, "-c", words[0]] : words
        self.policy = policy
        self.cwd = cwd
        self.reviewer = reviewer
        decision = policy.decision(onCommand: argv, in: cwd)
    }

    // MARK: Text

    var text: String {
        let verdict = decision.verdict
        var lines = ["\(verdict.decision.rawValue)  by \(verdict.rule)  \(verdict.origin)"]
        if !verdict.reason.isEmpty { lines.append("  reason: \(verdict.reason)") }
        if verdict.decision == .ask { lines.append("  exec:   \(inExec)") }
        if let grant = verdict.grant { lines.append("  grant:  \(grant)") }
        for grant in decision.grants { lines += Self.lines(of: grant) }
        lines.append("")
        lines.append("What would run:")
        if decision.parts.isEmpty { lines.append("  nothing") }
        for part in decision.parts { lines += self.lines(of: part) }
        lines += decision.analysis.extras.map { "  besides: \($0)" }
        lines += decision.analysis.doubts.map { "  not known: \($0)" }
        lines.append("")
        lines.append("What holds it in any case:")
        lines.append("  sandbox_mode = \"\(policy.sandboxMode.value.rawValue)\"  \(policy.sandboxMode.origin)")
        lines.append("  network.mode = \"\(policy.network.value.rawValue)\"  \(policy.network.origin)")
        lines.append("  approval_policy = \"\(policy.approvalPolicy.value.rawValue)\"  \(policy.approvalPolicy.origin)")
        return TerminalStyle.harmless(lines.joined(separator: "\n"))
    }

    /// What becomes of a question in `lockgate exec`.
    private var inExec: String {
        switch reviewer.value {
        case .user: "refused, for nobody can be asked there"
        case .never: "refused by approvals_reviewer = \"never\"  \(reviewer.origin)"
        case .command, .autoReview:
            "answered by approvals_reviewer = \"\(reviewer.value.rawValue)\"  \(reviewer.origin)"
        }
    }

    private static func lines(of grant: Grant) -> [String] {
        [
            "  granted: for the \(grant.scope.rawValue), \(grant.expiry): \(grant.rule.text)",
            "           to take it back: \(grant.revocation)",
        ]
    }

    private func lines(of part: CommandDecision.Part) -> [String] {
        let command = part.command
        let mark = command.role == .runs ? "-" : ">"
        var lines = ["  \(mark) \(command.shown)"]
        if !command.within.isEmpty { lines[0] += "  (in \(command.within.joined(separator: " > ")))" }
        lines += command.extras.map { "      besides: \($0)" }
        for match in part.rules {
            let how = match.isCertain ? "matches" : "may match"
            lines.append("      \(how) \(match.rule.text)  \(match.rule.origin)")
        }
        if let covered = part.covered { lines.append("      no question: \(covered)") }
        return lines
    }

    // MARK: Data

    private var hasReviewer: Bool { [.command, .autoReview].contains(reviewer.value) }

    var json: JSONValue {
        [
            "argv": .array(argv.map(JSONValue.string)), "verdict": decision.verdict.json,
            "in_exec": hasReviewer ? decision.verdict.json : decision.verdict.unattended.json,
            "approvals_reviewer": .string(reviewer.value.rawValue), "grants": .array(decision.grants.map(\.json)),
            "commands": .array(decision.parts.map(Self.json)),
            "besides": .array(decision.analysis.extras.map(JSONValue.string)),
            "not_known": .array(decision.analysis.doubts.map(JSONValue.string)), "policy": policy.json,
        ]
    }

    private static func json(_ part: CommandDecision.Part) -> JSONValue {
        [
            "words": .array(
                part.command.words.map { word in
                    switch word {
                    case .known(let text): ["text": .string(text)]
                    case .unknown(let reason): ["unknown": .string(reason)]
                    }
                }), "role": .string(part.command.role.rawValue),
            "within": .array(part.command.within.map(JSONValue.string)),
            "besides": .array(part.command.extras.map(JSONValue.string)),
            "rules": .array(
                part.rules.map {
                    [
                        "rule": .string($0.rule.text), "decision": .string($0.rule.decision.rawValue),
                        "origin": $0.rule.origin.json, "certain": .bool($0.isCertain),
                    ]
                }), "no_question": .optional(part.covered),
        ]
    }

    /// The matches in the shape of Codex's `execpolicy check`.
    var matches: JSONValue {
        var strictest: CommandRules.Decision?
        var matched: [JSONValue] = []
        for part in decision.parts {
            for match in part.rules where match.isCertain {
                strictest = max(strictest ?? .allow, match.rule.decision)
                let prefix = part.command.words.prefix(match.rule.pattern.count).compactMap(\.text)
                var object: JSONObject = [
                    "matchedPrefix": .array(prefix.map(JSONValue.string)),
                    "decision": .string(match.rule.decision.rawValue), "origin": match.rule.origin.json,
                ]
                if let why = match.rule.justification { object["justification"] = .string(why) }
                matched.append(["prefixRuleMatch": .object(object)])
            }
        }
        var object: JSONObject = ["matchedRules": .array(matched)]
        if let strictest { object["decision"] = .string(strictest.rawValue) }
        object["verdict"] = decision.verdict.json
        return .object(object)
    }
}
