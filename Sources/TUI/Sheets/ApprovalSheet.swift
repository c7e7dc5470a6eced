package import Wire

/// A question about an effect, and the answer that is being chosen.
package struct ApprovalSheet: Sendable, Hashable {
    package enum Choice: Sendable, Hashable {
        case offer(GrantOffer)
        case deny
        case abort
    }

    package let request: ApprovalRequest
    package private(set) var selected = 0
    /// When the last key came that was not yet an answer, or the question itself. What is typed for something else must
    /// not answer: keys count only after a moment of quiet.
    private var quietSince: Duration
    private static let quiet = Duration.milliseconds(350)
    /// Lines of what belongs to it that are scrolled away.
    package private(set) var scroll = 0

    package init(_ request: ApprovalRequest, now: Duration) {
        self.request = request
        quietSince = now
    }

    package var choices: [Choice] { request.offers.map(Choice.offer) + [.deny, .abort] }

    func isQuiet(now: Duration) -> Bool { now - quietSince >= Self.quiet }

    /// Whether a key may answer now; one that may not begins the moment anew.
    mutating func mayAnswer(now: Duration) -> Bool {
        if isQuiet(now: now) { return true }
        quietSince = now
        return false
    }

    /// Something else came that the answer might be about.
    mutating func disturb(now: Duration) { quietSince = now }

    /// The approval with the least reach.
    var approval: ApprovalAnswer? { request.offers.first.map { ApprovalAnswer(.approve($0.scope)) } }

    /// Whether one answer can be for both: asked for the same reason, about the same kind of thing, for this once.
    func isSameKind(as other: ApprovalSheet) -> Bool {
        let (one, two) = (request, other.request)
        guard one.verdict.rule == two.verdict.rule, one.verdict.origin == two.verdict.origin,
            [one, two].allSatisfy({ $0.offers.contains { $0.scope == .once } })
        else { return false }
        return switch (one.effect, two.effect) {
        case (.runCommand, .runCommand), (.changeFiles, .changeFiles): true
        default: false
        }
    }

    mutating func move(_ step: Int) { selected = max(0, min(choices.count - 1, selected + step)) }
    mutating func scroll(_ step: Int) { scroll = max(0, scroll + step) }

    var answer: ApprovalAnswer { Self.answer(choices[selected]) }

    static func answer(_ choice: Choice) -> ApprovalAnswer {
        switch choice {
        case .offer(let offer): ApprovalAnswer(.approve(offer.scope))
        case .deny: ApprovalAnswer(.deny)
        case .abort: ApprovalAnswer(.abort)
        }
    }

    /// The choice that a digit names.
    func choice(_ scalar: Unicode.Scalar) -> Choice? {
        switch scalar {
        case "1"..."9":
            let index = Int(scalar.value) - 0x31
            return choices.indices.contains(index) ? choices[index] : nil
        default: return nil
        }
    }
}
