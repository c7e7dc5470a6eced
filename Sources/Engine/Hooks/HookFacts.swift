import Basics
package import Wire

/// What every hook is told of the session, beside what its event is about.
package struct HookFacts: Sendable, Hashable {
    package var sessionID: String
    /// The journal; nil for a session that keeps none.
    package var transcriptPath: String?
    package var cwd: String
    package var model: String
    /// In Claude Code's words; see `mode(sandbox:approval:)`.
    package var permissionMode: String

    package init(sessionID: String, transcriptPath: String?, cwd: String, model: String, permissionMode: String) {
        self.sessionID = sessionID
        self.transcriptPath = transcriptPath
        self.cwd = cwd
        self.model = model
        self.permissionMode = permissionMode
    }

    /// `bypassPermissions` where nothing holds and nobody is asked, `dontAsk` where what would be asked is refused, else
    /// `default`.
    package static func mode(sandbox: SandboxMode, approval: ApprovalPolicy) -> String {
        guard approval == .never else { return "default" }
        return sandbox == .dangerFullAccess ? "bypassPermissions" : "dontAsk"
    }

    /// The input of an event: what all have in common, then its own.
    func input(_ event: HookEvent, turn: String?, _ own: JSONObject) -> JSONObject {
        var input: JSONObject = [
            "session_id": .string(sessionID), "transcript_path": .optional(transcriptPath), "cwd": .string(cwd),
            "hook_event_name": .string(event.rawValue), "model": .string(model),
            "permission_mode": .string(permissionMode),
        ]
        if let turn { input["turn_id"] = .string(turn) }
        for (key, value) in own.members { input[key] = value }
        return input
    }
}

extension ToolUse {
    /// The use as hooks of tools get it. `id` stands in where the engine acts on its own.
    func hookInput(id: String?) -> JSONObject {
        [
            "tool_name": .string(name), "tool_input": .object(input), "tool_use_id": .optional(callID ?? id),
        ]
    }
}

extension HookResult {
    /// The refusal that this hook causes.
    var refusal: Verdict {
        let said = run.reason ?? "no reason given"
        let reason: String
        var grant: String?
        if let failure = run.failure {
            reason = "the hook \"\(run.name)\" failed, which blocks: \(failure.message)"
            grant = "mend the hook at \(run.origin.location), or set fail = \"open\" there"
        } else {
            reason = "blocked by the hook \"\(run.name)\": \(said)"
        }
        return Verdict(.deny, rule: run.rule, origin: run.origin, reason: reason, grant: grant)
    }
}

extension HookRun {
    /// The rule's name in verdicts.
    var rule: String { "hook \(event.rawValue): \(name)" }

    /// Who blocks or stops, with the reason, for a person.
    var complaint: String {
        "the hook \"\(name)\" (\(origin.location)): \(reason ?? failure?.message ?? "no reason given")"
    }
}
