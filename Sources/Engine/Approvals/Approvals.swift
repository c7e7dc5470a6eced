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

    private struct Question: Sendable {
        var effect: Effect
        var context: EffectContext
        var policy: AccessPolicy
        var request: ApprovalRequest
        var binding: EffectBinding
        /// Whether the policy asks; grants answer nothing else.
        var isPolicys: Bool
    }

    private enum Outcome: Sendable {
        case answered(ApprovalAnswer, milliseconds: Int, grants: [Grant])
        /// A grant for another question, or a revocation, decided it in the meantime.
        case decided
    }

    /// What a reviewing model used.
    package let spending: ReviewSpending
    private let book: GrantBook
    private let reviewer: (any Reviewer)?
    /// Why nobody is asked, where there is no reviewer.
    private let nobody: String
    private let surroundings: Surroundings
    private let journal: SessionJournal
    private let events: EventLog
    private let questions = OpenQuestions<Outcome>()
    private let count = Mutex(0)

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

    /// The policy's verdict with the grants that count now, for a stage between the policy and this one.
    ///
    /// - Throws: `grants.store`.
    func verdict(on effect: Effect, context: EffectContext, policy: AccessPolicy) throws(LockgateError) -> Verdict {
        try standing(of: effect, context, policy).verdict
    }

    /// Decides on an effect, and asks where it has to be asked about.
    ///
    /// - Parameter judged: the verdict of a stage between, where it is another one than the policy's. What such a stage
    ///   asks about is answered by no grant, and its answer counts once.
    /// - Throws: `journal.unwritable`, `grants.store`, `CancellationError`.
    func clear(
        _ effect: Effect, item: String?, context: EffectContext, policy: AccessPolicy, judged: Verdict? = nil
    ) async throws -> Clearance {
        if let judged, judged.decision != .ask { return Clearance(judged) }
        var rounds = 0
        while true {
            let standing = try standing(of: effect, context, policy)
            guard judged != nil || standing.verdict.decision == .ask else {
                if standing.grants.isEmpty { return Clearance(standing.verdict) }
                return try granted(standing, effect, item: item)
            }
            let question = question(standing, judged, effect, item: item, context: context, policy: policy)
            guard let reviewer else { return try unanswered(question) }
            let outcome = try await questions.ask(question.binding.digest + (judged?.reason ?? "")) {
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

    /// Grants are only read where they could decide: most effects are never asked about.
    private func standing(
        of effect: Effect, _ context: EffectContext, _ policy: AccessPolicy
    ) throws(LockgateError) -> EffectStanding {
        guard case .allow = EffectStanding(effect, context: context, policy: policy).verdict.decision else {
            return EffectStanding(effect, context: context, policy: try book.completing(policy))
        }
        return EffectStanding(effect, context: context, policy: policy)
    }

    private func question(
        _ standing: EffectStanding, _ judged: Verdict?, _ effect: Effect, item: String?, context: EffectContext,
        policy: AccessPolicy
    ) -> Question {
        let binding = standing.binding(effect, context: context, surroundings: surroundings, policy: policy)
        let request = ApprovalRequest(
            id: nextID(), item: item, effect: effect, verdict: judged ?? standing.verdict, reason: context.reason,
            reach: standing.reach(binding), diff: context.diff, input: context.input, scripts: binding.scripts,
            offers: book.offers(judged == nil ? standing.rememberable(binding) : nil, days: surroundings.grantDays),
            binding: binding.digest)
        return Question(
            effect: effect, context: context, policy: policy, request: request, binding: binding,
            isPolicys: judged == nil)
    }

    private func nextID() -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return "approval_\(number)"
    }

    /// Puts one question to the reviewer, unless it has been decided while it waited.
    private func put(_ question: Question, to reviewer: any Reviewer) async throws -> Outcome {
        if question.isPolicys,
            try standing(of: question.effect, question.context, question.policy).verdict.decision != .ask
        {
            return .decided
        }
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
    private func answer(to request: ApprovalRequest, from reviewer: any Reviewer) async throws -> ApprovalAnswer {
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
        let now = EffectStanding(question.effect, context: question.context, policy: question.policy).binding(
            question.effect, context: question.context, surroundings: surroundings, policy: question.policy)
        if now.digest == question.binding.digest { return [] }
        let files = question.binding.changes(to: now)
        return files.isEmpty ? ["what it names"] : files
    }

    // MARK: Answers

    private func granted(_ standing: EffectStanding, _ effect: Effect, item: String?) throws -> Clearance {
        var clearance = Clearance(standing.verdict)
        let files = standing.grants.flatMap { grant -> [BoundFile] in
            if case .exact(let command) = grant.rule { command.files } else { [] }
        }
        clearance.changes = { files.filter { !FileBinding.holds($0) }.map(\.path) }
        let record = ApprovalRecord(
            request: ApprovalRequest(
                id: nextID(), item: item, effect: effect, verdict: standing.verdict,
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
