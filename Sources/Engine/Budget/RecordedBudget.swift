package import Wire

/// What the limits of a recorded run did. Most of it hangs on clocks, prices and other sessions, so a replay is told
/// instead of working it out.
package protocol RecordedBudget: Sendable {
    /// The limit that leaves no room for the request that is about to be sent; nil where it was sent.
    func refusal() -> ThreadEvent.BudgetState?
    /// Whether a limit made the answer that comes next too short.
    func shortensNext() -> Bool
    /// The steps that are told next.
    func steps() -> [BudgetStep]
    /// The model that took over near a limit; nil where none did.
    var cheaperModel: String? { get }
    /// The limit in seconds that ends this turn; nil where none did.
    func deadline() -> BudgetLimit?
    /// Returns when the recorded run reached that limit.
    func elapse() async throws
}
