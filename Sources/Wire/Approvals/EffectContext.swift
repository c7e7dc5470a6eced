/// What a reviewer is shown of an effect besides itself.
package struct EffectContext: Sendable, Hashable {
    /// Why the model wants it, in its own words.
    package var reason: String?
    /// A change of files as a unified diff, cut where it is too long.
    package var diff: String?

    package init(reason: String? = nil, diff: String? = nil) {
        self.reason = reason
        self.diff = diff
    }
}
