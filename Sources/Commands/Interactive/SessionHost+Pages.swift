import Basics
import Config
import Engine
import Journal
import Models
import Policy
import Sandbox
import TUI
import Terminal
import Wire

/// Pages that say how things stand.
extension SessionHost {
    func statusLines() throws -> [StyledLine] {
        guard let setup else { throw LockgateError("session.none", "there is no session yet") }
        let policy = try open?.assembled.gate.policy ?? setup.policy()
        let settings = setup.settings
        var page = FactPage()
        page.heading("Session")
        page.fact("id", id?.text ?? "begins with the first prompt")
        if let path = open?.journal.path { page.fact("journal", path) }
        page.fact("folder", setup.cwd)
        page.fact(
            "trust", setup.configuration.trust == .trusted ? "trusted" : "not trusted: its own settings are not obeyed")
        page.heading("Model")
        page.fact("model", setup.selection.model, try? setup.configuration.resolve("model").origin)
        page.fact("provider", "\(setup.selection.provider.name) (\(setup.selection.provider.wireAPI.rawValue))")
        page.fact("context", "\(setup.selection.profile.contextWindow) tokens")
        page.heading("Policy")
        page.fact("sandbox", policy.sandboxMode.value.rawValue, policy.sandboxMode.origin)
        page.fact("network", policy.network.value.rawValue, policy.network.origin)
        page.fact("approvals", policy.approvalPolicy.value.rawValue, policy.approvalPolicy.origin)
        page.fact(
            "reviewer", settings.approvalsReviewer.rawValue,
            try? setup.configuration.resolve("approvals_reviewer").origin)
        for root in policy.writableRoots { page.fact("may write", root.value, root.origin) }
        for grant in (try? GrantBook(setup.configuration, home: setup.home).active()) ?? [] {
            page.fact("grant", "\(grant.rule.text) · \(grant.expiry) · \(grant.revocation)")
        }
        page.heading("Enforcement")
        var standing = setup.standing
        let level = try standing.settle()
        page.fact("level", level.level.rawValue)
        page.fact(
            "means",
            level.warning
                ?? (level.level == .unconfined ? "commands reach everything that you can" : "every layer holds"))
        if !setup.warnings.isEmpty {
            page.heading("Warnings")
            for warning in setup.warnings { page.line(warning) }
        }
        return page.lines
    }

    func explainLines(_ command: String) throws -> [StyledLine] {
        guard let setup else { throw LockgateError("session.none", "there is no session yet") }
        let book = GrantBook(setup.configuration, home: setup.home)
        let trace = CommandTrace(
            [command], policy: try book.completing(try setup.policy()), cwd: setup.cwd,
            reviewer: Sourced(
                setup.settings.approvalsReviewer, try setup.configuration.resolve("approvals_reviewer").origin))
        return [StyledLine("$ \(command)", .bold), .empty] + EntryText.plain(trace.text)
    }
}
