import Basics
import Journal
import Policy
import Synchronization
import Wire

/// What the sandbox refused a command, put to the user as a grant.
///
/// Only a person answers this, never a program or a model: a command's output is what says that something was refused,
/// and the agent can make a command say anything. The question names what would become writable, and nothing is asked
/// twice that was answered with no.
extension Approvals {
    /// Questions after one command.
    static let maximumOffers = 3

    /// Asks about each root that would have let the command write.
    ///
    /// - Returns: the roots that may be written from the next run of this command on.
    /// - Throws: `journal.unwritable`, `CancellationError`, and `approval.aborted` where the answer was to end the turn.
    func offer(_ denials: [EffectDenial], of command: Effect, item: String) async throws -> [String] {
        guard let reviewer, reviewer.approver == .user, case .runCommand(let argv, let display, let cwd) = command
        else { return [] }
        var seen = declined.withLock { $0 }
        let asked = denials.filter { denial in
            guard denial.isCertain, let root = denial.root else { return false }
            return seen.insert(root).inserted
        }
        var granted: [String] = []
        for denial in asked.prefix(Self.maximumOffers) {
            guard let root = denial.root else { continue }
            let request = ApprovalRequest(
                id: nextID(), item: item, effect: .access(.write, .path(root)),
                verdict: Verdict(
                    .ask, rule: denial.verdict.rule, origin: denial.verdict.origin,
                    reason: "the sandbox refused a command to \(denial.summary): \(denial.verdict.reason)"),
                reach: EffectReach(commands: [display], writes: [root]),
                offers: book.offers([.writes(root: root)], days: surroundings.grantDays),
                binding: EffectBinding.digest(argv: argv, cwd: cwd, root: root))
            let record = try await put(request, to: reviewer)
            switch record.answer.decision {
            case .approve(let scope):
                if scope == .once { book.allowOnce(root, argv: argv, cwd: cwd) }
                granted.append(root)
            case .deny: declined.withLock { _ = $0.insert(root) }
            case .abort:
                throw LockgateError(
                    "approval.aborted", "the user ended the turn at a question about \(request.id)",
                    remedy: "go on with: lockgate exec resume --last")
            }
        }
        return granted
    }

    private func put(_ request: ApprovalRequest, to reviewer: any Reviewer) async throws -> ApprovalRecord {
        try journal.append("approval.requested", request.json)
        let start = ContinuousClock.now
        var answer = try await answer(to: request, from: reviewer)
        let milliseconds = (ContinuousClock.now - start).milliseconds
        var grants: [Grant] = []
        if case .approve(let scope) = answer.decision {
            if let offer = request.offers.first(where: { $0.scope == scope }) {
                do throws(LockgateError) {
                    grants = try book.remember(offer)
                } catch {
                    answer = ApprovalAnswer(.deny, message: "the answer cannot be kept: \(error.message)")
                }
            } else {
                answer = ApprovalAnswer(
                    .deny, message: "the answer has the scope \(scope.rawValue), which was not offered")
            }
        }
        for grant in grants { try journal.append("grant", grant.json) }
        let record = ApprovalRecord(
            request: request, answer: answer, approver: reviewer.approver, milliseconds: milliseconds, grants: grants)
        try events.emit(.approval(record))
        return record
    }
}
