package import Basics

/// Anything that touches the world. Every effect passes the gate.
package enum Effect: Sendable, Hashable {
    /// A command in the sandbox. `argv` is what is executed, `display` what the model wrote.
    case runCommand(argv: [String], display: String, cwd: String)
    /// Input to a command that runs already.
    case writeInput(terminal: Int, bytes: Int)
    case changeFiles([FileChangeSummary])
    /// Reads of files by the product's own tools.
    case readFile(path: String)
    /// What a running command tried and the sandbox decides; in events of refusals, never asked of the gate.
    case access(EffectDenial.Operation, EffectDenial.Target)
    /// A call of a tool that an MCP server offers.
    case callTool(ServerToolCall)
    /// A request to a model, with the most it can cost; nil where no price is known.
    case askModel(model: String, maximumCost: Double?)

    /// A stable name for journals and rules.
    package var kind: String {
        switch self {
        case .runCommand: "command"
        case .writeInput: "input"
        case .changeFiles: "file_change"
        case .readFile: "file_read"
        case .access: "access"
        case .callTool: "mcp_tool"
        case .askModel: "model"
        }
    }

    /// What the journal keeps of it.
    package var json: JSONValue {
        switch self {
        case .runCommand(let argv, _, let cwd):
            ["kind": "command", "argv": .array(argv.map(JSONValue.string)), "cwd": .string(cwd)]
        case .writeInput(let terminal, let bytes):
            ["kind": "input", "terminal": .int(terminal), "bytes": .int(bytes)]
        case .changeFiles(let changes):
            ["kind": "file_change", "changes": .array(changes.map(\.json))]
        case .readFile(let path): ["kind": "file_read", "path": .string(path)]
        case .access(let operation, let target):
            [
                "kind": "access", "operation": .string(operation.rawValue), "target_kind": .string(target.kind),
                "target": .string(target.name),
            ]
        case .callTool(let call): call.json
        case .askModel(let model, let cost):
            ["kind": "model", "model": .string(model), "maximum_cost_usd": cost.map { .double($0) } ?? .null]
        }
    }
}

/// One file that an effect wants to change; `kind` by Codex's names.
package struct FileChangeSummary: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable { case add, update, delete }

    package var path: String
    package var kind: Kind
    /// The new path of a moved file.
    package var movedTo: String?

    package init(path: String, kind: Kind, movedTo: String? = nil) {
        self.path = path
        self.kind = kind
        self.movedTo = movedTo
    }

    package var json: JSONValue {
        var object: JSONObject = ["path": .string(path), "kind": .string(kind.rawValue)]
        if let movedTo { object["moved_to"] = .string(movedTo) }
        return .object(object)
    }
}

/// The gate's answer on an effect, with all that explains it.
package struct Verdict: Sendable, Hashable {
    package enum Decision: String, Sendable, Hashable { case allow, ask, deny }

    package var decision: Decision
    /// The rule or setting that decided, as a person would search for it: `sandbox_mode = "read-only"`.
    package var rule: String
    package var origin: Origin
    /// One sentence for the person and the model; empty for an allow.
    package var reason: String
    /// The smallest change that would turn the verdict: a flag or setting; nil where none exists.
    package var grant: String?

    package init(_ decision: Decision, rule: String, origin: Origin, reason: String = "", grant: String? = nil) {
        self.decision = decision
        self.rule = rule
        self.origin = origin
        self.reason = reason
        self.grant = grant
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "decision": .string(decision.rawValue), "rule": .string(rule), "origin": .string(origin.description),
        ]
        if !reason.isEmpty { object["reason"] = .string(reason) }
        if let grant { object["grant"] = .string(grant) }
        return .object(object)
    }
}
