/// What a reviewer is shown of an effect besides itself.
package struct EffectContext: Sendable, Hashable {
    /// Why the model wants it, in its own words.
    package var reason: String?
    /// A change of files as a unified diff, cut where it is too long.
    package var diff: String?
    /// What is typed into a command that runs already.
    package var input: String?

    package init(reason: String? = nil, diff: String? = nil, input: String? = nil) {
        self.reason = reason
        self.diff = diff
        self.input = input
    }

    /// Whether all that is typed is Ctrl-C: it can only stop what runs.
    package var isInterrupt: Bool { input == "\u{3}" }
}
