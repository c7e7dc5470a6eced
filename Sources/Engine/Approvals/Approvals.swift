import Basics
package import Journal
import Policy
import Synchronization
package import Wire

/// The gate's stage for questions: grants answer first, then the reviewer, and where there is none the answer is no.
///
/// An answer is bound to what was asked (`EffectBinding`). What changes while it is asked about is asked again, and
/// refused when it goes on changing.
package final class Approvals: Sendable {
    /// What the answers depend on besides the command.
    package struct Surroundings: Sendable {
        /// A digest of the variables that commands get.
        package var environment: String
        /// The folders that commands look for programs in.
        package var path: [String]
        /// How many days a grant for a project or the user counts.
        package var grantDays: Int

        package init(environment: String = "", path: [String] = [], grantDays: Int = 30) {
            self.environment = environment
            self.path = path
            self.grantDays = grantDays
        }
    }

    /// A question that is put again this often because of changes is refused.
    static let maximumRounds = 3

    /// An effect that is asked about.
    struct Asked: Sendable {
        var effect: Effect
        var item: String?
        var context = EffectContext()
        var policy: AccessPolicy
        /// The verdict of a hook that wants it asked about, whatever the policy and grants say.
        var byHook: Verdict?
    }

    private struct Question: Sendable {
        var asked: Asked
        var request: ApprovalRequest
        var binding: EffectBinding
    }

    private enum Outcome: Sendable {
        case answered(ApprovalAnswer, milliseconds: Int, grants: [Grant])
        /// A grant for another question, or a revocation, decided it in the meantime.
        case decided
    }

    /// What a reviewing model used.
    package let spending: ReviewSpending
    let book: GrantBook
    let reviewer: (any Reviewer)?
    /// Why nobody is asked, where there is no reviewer.
    private let nobody: String
    let surroundings: Surroundings
    let journal: SessionJournal
    let events: EventLog
    private let questions = OpenQuestions<Outcome>()
    private let count = Mutex(0)
    /// Roots that the user does not want to be asked about again.
    let declined = Mutex<Set<String>>([])

    /// - Parameter reviewer: nil where nobody can be asked; `nobody` says why.
    package init(
        book: GrantBook, reviewer: (any Reviewer)?, nobody: String = "nobody can be asked in this run",
        surroundings: Surroundings = Surroundings(), spending: ReviewSpending = ReviewSpending(),
        journal: SessionJournal, events: EventLog
    ) {
        self.spending = spending
        self.book = book
        self.reviewer = reviewer
        self.nobody = nobody
        self.surroundings = surroundings
        self.journal = journal
        self.events = events
    }

    /// How many effects wait for an answer.
    package var waiting: Int { get async { await questions.waiting } }

    /// Decides on an effect, and asks where it has to be asked about.
    ///
    /// - Parameter beforeAsking: what may answer before the reviewer is asked; an ask comes back as it is.
    /// - Throws: `journal.unwritable`, `grants.store`, `CancellationError`, and what `beforeAsking` throws.
    func clear(
        _ asked: Asked, beforeAsking: @Sendable (Verdict) async throws -> Verdict = { $0 }
    ) async throws -> Clearance {
        var rounds = 0
        var wasPut = false
        while true {
            let standing = try standing(of: asked)
            guard standing.verdict.decision == .ask else {
                if standing.grants.isEmpty { return Clearance(standing.verdict) }
                return try granted(standing, asked)
            }
            if !wasPut {
                let verdict = try await beforeAsking(standing.verdict)
                guard verdict.decision == .ask else { return Clearance(verdict) }
                wasPut = true
            }
            let question = question(standing, asked)
            guard let reviewer else { return try unanswered(question) }
            let equal = "\(question.binding.digest) \(standing.verdict.rule)"
            let outcome = try await questions.ask(equal) {
                try await self.put(question, to: reviewer)
            }
            guard case .answered(let answer, let milliseconds, let grants) = outcome else { continue }
            let record = ApprovalRecord(
                request: question.request, answer: answer, approver: reviewer.approver, milliseconds: milliseconds,
                grants: grants)
            try events.emit(.approval(record))
            guard case .approve = answer.decision else { return refused(record) }
            var clearance = Clearance(
                Verdict(.allow, rule: record.request.verdict.rule, origin: record.request.verdict.origin))
            clearance.approval = record
            clearance.changes = { self.changes(of: question) }
            let changed = clearance.changes()
            if changed.isEmpty { return clearance }
            rounds += 1
            if rounds == Self.maximumRounds { return Clearance(clearance.verdict.refused(afterChangeOf: changed)) }
        }
    }

    // MARK: Asking

    /// Grants are only read where they could decide: most effects are never asked about, and no grant answers a hook.
    private func standing(of asked: Asked) throws(LockgateError) -> EffectStanding {
        let own = EffectStanding(asked.effect, context: asked.context, policy: asked.policy, byHook: asked.byHook)
        if asked.byHook != nil || own.verdict.decision == .allow { return own }
        return EffectStanding(asked.effect, context: asked.context, policy: try book.completing(asked.policy))
    }

    private func question(_ standing: EffectStanding, _ asked: Asked) -> Question {
        let binding = standing.binding(
            asked.effect, context: asked.context, surroundings: surroundings, policy: asked.policy, tree: book.tree)
        let rules = asked.byHook == nil ? standing.rememberable(binding) : nil
        let request = ApprovalRequest(
            id: nextID(), item: asked.item, effect: asked.effect, verdict: standing.verdict,
            reason: asked.context.reason, reach: standing.reach(binding), diff: asked.context.diff,
            input: asked.context.input, scripts: binding.scripts,
            offers: book.offers(rules, days: surroundings.grantDays), binding: binding.digest)
        return Question(asked: asked, request: request, binding: binding)
    }

    func nextID() -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return "approval_\(number)"
    }

    /// Puts one question to the reviewer, unless it has been decided while it waited.
    private func put(_ question: Question, to reviewer: any Reviewer) async throws -> Outcome {
        guard try standing(of: question.asked).verdict.decision == .ask else { return .decided }
        try journal.append("approval.requested", question.request.json)
        let start = ContinuousClock.now
        var answer = try await answer(to: question.request, from: reviewer)
        let milliseconds = (ContinuousClock.now - start).milliseconds
        guard case .approve(let scope) = answer.decision else {
            return .answered(answer, milliseconds: milliseconds, grants: [])
        }
        guard let offer = question.request.offers.first(where: { $0.scope == scope }) else {
            answer = ApprovalAnswer(.deny, message: "the answer has the scope \(scope.rawValue), which was not offered")
            return .answered(answer, milliseconds: milliseconds, grants: [])
        }
        var grants: [Grant] = []
        // What has changed is not what the answer was about, so nothing is kept of it.
        if changes(of: question).isEmpty {
            do throws(LockgateError) {
                grants = try book.remember(offer)
            } catch {
                answer = ApprovalAnswer(.deny, message: "the answer cannot be kept: \(error.message)")
            }
            for grant in grants { try journal.append("grant", grant.json) }
        }
        return .answered(answer, milliseconds: milliseconds, grants: grants)
    }

    /// The reviewer's answer; a reviewer that fails has said no.
    func answer(to request: ApprovalRequest, from reviewer: any Reviewer) async throws -> ApprovalAnswer {
        do {
            return try await reviewer.review(request)
        } catch let error as CancellationError {
            throw error
        } catch {
            if Task.isCancelled { throw CancellationError() }
            let reason = (error as? LockgateError)?.message ?? "\(error)"
            return ApprovalAnswer(.deny, message: "no answer could be had: \(reason)")
        }
    }

    private func changes(of question: Question) -> [String] {
        let asked = question.asked
        let now = EffectStanding(
            asked.effect, context: asked.context, policy: asked.policy, byHook: asked.byHook
        ).binding(
            asked.effect, context: asked.context, surroundings: surroundings, policy: asked.policy, tree: book.tree)
        if now.digest == question.binding.digest { return [] }
        let files = question.binding.changes(to: now)
        return files.isEmpty ? ["what it names"] : files
    }

    // MARK: Answers

    private func granted(_ standing: EffectStanding, _ asked: Asked) throws -> Clearance {
        var clearance = Clearance(standing.verdict)
        let files = standing.grants.flatMap { grant -> [BoundFile] in
            if case .exact(let command) = grant.rule { command.files } else { [] }
        }
        clearance.changes = { [tree = book.tree] in files.filter { !tree.holds($0) }.map(\.path) }
        let record = ApprovalRecord(
            request: ApprovalRequest(
                id: nextID(), item: asked.item, effect: asked.effect, verdict: standing.verdict,
                reach: standing.reach(EffectBinding(digest: "", files: [])), offers: [], binding: ""),
            answer: ApprovalAnswer(.approve(standing.grants[0].scope)), approver: .grant, grants: standing.grants)
        try events.emit(.approval(record))
        clearance.approval = record
        return clearance
    }

    private func unanswered(_ question: Question) throws -> Clearance {
        let record = ApprovalRecord(
            request: question.request, answer: ApprovalAnswer(.deny, message: nobody), approver: .never)
        try events.emit(.approval(record))
        return Clearance(question.request.verdict.refused(because: nobody))
    }

    private func refused(_ record: ApprovalRecord) -> Clearance {
        let who =
            switch record.approver {
            case .user: "the user"
            case .autoReview: "the reviewing model"
            case .command: "the user's review program"
            case .never, .grant: "nobody"
            }
        let why = record.answer.message.isEmpty ? "" : ": \(String(record.answer.message.prefix(1000)))"
        var clearance = Clearance(record.request.verdict.refused(because: "\(who) refused it\(why)"))
        clearance.approval = record
        if record.answer.decision == .abort {
            clearance.abort = LockgateError(
                "approval.aborted", "\(who) ended the turn at a question about \(record.request.id)\(why)",
                remedy: "go on with: lockgate exec resume --last")
        }
        return clearance
    }
}
