/// Who answers questions about effects (`approvals_reviewer`). The names are Codex's, but for `command` and `never`.
package enum ApprovalsReviewer: String, Sendable, Hashable, CaseIterable {
    /// A person, where one can be asked.
    case user
    /// A model.
    case autoReview = "auto_review"
    /// A program of the user's.
    case command
    /// Nobody: what would be asked is refused.
    case never
}
