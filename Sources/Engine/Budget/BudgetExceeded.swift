import Wire

/// A limit that ends the turn; the session can be resumed with a higher one.
struct BudgetExceeded: Error {
    let state: ThreadEvent.BudgetState
}
