import Basics
import Wire

/// The gate's standing on an effect after everybody who had to be asked was asked.
struct Clearance: Sendable {
    /// Allow or deny, with the rule that decided or asked.
    let verdict: Verdict
    /// Set where a question was answered.
    var approval: ApprovalRecord?
    /// Set where the answer was that the turn is to end.
    var abort: LockgateError?
    /// The files that are not what the answer was about any more; empty while it holds.
    var changes: @Sendable () -> [String] = { [] }

    init(_ verdict: Verdict) {
        self.verdict = verdict
    }

    /// The verdict right before the run.
    func settled() -> Verdict {
        guard verdict.decision == .allow else { return verdict }
        let changed = changes()
        return changed.isEmpty ? verdict : verdict.refused(afterChangeOf: changed)
    }
}

extension Verdict {
    /// The refusal of what is not the same any more as when it was approved.
    func refused(afterChangeOf files: [String]) -> Verdict {
        var verdict = self
        verdict.decision = .deny
        let names = files.isEmpty ? "what it names" : files.prefix(4).joined(separator: ", ")
        verdict.reason = "it was approved, but \(names) changed before it could run"
        verdict.grant = "ask again when nothing changes these files"
        return verdict
    }
}
